"""The reseller's business: provisioning tenants, brands, access leases."""

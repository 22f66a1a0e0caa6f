"""REST v1 of a partner's host: tenants, brands, access leases."""

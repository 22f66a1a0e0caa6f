"""Partners, tenants, domains, brands, hosts; the fail-closed backend and tenant context."""

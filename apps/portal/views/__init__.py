"""Pages of the tenant's staff."""

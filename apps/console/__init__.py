"""Pages for the partner's staff: tenants, health, brand."""

"""Users, roles, keys and policies: who may do what in a tenant."""

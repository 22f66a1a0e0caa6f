"""The reseller's business in the REST API of a partner's host."""

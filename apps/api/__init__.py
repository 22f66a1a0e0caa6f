"""REST v1 assembled: authentication, limits, idempotency, errors, OpenAPI."""

"""The product's applications, one strict stack; see docs/architecture.md."""

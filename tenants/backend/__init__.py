"""The database backend: django-tenants', made to fail closed."""

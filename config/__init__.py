"""Settings, URL roots, WSGI, Celery app; wires, never decides."""

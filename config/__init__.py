"""Settings, URL roots, WSGI, Celery app; wires, never decides."""

from config.celery import app as celery_app

__all__ = ["celery_app"]

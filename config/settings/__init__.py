"""Settings, one module per concern; whichever is loaded, the Celery app is there for who sends work."""

from config.celery import app as celery_app

__all__ = ["celery_app"]

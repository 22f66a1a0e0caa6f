"""Settings. `config.settings.base` for running, `config.settings.test` for the suite and the tools.

Whichever is loaded, the Celery app is there for whoever sends work.
"""

from config.celery import app as celery_app

__all__ = ["celery_app"]

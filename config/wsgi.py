"""WSGI entry point."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

application = get_wsgi_application()

# What is loaded now stays as long as the process: looking through it for garbage again and again, in the middle of
# pages, is what made the slowest of them slow.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 20)

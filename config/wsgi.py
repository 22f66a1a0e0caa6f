"""WSGI entry point."""

import gc
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

application = get_wsgi_application()

# Views are loaded with the first request otherwise, and it takes seconds: nobody's request is to be that one.
for urlconf in (
    settings.ROOT_URLCONF,
    settings.TENANT_URLCONF,
    settings.PARTNER_URLCONF,
    settings.PUBLIC_SCHEMA_URLCONF,
):
    len(get_resolver(urlconf).reverse_dict)

# What is loaded now stays as long as the process: looking through it for garbage again and again, in the middle of
# pages, is what made the slowest of them slow.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 20)

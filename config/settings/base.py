"""All settings, safe by default: no debugging, HTTPS expected, secrets required."""

from pathlib import Path

from config.settings import env
from config.settings.api import *  # noqa: F403
from config.settings.apps import *  # noqa: F403
from config.settings.database import *  # noqa: F403
from config.settings.operations import *  # noqa: F403
from config.settings.security import *  # noqa: F403

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))
AUDIT_CHECKPOINT_DIR = Path(env.text("AUDIT_CHECKPOINT_DIR", str(VAR_DIR / "audit")))
"""Where signed heads of the audit are kept; best a place that the database's administrators cannot write to."""
DEBUG = env.flag("DEBUG")

BASE_DOMAIN = env.text("BASE_DOMAIN")
"""Where partners and tenants without a domain of their own live: ``<slug>.<BASE_DOMAIN>``, with the port if any."""
OPERATOR_HOST = env.text("OPERATOR_HOST", BASE_DOMAIN.split(":")[0])
URL_SCHEME = "https" if SECURE else "http"  # noqa: F405

ROOT_URLCONF = "config.urls.hostless"
TENANT_URLCONF = "config.urls.tenant"
PARTNER_URLCONF = "config.urls.partner"
PUBLIC_SCHEMA_URLCONF = "config.urls.operator"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.core.context_processors.page",
            ],
        },
    }
]
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static" / "dist"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
SILENCED_SYSTEM_CHECKS: list[str] = []

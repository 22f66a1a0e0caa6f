"""Settings of the test suite: the same parts, on the embedded services unless the environment names others."""

import os
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from config.local.services import ensure_services

_VAR = Path(os.environ.setdefault("VAR_DIR", str(Path(__file__).resolve().parents[2] / "var")))
if "pytest" in sys.modules:
    os.environ.update(ensure_services(_VAR / "test"))
    if "PYTEST_XDIST_WORKER" in os.environ:
        # Each of several runners has a database of Redis to itself, as it has one of PostgreSQL.
        _number = os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw")
        os.environ["REDIS_URL"] = urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{_number}").geturl()
# Type checkers and migrations load these settings too, and need no running services.
for _name, _value in {
    "DATABASE_URL": "postgresql://postgres@localhost/postgres",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "SECRET_KEY": "only-for-tests",
    "CREDENTIAL_KEYS": "bG9jYWwtdGVzdHMtb25seS1sb2NhbC10ZXN0cy1vbmw=",
    "AUDIT_SIGNING_KEYS": "b25seS1mb3ItdGVzdHMtb25seS1mb3ItdGVzdHMtb24=",
    "BASE_DOMAIN": "localhost:8000",
    "SECURE": "0",
}.items():
    os.environ.setdefault(_name, _value)

from config.settings.base import *  # noqa: E402, F403

APPROVAL_MAIL_AFTER_SECONDS = 0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = Path(tempfile.gettempdir()) / "main-test-media"
STATIC_ROOT = Path(tempfile.gettempdir()) / "main-test-static"
STATIC_ROOT.mkdir(exist_ok=True)
AUDIT_CHECKPOINT_DIR = Path(tempfile.gettempdir()) / f"main-test-audit-{os.getpid()}"

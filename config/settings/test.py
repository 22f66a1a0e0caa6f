"""Settings of the test suite: the same parts, on the embedded services unless the environment names others."""

import os
import tempfile
from pathlib import Path

_VAR = Path(os.environ.setdefault("VAR_DIR", str(Path(__file__).resolve().parents[2] / "var")))
os.environ.setdefault("DATABASE_URL", "postgresql://postgres@/postgres")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:6379/0")
os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("CREDENTIAL_KEYS", "bG9jYWwtdGVzdHMtb25seS1sb2NhbC10ZXN0cy1vbmw=")
os.environ.setdefault("BASE_DOMAIN", "localhost:8000")
os.environ.setdefault("SECURE", "0")

from config.settings.base import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = Path(tempfile.gettempdir()) / "main-test-media"
LOG_LEVEL = "WARNING"

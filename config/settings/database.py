"""PostgreSQL and Redis."""

from config.settings import env
from tenants.backend.pool import reset

DATABASES = {
    "default": {
        "ENGINE": "tenants.backend",
        **env.database(env.text("DATABASE_URL")),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            "pool": {
                "min_size": env.number("DB_POOL_MIN", 1),
                "max_size": env.number("DB_POOL_MAX", 12),
                "timeout": 10,
                "max_lifetime": 900,
                "reset": reset,
            },
            "options": "-c statement_timeout=15000 -c idle_in_transaction_session_timeout=20000 -c lock_timeout=8000",
        },
        "TEST": {"NAME": env.text("TEST_DATABASE", "test_main")},
    }
}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
PUBLIC_SCHEMA_NAME = "public"
TENANT_BLUEPRINT_SCHEMA = "blueprint"

REDIS_URL = env.text("REDIS_URL")
# How many items may be with workers or on the way to them: about twice what the workers can do at once, so that a
# flush of Redis costs one dispatch time-out and nothing else.
DISPATCH_OUTSTANDING = env.number("DISPATCH_OUTSTANDING", 64)

PG_PROGRAMS = env.text("PG_PROGRAMS", "")
"""The directory of pg_dump and psql, for backups of single tenants; empty: wherever the system finds them."""

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_FUNCTION": "tenants.cache.make_key",
        "OPTIONS": {"socket_timeout": 1.0, "socket_connect_timeout": 0.5},
    }
}

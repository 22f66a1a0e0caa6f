"""Logs, error reports, mail, outbound HTTP."""

import logging
from typing import Any

import sentry_sdk
import structlog

from apps.core.logs import drop_secrets, name_request, scrub_event
from config.settings import env

LOG_LEVEL = env.text("LOG_LEVEL", "INFO")
_shared: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    name_request,
    drop_secrets,
]
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_shared,
        structlog.processors.StackInfoRenderer(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
            "foreign_pre_chain": _shared,
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "ERROR"},
        "celery": {"level": "WARNING"},
        "celery.app.trace": {"level": "ERROR"},
        "psycopg.pool": {"level": "ERROR"},
    },
}
logging.captureWarnings(True)

SENTRY_DSN = env.text("SENTRY_DSN", "")
if SENTRY_DSN:
    sentry_sdk.init(
        dsn=SENTRY_DSN,
        environment=env.text("SENTRY_ENVIRONMENT", "production"),
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        before_send=scrub_event,
    )

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.number("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 10
# Whoever decides at once in the portal or through the API gets no mail about it.
APPROVAL_MAIL_AFTER_SECONDS = env.number("APPROVAL_MAIL_AFTER_SECONDS", 20)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "no-reply@localhost")

AUDIT_SEAL_AFTER_SECONDS = env.number("AUDIT_SEAL_AFTER_SECONDS", 5)
"""How long audit entries wait for others to be sealed with."""
AUDIT_SIGNING_SPREAD_SECONDS = env.number("AUDIT_SIGNING_SPREAD_SECONDS", 3600)
"""Chains are signed once a day, each at its own time within so many seconds after midnight (UTC)."""
AUDIT_CHECKPOINT_STORE = env.text("AUDIT_CHECKPOINT_STORE", "apps.ledger.checkpoint_store.FileStore")

# host:port pairs that outbound calls may reach although they are private addresses.
OUTBOUND_ALLOWED_PRIVATE = env.words("OUTBOUND_ALLOWED_PRIVATE")
METRICS_ALLOWED = env.words("METRICS_ALLOWED", "127.0.0.1,::1")

"""The one way out over HTTP: guarded against SSRF, bounded in time and size, never redirected."""

from apps.core.http.client import HttpResponse, SafeClient, outbound_client
from apps.core.http.errors import (
    HttpConnectionError,
    HttpError,
    HttpRefused,
    HttpTimeout,
    HttpTooLarge,
)
from apps.core.http.guard import Target, check_url

__all__ = [
    "HttpConnectionError",
    "HttpError",
    "HttpRefused",
    "HttpResponse",
    "HttpTimeout",
    "HttpTooLarge",
    "SafeClient",
    "Target",
    "check_url",
    "outbound_client",
]

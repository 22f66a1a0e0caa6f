"""What a load balancer and a metrics collector ask; answered on any host."""

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest


def livez(_request: HttpRequest) -> HttpResponse:
    """200 while the process answers at all."""
    return JsonResponse({"status": "ok"})


def readyz(_request: HttpRequest) -> HttpResponse:
    """200 when PostgreSQL answers, else 503. Redis is disposable: its absence is told but does not fail."""
    parts = {"database": _database(), "redis": _redis()}
    ready = parts["database"] == "ok"
    return JsonResponse(
        {"status": "ok" if ready else "unavailable", "parts": parts}, status=200 if ready else 503
    )


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text, for the internal network only; 404 for everybody else."""
    if (
        request.META.get("REMOTE_ADDR", "") not in settings.METRICS_ALLOWED
        or "HTTP_X_FORWARDED_FOR" in request.META
    ):
        return HttpResponse(status=404)
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "away"
    return "ok"


def _redis() -> str:
    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5).ping()
    except redis.RedisError:
        return "away"
    return "ok"

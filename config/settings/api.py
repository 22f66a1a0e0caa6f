"""The REST API."""

from typing import Any

from config.settings import env

API_RATE_PER_MINUTE = env.number("API_RATE_PER_MINUTE", 600)
"""Requests a minute that one actor may send."""

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.api.authentication.KeyAuthentication",
        "apps.api.authentication.PageSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["apps.api.permissions.RequireActor"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.api.parsers.StrictJSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["apps.api.throttling.ActorRate"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "apps.api.problems.exception_handler",
    "DEFAULT_VERSIONING_CLASS": None,
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "REST API",
    "DESCRIPTION": "Everything the pages can do, for programs.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
}

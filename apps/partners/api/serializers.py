"""Shapes of how tenants fare, and of a logo."""

import base64
import binascii
from typing import Any

from rest_framework import serializers

from apps.core.api.fields import UtcDateTimeField
from apps.partners.services.brands import MAX_LOGO_BYTES
from apps.partners.types import TenantHealth
from tenants.models import Tenant


class HealthShape(serializers.Serializer[TenantHealth]):
    open_exceptions = serializers.IntegerField(help_text="Cases that wait for somebody of the tenant.")
    oldest_exception_at = UtcDateTimeField(allow_null=True)
    overdue_approvals = serializers.IntegerField()
    last_activity_at = UtcDateTimeField(allow_null=True)
    due = serializers.IntegerField(help_text="Pieces of work that could be done now.")
    oldest_due_at = UtcDateTimeField(allow_null=True)
    parked = serializers.IntegerField(help_text="Pieces of work given up after repeated failures.")
    paused_parts = serializers.IntegerField(help_text="Templates and connections that are paused.")
    paused_since = UtcDateTimeField(allow_null=True, help_text="Since when the whole workspace is paused.")


class TenantState(serializers.Serializer[Tenant]):
    id = serializers.UUIDField()
    status = serializers.CharField()


class Nothing(serializers.Serializer[Any]):
    """An empty body."""


class Logo(serializers.Serializer[Any]):
    content = serializers.CharField(
        max_length=MAX_LOGO_BYTES * 4 // 3 + 4,
        help_text="A PNG, JPEG or WebP picture of at most 1 MB, in Base64.",
    )

    def validate_content(self, value: str) -> bytes:
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError) as error:
            raise serializers.ValidationError("Send the picture in Base64.", code="not_base64") from error


class BrandVersion(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    version = serializers.IntegerField()

"""Shapes of a partner's resources."""

from typing import Any

from rest_framework import serializers

from tenants.choices import Environment
from tenants.links import with_port
from tenants.models import AccessLease, Brand, Tenant

_SLUG = r"^[a-z][a-z0-9-]{1,38}[a-z0-9]$"
_COLOUR = r"^#[0-9a-fA-F]{6}$"


class TenantShape(serializers.Serializer[Tenant]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    environment = serializers.CharField()
    region = serializers.CharField()
    timezone = serializers.CharField()
    currency = serializers.CharField()
    status = serializers.CharField()
    hosts = serializers.SerializerMethodField()
    brand_id = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()

    def get_hosts(self, tenant: Tenant) -> list[str]:
        return [with_port(domain.domain) for domain in tenant.domains.all()]


class NewTenant(serializers.Serializer[Any]):
    slug = serializers.RegexField(_SLUG, help_text="Its host will be slug.base-domain.")
    name = serializers.CharField(max_length=120)
    environment = serializers.ChoiceField(
        Environment.choices, required=False, default=Environment.PRODUCTION.value
    )
    region = serializers.CharField(max_length=16, required=False, default="EU")
    timezone = serializers.CharField(max_length=64, required=False, default="UTC")
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False, default="EUR")


class BrandShape(serializers.Serializer[Brand]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    primary = serializers.CharField()
    accent = serializers.CharField()
    support_email = serializers.CharField()
    mail_sender_name = serializers.CharField()
    mail_sender_address = serializers.CharField()
    version = serializers.IntegerField()


class BrandChange(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80, required=False)
    primary = serializers.RegexField(_COLOUR, required=False)
    accent = serializers.RegexField(_COLOUR, required=False, allow_blank=True)
    support_email = serializers.EmailField(required=False, allow_blank=True, max_length=254)
    mail_sender_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    mail_sender_address = serializers.EmailField(required=False, allow_blank=True, max_length=254)


class LeaseShape(serializers.Serializer[AccessLease]):
    id = serializers.UUIDField()
    tenant_id = serializers.UUIDField()
    tenant = serializers.CharField(source="tenant.slug")
    holder = serializers.EmailField(source="partner_user_email")
    roles = serializers.ListField(child=serializers.CharField())
    reason = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    granted_by = serializers.CharField()


class NewLease(serializers.Serializer[Any]):
    tenant_id = serializers.UUIDField()
    user_id = serializers.UUIDField(required=False, help_text="Who gets in; yourself unless given.")
    roles = serializers.ListField(child=serializers.CharField(max_length=32), min_length=1, max_length=20)
    reason = serializers.CharField(max_length=400)
    hours = serializers.IntegerField(min_value=1, max_value=72, required=False, default=8)


class Why(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=400, required=False, default="", allow_blank=True)


class Nothing(serializers.Serializer[Any]):
    """An empty body."""


class Handover(serializers.Serializer[Any]):
    url = serializers.URLField(help_text="Opens the tenant once, within a minute.")

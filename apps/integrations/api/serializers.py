"""Shapes of connections, hooks and webhooks. Secrets go in, and come out only once, when they are made."""

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import ObjectField, UtcDateTimeField
from apps.integrations.choices import CredentialKind, DeliveryState, HookScheme, InboundEventStatus
from apps.integrations.models import Connection, InboundEvent, InboundHook
from apps.integrations.types import Json
from tenants.links import tenant_url

_SLOT = r"^[a-z][a-z0-9_-]{0,79}$"


class SlotShape(serializers.Serializer[Any]):
    """Which connection fills a slot; template ``*`` is every template."""

    id = serializers.UUIDField()
    slot = serializers.CharField()
    template = serializers.CharField(source="template_key")
    connection_id = serializers.UUIDField()


class NewSlot(serializers.Serializer[Any]):
    slot = serializers.RegexField(_SLOT)
    connection_id = serializers.UUIDField()
    template = serializers.RegexField(r"^(\*|[a-z][a-z0-9_-]{0,118})$", required=False, default="*")


class NewCredential(serializers.Serializer[Any]):
    """Written, never read: bearer has a token, basic a username and password, header a value (and perhaps a name)."""

    kind = serializers.ChoiceField(CredentialKind.choices)
    token = serializers.CharField(max_length=8000, required=False, trim_whitespace=False)
    username = serializers.CharField(max_length=400, required=False)
    password = serializers.CharField(max_length=400, required=False, trim_whitespace=False)
    name = serializers.RegexField(r"^[A-Za-z0-9-]{1,80}$", required=False)
    value = serializers.CharField(max_length=8000, required=False, trim_whitespace=False)


class ConnectionShape(serializers.Serializer[Connection]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    connector = serializers.CharField()
    status = serializers.CharField()
    definition = ObjectField()
    config = ObjectField()
    credential = serializers.CharField(source="credential.kind", default=None, allow_null=True)
    slots = SlotShape(many=True, source="bindings.all")
    held_actions = serializers.IntegerField(help_text="Calls that wait for the connection to be resumed.")
    created_at = UtcDateTimeField()


class NewConnection(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    connector = serializers.CharField(max_length=40, required=False, default="generic-rest")
    definition = ObjectField()
    config = ObjectField()
    credential = NewCredential(required=False)
    slots = serializers.ListField(
        child=serializers.RegexField(_SLOT), required=False, default=list, max_length=20
    )


class ConnectionChange(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80, required=False)
    definition = ObjectField(required=False)
    config = ObjectField(required=False)
    credential = NewCredential(required=False)


class TestOutcome(serializers.Serializer[Any]):
    ok = serializers.BooleanField()
    code = serializers.CharField(required=False)
    message = serializers.CharField(required=False)
    latency_ms = serializers.FloatField(required=False)
    response = ObjectField(required=False)
    details = ObjectField(required=False)


class Why(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=400, required=False, default="", allow_blank=True)


class HookShape(serializers.Serializer[InboundHook]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    url = serializers.SerializerMethodField()
    scheme = serializers.CharField()
    options = ObjectField()
    mapping = ObjectField()
    owner_role = serializers.CharField()
    status = serializers.CharField()
    rejected_count = serializers.IntegerField(help_text="Messages refused for their signature.")
    last_rejected_at = UtcDateTimeField(allow_null=True)
    failed_count = serializers.IntegerField(help_text="Messages stored that did not map.")
    created_at = UtcDateTimeField()

    def get_url(self, hook: InboundHook) -> str:
        return tenant_url(f"/hooks/{hook.id}")


class HookOnce(HookShape):
    secret = serializers.CharField(help_text="Shown this once.")


class NewHookShape(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    scheme = serializers.ChoiceField(HookScheme.choices)
    mapping = ObjectField()
    options = ObjectField(required=False, default=dict)
    owner_role = serializers.CharField(max_length=32, required=False, default="tenant_admin")
    secret = serializers.CharField(max_length=512, required=False, default="", allow_blank=True)


class HookChange(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80, required=False)
    mapping = ObjectField(required=False)
    options = ObjectField(required=False)
    owner_role = serializers.CharField(max_length=32, required=False)


class NewSecret(serializers.Serializer[Any]):
    secret = serializers.CharField(max_length=512, required=False, default="", allow_blank=True)


class InboundEventShape(serializers.Serializer[InboundEvent]):
    id = serializers.UUIDField()
    external_id = serializers.CharField()
    status = serializers.CharField()
    reason = ObjectField(allow_null=True)
    event_type = serializers.CharField()
    event_id = serializers.UUIDField(source="domain_event_id", allow_null=True)
    conflicts = serializers.IntegerField(help_text="Refused messages with the same id and another body.")
    received_at = UtcDateTimeField()


class InboundEventDetail(InboundEventShape):
    headers = ObjectField()
    body = serializers.SerializerMethodField()

    def get_body(self, event: InboundEvent) -> str:
        return bytes(event.body).decode("utf-8", "replace").replace("\x00", "\ufffd")


class InboundEventFilters(serializers.Serializer[Any]):
    status = serializers.ChoiceField(InboundEventStatus.choices, required=False)


class EndpointShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    url = serializers.CharField()
    event_types = serializers.ListField(child=serializers.CharField())
    status = serializers.CharField()
    disabled_reason = serializers.CharField()
    failing_since = UtcDateTimeField(allow_null=True)
    created_at = UtcDateTimeField()


class EndpointOnce(EndpointShape):
    secret = serializers.CharField(help_text="Shown this once.")


class NewEndpointShape(serializers.Serializer[Any]):
    url = serializers.CharField(max_length=2000)
    event_types = serializers.ListField(child=serializers.CharField(max_length=80), max_length=100)
    name = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)
    secret = serializers.CharField(max_length=512, required=False, default="", allow_blank=True)


class EndpointChange(serializers.Serializer[Any]):
    url = serializers.CharField(max_length=2000, required=False)
    event_types = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=100, required=False
    )
    name = serializers.CharField(max_length=80, required=False, allow_blank=True)


class AttemptShape(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    at = UtcDateTimeField()
    status_code = serializers.IntegerField(allow_null=True)
    error = serializers.CharField()
    response = serializers.CharField()
    latency_ms = serializers.FloatField(allow_null=True)


class DeliveryShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    endpoint_id = serializers.UUIDField()
    webhook_id = serializers.CharField(source="message_id")
    event_id = serializers.UUIDField()
    event_type = serializers.CharField()
    state = serializers.CharField()
    attempts = serializers.IntegerField()
    next_at = UtcDateTimeField(allow_null=True)
    delivered_at = UtcDateTimeField(allow_null=True)
    tries = AttemptShape(many=True)
    created_at = UtcDateTimeField()


class DeliveryFilters(serializers.Serializer[Any]):
    endpoint_id = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(DeliveryState.choices, required=False)
    event_type = serializers.CharField(max_length=80, required=False)


def secret_values(credential: Json) -> dict[str, str]:
    """Return the credential's values without its kind."""
    return {name: str(value) for name, value in credential.items() if name != "kind"}

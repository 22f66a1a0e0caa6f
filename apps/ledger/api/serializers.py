"""Shapes of audit entries, events and event types."""

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import ObjectField
from apps.ledger.models import AuditEntry, OutboxMessage


class AuditShape(serializers.Serializer[AuditEntry]):
    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    actor = serializers.SerializerMethodField()
    action = serializers.CharField()
    subject_type = serializers.CharField()
    subject_id = serializers.CharField()
    before = ObjectField()
    after = ObjectField()
    reason = serializers.CharField()
    request_id = serializers.CharField()

    def get_actor(self, entry: AuditEntry) -> dict[str, str | None]:
        return {
            "kind": entry.actor_kind,
            "id": entry.actor_id,
            "label": entry.actor_label,
            "behind": entry.behind,
            "lease_id": str(entry.lease_id) if entry.lease_id else None,
        }


class AuditFilters(serializers.Serializer[Any]):
    action = serializers.CharField(max_length=80, required=False)
    subject_type = serializers.CharField(max_length=48, required=False)
    subject_id = serializers.CharField(max_length=64, required=False)
    actor_kind = serializers.CharField(max_length=16, required=False)
    actor_id = serializers.CharField(max_length=64, required=False)
    lease_id = serializers.UUIDField(required=False)
    request_id = serializers.CharField(max_length=64, required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class EventShape(serializers.Serializer[OutboxMessage]):
    """An event with its CloudEvents 1.0 attributes."""

    id = serializers.UUIDField()
    specversion = serializers.SerializerMethodField()
    source = serializers.SerializerMethodField()  # type: ignore[assignment]
    type = serializers.CharField()
    subject = serializers.CharField()
    time = serializers.DateTimeField()
    datacontenttype = serializers.SerializerMethodField()
    dataschema = serializers.SerializerMethodField()
    data = ObjectField()  # type: ignore[assignment]
    actor = ObjectField()
    request_id = serializers.CharField()

    def get_specversion(self, _event: OutboxMessage) -> str:
        return "1.0"

    def get_source(self, _event: OutboxMessage) -> str:
        return str(self.context["request"].build_absolute_uri("/")).rstrip("/")

    def get_datacontenttype(self, _event: OutboxMessage) -> str:
        return "application/json"

    def get_dataschema(self, event: OutboxMessage) -> str:
        return f"{self.get_source(event)}/api/v1/event-types/{event.type}/schema"


class EventFilters(serializers.Serializer[Any]):
    type = serializers.CharField(max_length=64, required=False)
    subject = serializers.CharField(max_length=120, required=False)
    since = serializers.DateTimeField(required=False)


class EventTypeShape(serializers.Serializer[Any]):
    type = serializers.CharField(source="name")
    description = serializers.CharField()
    version = serializers.IntegerField()
    schema = ObjectField(help_text="JSON Schema of the event's data.")


class EventTypes(serializers.Serializer[Any]):
    results = EventTypeShape(many=True)

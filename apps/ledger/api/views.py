"""The audit, the events and their catalogue over REST."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import Resource
from apps.core.errors import NotFound
from apps.ledger.api import serializers as shapes
from apps.ledger.events import EventType, get_event_type, list_event_types
from apps.ledger.models import AuditEntry, OutboxMessage
from apps.ledger.selectors.audit import list_audit, list_events


class AuditEntries(Resource):
    actions = {"GET": "audit:read"}
    returns = {"GET": shapes.AuditShape}
    filters = shapes.AuditFilters
    listing = True

    def get(self, request: Request) -> Response:
        """List who did what, the newest first."""
        return self.page(list_audit(self.query()), shapes.AuditShape)


class OneAuditEntry(Resource):
    actions = {"GET": "audit:read"}
    returns = {"GET": shapes.AuditShape}

    def get(self, request: Request, entry_id: UUID) -> Response:
        """Show an audit entry."""
        entry = AuditEntry.objects.filter(pk=entry_id).first()
        if entry is None:
            raise NotFound("not_found", "There is no such audit entry.")
        return self.respond(shapes.AuditShape, entry)


class Events(Resource):
    actions = {"GET": "events:read"}
    returns = {"GET": shapes.EventShape}
    filters = shapes.EventFilters
    listing = True

    def get(self, request: Request) -> Response:
        """List what happened, the newest first."""
        return self.page(list_events(self.query()), shapes.EventShape)


class OneEvent(Resource):
    actions = {"GET": "events:read"}
    returns = {"GET": shapes.EventShape}

    def get(self, request: Request, event_id: UUID) -> Response:
        """Show an event."""
        event = OutboxMessage.objects.filter(pk=event_id).first()
        if event is None:
            raise NotFound("not_found", "There is no such event.")
        return self.respond(shapes.EventShape, event)


class EventTypeList(Resource):
    actions = {"GET": ""}
    returns = {"GET": shapes.EventTypes}

    def get(self, request: Request) -> Response:
        """List the types of events, each with the JSON Schema of its data."""
        return Response({"results": shapes.EventTypeShape(list_event_types(), many=True).data})


class OneEventType(Resource):
    actions = {"GET": ""}
    returns = {"GET": shapes.EventTypeShape}

    def get(self, request: Request, name: str) -> Response:
        """Show a type of events."""
        return self.respond(shapes.EventTypeShape, _known(name))


class EventTypeSchema(Resource):
    actions = {"GET": ""}

    def get(self, request: Request, name: str) -> Response:
        """Show the JSON Schema of an event type's data."""
        return Response(dict(_known(name).schema))


def _known(name: str) -> EventType:
    found = get_event_type(name)
    if found is None:
        raise NotFound("not_found", "There is no event type of this name.")
    return found

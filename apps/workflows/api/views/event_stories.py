"""What happened to an event."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.fields import UtcDateTimeField
from apps.core.api.views import Resource
from apps.workflows.selectors.event_story import event_story

Shape = serializers.Serializer[Any]


class StartedOut(Shape):
    run = serializers.UUIDField(source="run.id")
    name = serializers.CharField(source="run.name")
    template = serializers.CharField(source="run.template_key")


class ToldOut(Shape):
    """A wait the event was given to."""

    run = serializers.UUIDField(source="run.id")
    visit = serializers.CharField()
    name = serializers.CharField()
    how = serializers.ChoiceField(["ended", "too_late", "no_match", "on_its_way"])
    early = serializers.BooleanField(help_text="Whether it came before the run waited for it.")
    since = UtcDateTimeField(allow_null=True)
    until = UtcDateTimeField(allow_null=True)
    words = serializers.CharField()


class NearOut(Shape):
    """A wait for events of the type that this one did not end, and why."""

    run = serializers.UUIDField(source="run.id")
    visit = serializers.CharField()
    name = serializers.CharField()
    why = serializers.ChoiceField(["other_values", "no_match", "ended_before", "not_begun"])
    words = serializers.CharField()
    until = UtcDateTimeField(allow_null=True)


class NotStartedOut(Shape):
    template = serializers.CharField()
    words = serializers.CharField()
    run = serializers.UUIDField(source="run.id", allow_null=True, default=None)


class EventStoryOut(Shape):
    """Which runs an event started, which waits it ended or came too early or too late for, and what was near."""

    event = serializers.UUIDField(source="event.id")
    type = serializers.CharField(source="event.type")
    time = UtcDateTimeField(source="event.time")
    outcome = serializers.ChoiceField(["started", "ended_wait", "waiting", "late", "nothing"])
    problem = serializers.CharField()
    started = StartedOut(many=True)
    told = ToldOut(many=True)
    near = NearOut(many=True)
    not_started = NotStartedOut(many=True)


class EventStoryView(Resource):
    actions = {"GET": "events:read"}
    returns = {"GET": EventStoryOut}

    def get(self, request: Request, event_id: UUID) -> Response:
        """Read what happened to an event: runs started, waits ended, and what was near."""
        self.query()
        return Response(EventStoryOut(event_story(event_id)).data)

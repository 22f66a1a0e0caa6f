"""Schedules and their times."""

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import Resource
from apps.workflows.api.serializers import ReasonIn, RetryIn
from apps.workflows.api.time_shapes import FireOut, NewScheduleIn, ScheduleIn, ScheduleOut, ScheduleQuery
from apps.workflows.models import Schedule
from apps.workflows.selectors.schedules import get_schedule, list_fires, list_schedules
from apps.workflows.services.schedules import (
    create_schedule,
    delete_schedule,
    pause_schedule,
    resume_schedule,
    save_schedule,
)


class Schedules(Resource):
    actions = {"GET": "schedules:read", "POST": "schedules:write"}
    takes = {"POST": NewScheduleIn}
    returns = {"GET": ScheduleOut, "POST": ScheduleOut}
    statuses = {"POST": 201}
    filters = ScheduleQuery
    listing = True

    def get(self, request: Request) -> Response:
        """List the schedules with their next five times."""
        return self.page(list_schedules(**self.query()), ScheduleOut)

    def post(self, request: Request) -> Response:
        """Make a schedule."""
        row = create_schedule(**self.read(), actor=self.actor)
        return self.respond(ScheduleOut, row, status=201, location=f"/api/v1/schedules/{row.key}")


class OneSchedule(Resource):
    actions = {"GET": "schedules:read", "PUT": "schedules:write", "DELETE": "schedules:write"}
    takes = {"PUT": ScheduleIn}
    returns = {"GET": ScheduleOut, "PUT": ScheduleOut}
    statuses = {"DELETE": 204}

    def get(self, request: Request, key: str) -> Response:
        """Read a schedule."""
        self.query()
        return self.respond(ScheduleOut, get_schedule(key))

    def put(self, request: Request, key: str) -> Response:
        """Change a schedule; it goes on from its next time after now."""
        row = get_schedule(key)
        self.check_if_match(row)
        return self._saved(row)

    def delete(self, request: Request, key: str) -> Response:
        """Remove a schedule; runs it started stay."""
        self.check_if_match(get_schedule(key))
        delete_schedule(key=key, actor=self.actor)
        return Response(status=204)

    def _saved(self, row: Schedule) -> Response:
        saved = save_schedule(key=row.key, **self.read(), actor=self.actor, expected_version=row.version)
        return self.respond(ScheduleOut, saved)


class ScheduleFires(Resource):
    actions = {"GET": "schedules:read"}
    returns = {"GET": FireOut}
    listing = True

    def get(self, request: Request, key: str) -> Response:
        """List what became of a schedule's times."""
        self.query()
        return self.page(list_fires(get_schedule(key).id), FireOut)


class SchedulePause(Resource):
    actions = {"POST": "schedules:write"}
    takes = {"POST": ReasonIn}
    returns = {"POST": ScheduleOut}

    def post(self, request: Request, key: str) -> Response:
        """Hold a schedule, with a reason; its times pass without runs."""
        row = pause_schedule(key=key, actor=self.actor, reason=self.read()["reason"])
        return self.respond(ScheduleOut, row)


class ScheduleResume(Resource):
    actions = {"POST": "schedules:write"}
    takes = {"POST": RetryIn}
    returns = {"POST": ScheduleOut}

    def post(self, request: Request, key: str) -> Response:
        """Let a schedule go on with its next time from now."""
        row = resume_schedule(key=key, actor=self.actor, reason=self.read()["reason"])
        return self.respond(ScheduleOut, row)

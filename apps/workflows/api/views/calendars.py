"""Working calendars, who works by them, and the clocks of a run."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import Resource
from apps.workflows.api.time_shapes import (
    AssignmentIn,
    AssignmentOut,
    CalendarIn,
    CalendarOut,
    DayQuery,
    DaysOut,
    HolidayFileIn,
    NewCalendarIn,
    RunClocksOut,
)
from apps.workflows.selectors.calendars import coming_days, get_calendar, list_assignments, list_calendars
from apps.workflows.selectors.clocks import run_clocks
from apps.workflows.services.calendars import (
    assign_calendar,
    create_calendar,
    delete_calendar,
    import_holidays,
    make_default,
    save_calendar,
    unassign_calendar,
)


class Calendars(Resource):
    actions = {"GET": "calendars:read", "POST": "calendars:write"}
    takes = {"POST": NewCalendarIn}
    returns = {"GET": CalendarOut, "POST": CalendarOut}
    statuses = {"POST": 201}
    listing = True

    def get(self, request: Request) -> Response:
        """List the working calendars."""
        self.query()
        return self.page(list_calendars().order_by(), CalendarOut)

    def post(self, request: Request) -> Response:
        """Make a working calendar."""
        sent = self.read()
        row = create_calendar(**sent, actor=self.actor)
        return self.respond(
            CalendarOut, get_calendar(row.key), status=201, location=f"/api/v1/calendars/{row.key}"
        )


class OneCalendar(Resource):
    actions = {"GET": "calendars:read", "PUT": "calendars:write", "DELETE": "calendars:write"}
    takes = {"PUT": CalendarIn}
    returns = {"GET": CalendarOut, "PUT": CalendarOut}
    statuses = {"DELETE": 204}

    def get(self, request: Request, key: str) -> Response:
        """Read a working calendar."""
        self.query()
        return self.respond(CalendarOut, get_calendar(key))

    def put(self, request: Request, key: str) -> Response:
        """Change a working calendar; open clocks are counted again."""
        row = get_calendar(key)
        self.check_if_match(row)
        save_calendar(key=key, **self.read(), actor=self.actor, expected_version=row.version)
        return self.respond(CalendarOut, get_calendar(key))

    def delete(self, request: Request, key: str) -> Response:
        """Remove a working calendar nobody works by."""
        self.check_if_match(get_calendar(key))
        delete_calendar(key=key, actor=self.actor)
        return Response(status=204)


class CalendarDefault(Resource):
    actions = {"POST": "calendars:write"}
    returns = {"POST": CalendarOut}

    def post(self, request: Request, key: str) -> Response:
        """Let this calendar hold wherever no other does."""
        make_default(key=key, actor=self.actor)
        return self.respond(CalendarOut, get_calendar(key))


class CalendarDays(Resource):
    actions = {"GET": "calendars:read"}
    returns = {"GET": DaysOut}
    filters = DayQuery

    def get(self, request: Request, key: str) -> Response:
        """Read the coming days of a calendar: when it opens and closes, and the holidays."""
        days = self.query().get("days", 14)
        found = coming_days(get_calendar(key), days)
        body = [
            {
                "date": day.date,
                "openings": [{"begin": begin, "end": end} for begin, end in day.openings],
                "holiday": day.holiday,
            }
            for day in found
        ]
        return Response(DaysOut({"days": body}).data)


class CalendarHolidays(Resource):
    actions = {"POST": "calendars:write"}
    takes = {"POST": HolidayFileIn}
    returns = {"POST": CalendarOut}

    def post(self, request: Request, key: str) -> Response:
        """Add the whole days of an iCalendar file to the holidays."""
        import_holidays(key=key, text=self.read()["text"], actor=self.actor)
        return self.respond(CalendarOut, get_calendar(key))


class CalendarAssignments(Resource):
    actions = {"GET": "calendars:read", "POST": "calendars:write"}
    takes = {"POST": AssignmentIn}
    returns = {"GET": AssignmentOut, "POST": AssignmentOut}
    listing = True

    def get(self, request: Request) -> Response:
        """List who works by which calendar."""
        self.query()
        return self.page(list_assignments(), AssignmentOut)

    def post(self, request: Request) -> Response:
        """Let a customer or a person work by a calendar; replaces the one they had."""
        sent = self.read()
        row = assign_calendar(
            subject=sent["subject"], key=sent["calendar"], zone=sent["zone"], actor=self.actor
        )
        return self.respond(AssignmentOut, row)


class OneCalendarAssignment(Resource):
    actions = {"DELETE": "calendars:write"}
    statuses = {"DELETE": 204}

    def delete(self, request: Request, assignment_id: UUID) -> Response:
        """Let a customer or a person work by the default again."""
        unassign_calendar(assignment_id=assignment_id, actor=self.actor)
        return Response(status=204)


class RunClocks(Resource):
    actions = {"GET": "runs:read"}
    returns = {"GET": RunClocksOut}

    def get(self, request: Request, run_id: UUID) -> Response:
        """Read who had a run when, and how its service levels stand."""
        self.query()
        return Response(RunClocksOut(run_clocks(run_id)).data)

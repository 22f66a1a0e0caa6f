"""What calendars, clocks and schedules register with the apps below."""

from uuid import UUID

from apps.accounts.models import User
from apps.dispatch.rebuilding import register_due_work
from apps.dispatch.registry import register as register_kind
from apps.ledger.events import subscribe
from apps.ledger.transitions import register_table
from apps.workflows import clock_handlers, due_work, schedule_handlers, states
from apps.workflows.calendar_subjects import register_calendar_subject
from apps.workflows.events import TEMPLATE_PUBLISHED, TEMPLATE_RETIRED
from apps.workflows.models import Calendar, CalendarAssignment, Schedule
from apps.workflows.services import kinds
from apps.workflows.services.calendars import seed_default_calendar
from apps.workflows.steps import register_catalogue
from tenants.configuration import register_configuration
from tenants.seeding import register_seed


def register() -> None:
    """Called once, when the apps are loaded."""
    register_catalogue("calendars", lambda: list(Calendar.objects.values_list("key", flat=True)))
    register_calendar_subject("user", _user_label)
    register_configuration(Calendar)
    register_configuration(CalendarAssignment)
    register_seed("calendars", seed_default_calendar)
    register_table(Schedule, states.SCHEDULE)
    subscribe(TEMPLATE_PUBLISHED, "workflows.schedule_declared", schedule_handlers.template_changed)
    subscribe(TEMPLATE_RETIRED, "workflows.schedule_withdrawn", schedule_handlers.template_changed)
    register_due_work(kinds.SCHEDULE_KIND, source=due_work.work_of_schedules)
    register_due_work(
        kinds.CLOCK_KIND,
        kinds.CALENDAR_CHANGED_KIND,
        kinds.CLOCK_RECOUNT_KIND,
        source=due_work.work_of_clocks,
    )
    register_kind(kinds.SCHEDULE_KIND, schedule_handlers.fire, lane="timers", batch=4)
    register_kind(kinds.CLOCK_KIND, clock_handlers.fire_clock, lane="timers", batch=16)
    register_kind(kinds.CALENDAR_CHANGED_KIND, clock_handlers.calendar_changed, lane="bulk")
    register_kind(kinds.CLOCK_RECOUNT_KIND, clock_handlers.recount, lane="bulk", batch=8)


def _user_label(user_id: UUID) -> str | None:
    user = User.objects.filter(pk=user_id, is_active=True).first()
    return user.label if user else None

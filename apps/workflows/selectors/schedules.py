"""Reads of schedules and of what became of their times."""

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from apps.core.clock import now
from apps.core.errors import NotFound
from apps.workflows.choices import ScheduleStatus
from apps.workflows.engine.cron import fires, parse_cron
from apps.workflows.models import Schedule, ScheduleFire, WorkflowTemplate
from tenants.context import current_tenant

SHOWN = 5


def list_schedules(*, status: str = "", template: str = "") -> QuerySet[Schedule]:
    """Return the schedules."""
    rows = Schedule.objects.order_by()
    if status:
        rows = rows.filter(status=status)
    return rows.filter(template_key=template) if template else rows


def get_schedule(key: str) -> Schedule:
    """Return one schedule; raise NotFound."""
    found = Schedule.objects.filter(key=key).first()
    if found is None:
        raise NotFound("not_found", "There is no such schedule.")
    return found


def list_fires(schedule_id: UUID) -> QuerySet[ScheduleFire]:
    """Return what became of a schedule's times."""
    return ScheduleFire.objects.filter(schedule_id=schedule_id).select_related("run")


def latest_fires() -> Mapping[UUID, ScheduleFire]:
    """Return the latest time of every schedule that has had one, by schedule (one query)."""
    rows = ScheduleFire.objects.select_related("run").order_by("schedule_id", "-fire_at")
    return {row.schedule_id: row for row in rows.distinct("schedule_id")}


def next_fires(schedule: Schedule, count: int = SHOWN) -> list[datetime]:
    """Return the next times at which an active schedule starts a run."""
    if schedule.status != ScheduleStatus.ACTIVE:
        return []
    after = now()
    first = [schedule.next_fire_at] if schedule.next_fire_at and schedule.next_fire_at <= after else []
    found = islice(fires(parse_cron(schedule.cron), zone_of_schedule(schedule), after), count - len(first))
    return [*first, *found]


def zone_of_schedule(schedule: Schedule) -> ZoneInfo:
    """Return the zone a schedule goes by: its own, else the tenant's."""
    return ZoneInfo(schedule.zone or current_tenant().timezone)


def template_choices() -> list[tuple[str, str]]:
    """Return key and name of the templates a schedule can start."""
    rows = WorkflowTemplate.objects.filter(versions__status="published").order_by("name")
    return list(rows.values_list("key", "name"))

"""The work that the rows of runs ask for."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery

from apps.dispatch.types import WorkItemSpec
from apps.workflows.choices import BacktestStatus, BulkStatus, PauseScope, RunStatus, ScheduleStatus
from apps.workflows.engine.history import undo_id
from apps.workflows.models import (
    Backtest,
    BulkOperation,
    Calendar,
    EditingSession,
    EventArrival,
    EventWait,
    Pause,
    Run,
    RunTimer,
    Schedule,
    SlaClock,
    StepRun,
    SuiteRun,
)
from apps.workflows.services import kinds
from apps.workflows.services.editing import QUIET

_UNDER_WAY = (RunStatus.RUNNING, RunStatus.ROLLING_BACK)
_PARENTS = Run.objects.filter(pk=OuterRef("parent_id"))


def work_of_waits() -> Iterator[WorkItemSpec]:
    """Timers, events that have arrived for a wait, and waits that look for what came before them."""
    for timer, at in RunTimer.objects.values_list("id", "at").iterator():
        yield WorkItemSpec(kinds.TIMER_KIND, timer, run_at=at)
    for wait in EventWait.objects.values_list("id", flat=True).iterator():
        yield WorkItemSpec(kinds.RECHECK_KIND, wait)
    waiting = EventWait.objects.filter(run_id=OuterRef("run_id"), visit=OuterRef("visit"))
    for arrival in EventArrival.objects.filter(Exists(waiting)).values_list("id", flat=True).iterator():
        yield WorkItemSpec(kinds.ARRIVAL_KIND, arrival)


def work_of_children() -> Iterator[WorkItemSpec]:
    """Child runs not begun, not told of, not wanted any more, or to be rolled back with their parents."""
    visit = StepRun.objects.filter(
        run_id=OuterRef("parent_id"), visit=OuterRef("parent_visit"), ended_at=None
    )
    children = Run.objects.exclude(parent_id=None).annotate(
        is_awaited=Exists(visit), parent_status=Subquery(_PARENTS.values("status"))
    )
    for child in children.filter(Q(status__in=_UNDER_WAY) | Q(parent_status__in=_UNDER_WAY)).iterator():
        yield from _work_of_child(child)


def _work_of_child(child: Run) -> Iterator[WorkItemSpec]:
    noted: Any = child
    is_running = child.status == RunStatus.RUNNING
    if _is_to_be_undone(child):
        yield WorkItemSpec(kinds.CHILD_ROLL_BACK_KIND, child.id)
    elif is_running and noted.is_awaited and child.history_length == 0:
        yield WorkItemSpec(kinds.CHILD_START_KIND, child.id)
    elif is_running and not noted.is_awaited:
        goes_on = noted.parent_status == RunStatus.RUNNING
        yield WorkItemSpec(kinds.CHILD_LET_GO_KIND if goes_on else kinds.CHILD_CANCEL_KIND, child.id)
    elif child.is_finished and noted.is_awaited:
        yield WorkItemSpec(kinds.CHILD_END_KIND, child.id)


def _is_to_be_undone(child: Run) -> bool:
    if child.parent_id is None:
        return False
    undo = undo_id(child.parent_visit, child.parent_epoch)
    return StepRun.objects.filter(run_id=child.parent_id, visit=undo, ended_at=None).exists()


def work_of_pauses() -> Iterator[WorkItemSpec]:
    """The latest pause of each template and of the workspace: begun or ended, the runs may not all know."""
    latest = Pause.objects.filter(scope__in=(PauseScope.TEMPLATE, PauseScope.TENANT))
    for pause in latest.order_by("scope", "key", "-id").distinct("scope", "key"):
        yield WorkItemSpec(kinds.PAUSE_KIND, pause.id)


def work_in_bulk() -> Iterator[WorkItemSpec]:
    """Bulk operations, back-tests and runs of test cases that are not at their end."""
    bulk = BulkOperation.objects.filter(status__in=(BulkStatus.PREPARING, BulkStatus.RUNNING))
    for operation in bulk.values_list("id", flat=True):
        yield WorkItemSpec(kinds.BULK_KIND, operation, dedupe=f"bulk:{operation}")
    backtests = Backtest.objects.filter(status__in=(BacktestStatus.WAITING, BacktestStatus.RUNNING))
    for backtest in backtests.values_list("id", flat=True):
        yield WorkItemSpec(kinds.BACKTEST_KIND, backtest)
    suites = SuiteRun.objects.filter(status__in=(BacktestStatus.WAITING, BacktestStatus.RUNNING))
    for suite in suites.values_list("id", flat=True):
        yield WorkItemSpec(kinds.SUITE_KIND, suite)


def work_of_editing() -> Iterator[WorkItemSpec]:
    """Sittings at drafts, which end when nothing has been saved for a while."""
    for session, last_at in EditingSession.objects.values_list("id", "last_at"):
        yield WorkItemSpec(kinds.EDITING_KIND, session, run_at=last_at + QUIET)


def work_of_clocks() -> Iterator[WorkItemSpec]:
    """Service levels' next warnings, and calendars that not every clock may have been counted by."""
    clocks = SlaClock.objects.exclude(next_at=None).values_list("id", "next_at")
    for clock, at in clocks.iterator():
        yield WorkItemSpec(kinds.CLOCK_KIND, clock, run_at=at)
    for calendar in Calendar.objects.values_list("id", flat=True):
        yield WorkItemSpec(kinds.CALENDAR_CHANGED_KIND, calendar, dedupe=f"calendar:{calendar}")


def work_of_schedules() -> Iterator[WorkItemSpec]:
    """The next time of each schedule."""
    active = Schedule.objects.filter(status=ScheduleStatus.ACTIVE)
    for schedule, at in active.values_list("id", "next_fire_at"):
        if at is None:
            continue
        yield WorkItemSpec(
            kinds.SCHEDULE_KIND, schedule, run_at=at, dedupe=f"schedule:{schedule}:{at.isoformat()}"
        )

"""The clock of an open stage: when its next step of escalation comes, by the calendars of those who have to act."""

from collections.abc import Iterable
from datetime import datetime

from apps.approvals.escalation import Ladder, moment_after
from apps.approvals.models import ApprovalRequest, ApprovalStage
from apps.approvals.selectors.standing import people_at_work
from apps.core.clock import now
from apps.dispatch.services.settle import cancel_work_of
from apps.dispatch.types import WorkItemSpec
from apps.ledger.services import enqueue
from apps.workflows.engine.calendars import WorkingCalendar
from apps.workflows.selectors.calendars import assigned_calendar, default_calendar
from tenants.context import current_tenant

CLOCK_KIND = "approvals.clock"


def start_clock(request: ApprovalRequest, stage: ApprovalStage) -> None:
    """A stage opens: its ladder counts from now. Part of the transition; costs nothing where there is no ladder."""
    if not ladder_of(stage):
        return
    stage.opened_at, stage.rung = now(), 0
    _set(request, stage, moment_of_next(request, stage))


def plan_clock(request: ApprovalRequest, stage: ApprovalStage) -> None:
    """Count again, for those who have to act now; part of the caller's unit of work, which holds the request's lock."""
    if stage.opened_at is None or not ladder_of(stage):
        return
    at = moment_of_next(request, stage)
    if at != stage.next_at:
        cancel_work_of(tenant_id=current_tenant().id, refs=[stage.id])
        _set(request, stage, at)


def ladder_of(stage: ApprovalStage) -> Ladder:
    """Return the stage's ladder as the policy had it when the request was opened."""
    held = {name: stage.rule[name] for name in ("escalation", "timeout") if name in stage.rule}
    return Ladder.stored(held) if held else Ladder()


def moment_of_next(request: ApprovalRequest, stage: ApprovalStage) -> datetime | None:
    """Return when the next step comes; None where there is none."""
    after = ladder_of(stage).after(stage.rung)
    if after is None or stage.opened_at is None:
        return None
    return moment_after(calendars_of_people(people_at_work(request)), stage.opened_at, after)


def calendars_of_people(people: Iterable[str]) -> list[WorkingCalendar]:
    """Return the calendars people work by: their own, else the workspace's; no query, usually."""
    found = [assigned_calendar(f"user/{person}") or default_calendar() for person in people]
    return found or [default_calendar()]


def _set(request: ApprovalRequest, stage: ApprovalStage, at: datetime | None) -> None:
    stage.next_at = at
    stage.save(update_fields=["opened_at", "rung", "next_at"])
    if at is not None:
        enqueue(WorkItemSpec(CLOCK_KIND, stage.id, run_at=at))

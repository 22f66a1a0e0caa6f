"""Somebody who was asked may no longer decide: he is not asked any more, and no request waits for him alone."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from apps.accounts.models import User
from apps.approvals import events
from apps.approvals.choices import RequestStatus, StageStatus
from apps.approvals.exceptions import UnknownRequest
from apps.approvals.models import ApprovalRequest, ApprovalStage
from apps.approvals.selectors.entitlement import Holdings, holdings_now, is_still_asked
from apps.approvals.services.contacts import tell_outcome
from apps.approvals.services.counting import count_of, stages_with_votes
from apps.approvals.services.deciding import lock_request
from apps.approvals.services.moving import move_request
from apps.approvals.services.telling import request_data
from apps.approvals.voting import advance, shortage
from apps.core.actor import Actor
from apps.core.clock import now
from apps.dispatch.types import WorkItemSpec
from apps.ledger.services import enqueue, transition
from apps.ledger.services.unit import subject_of
from apps.ledger.types import DomainEvent
from apps.workflows.engine.commands import StepError
from apps.workflows.services import fail_step
from tenants.context import tenant_or_none

DEPARTED_KIND = "approvals.departed"
RECHECK_KIND = "approvals.recheck"
UNFINISHED = (StageStatus.OPEN, StageStatus.WAITING)
_GONE = "is not among these people any more"
_ACTOR = Actor.system("approval policies")


def note_departure(user: User) -> None:
    """Have the requests looked at that ask this person; part of the unit of work that takes something from him."""
    if tenant_or_none() is not None:
        enqueue(WorkItemSpec(DEPARTED_KIND, user.pk))


def recheck_requests_of(*, user_id: UUID) -> None:
    """Have each open request looked at that asks the person. Needs a unit of work."""
    asking = ApprovalStage.objects.filter(
        status__in=UNFINISHED,
        request__status=RequestStatus.OPEN,
        candidates__contains=[{"id": str(user_id)}],
    )
    for request_id in asking.order_by("request_id").values_list("request_id", flat=True).distinct():
        enqueue(WorkItemSpec(RECHECK_KIND, request_id))


def recheck_request(*, request_id: UUID) -> None:
    """Take those off the request who may not decide it any more. Where too few are left, its step fails: it becomes an
    exception with an owner. Needs a unit of work; doing it again changes nothing.
    """
    try:
        request = lock_request(request_id)
    except UnknownRequest:
        return
    if not request.is_open:
        return
    stages = stages_with_votes(request)
    gone = _take_off(stages)
    if not gone:
        return
    count = count_of(request, stages)
    short = shortage(count)
    if short is not None:
        _give_up(request, stages, short, gone)
        return
    noted = {"not_asked_any_more": gone}
    move_request(request, stages, advance(count), _ACTOR, told={}, noted=noted, action="drop_approver")


def _take_off(stages: Sequence[ApprovalStage]) -> list[str]:
    """Take the departed off the stages that are not over; return their names."""
    unfinished = [stage for stage in stages if stage.status in UNFINISHED]
    held = holdings_now({person["id"] for stage in unfinished for person in stage.candidates})
    names: dict[str, str] = {}
    for stage in unfinished:
        left = [person for person in stage.candidates if _has_left(stage, person["id"], held)]
        if not left:
            continue
        names |= {person["id"]: person["label"] for person in left}
        stage.candidates = [person for person in stage.candidates if person not in left]
        stage.left_out = [*stage.left_out, *({**person, "reason": _GONE} for person in left)]
        stage.version += 1
        stage.save(update_fields=["candidates", "left_out", "version"])
    return list(names.values())


def _has_left(stage: ApprovalStage, member: str, held: Mapping[str, Holdings]) -> bool:
    if member in {vote["member"] for vote in getattr(stage, "casts", ())}:
        return False
    own = held.get(member)
    return own is None or not is_still_asked(stage, member, own)


def _give_up(
    request: ApprovalRequest, stages: Sequence[ApprovalStage], short: int, gone: Sequence[str]
) -> None:
    for stage in stages:
        if stage.status in UNFINISHED:
            transition(stage, "close")
    event = DomainEvent(events.APPROVAL_CANCELLED, subject_of(request), request_data(request))
    fields = {"waiting_for": [], "decided_at": now()}
    names = ", ".join(gone)
    reason = f"too few people are left to decide stage “{stages[short].name}” without {names}"
    transition(request, "cancel", event=event, fields=fields, reason=reason)
    tell_outcome(request, stages)
    message = (
        f"Stage “{stages[short].name}” cannot be decided any more: {names} may not decide it now, and too few others "
        "are left. Give somebody the role or change the policy, then retry."
    )
    error = StepError(
        "approval_without_approver", message, details={"stage": stages[short].name, "gone": list(gone)}
    )
    fail_step(run_id=request.run_id, visit=request.visit, error=error, actor=_ACTOR, epoch=request.epoch)

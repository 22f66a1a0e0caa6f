"""Open a request when a run reaches its approval step, and withdraw it when the run no longer asks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.approvals import events
from apps.approvals.choices import RequestStatus, StageStatus
from apps.approvals.evidence import amount_in, digest
from apps.approvals.exceptions import UnknownPolicy
from apps.approvals.models import ApprovalPolicy, ApprovalRequest, ApprovalStage
from apps.approvals.policies import DECIDERS
from apps.approvals.policy import PlannedStage, Policy, parse_policy, plan
from apps.approvals.selectors.people import candidates_for
from apps.approvals.selectors.policies import PART, policy_numbered, published_policy
from apps.approvals.services.telling import request_data
from apps.approvals.types import Candidate, Requester
from apps.approvals.voting import Ballot, Count, eligible, open_first, shortage
from apps.core.clock import now
from apps.core.errors import DomainError
from apps.core.expressions import ExpressionError
from apps.dispatch.services.settle import cancel_work_of
from apps.dispatch.types import WorkItemSpec
from apps.ledger.services import enqueue, record, transition
from apps.ledger.services.unit import subject_of
from apps.ledger.types import DomainEvent
from apps.workflows.engine.commands import StepError
from apps.workflows.engine.effects import OpenApproval
from apps.workflows.steps import Done, Failed, Outcome, RunContext
from tenants.context import current_tenant

REMIND_KIND = "approvals.remind"


def open_request(effect: OpenApproval, context: RunContext) -> Outcome | None:
    """Ask the people whom the policy names; called inside the run's transition.

    A policy that is unknown, cannot be answered, or leaves a stage without enough people fails the step at once: it
    becomes an exception with an owner instead of a request that waits for nobody.
    """
    requester = Requester.of(effect.requested_by, context.started_by)
    try:
        row, definition = _policy_of(effect.policy, context)
        policy = parse_policy(definition, roles=DECIDERS)
        planned = plan(
            policy, {"show": effect.show, "subject": effect.subject, "requester": {"id": requester.id}}
        )
    except DomainError as error:
        problems = [problem.to_json() for problem in error.errors]
        return Failed(StepError("approval_policy_unusable", error.detail, details={"errors": problems}))
    except ExpressionError as error:
        return Failed(
            StepError(
                "approval_policy_unanswerable", f"The approval policy cannot be applied: {error.message}"
            )
        )
    request = _new_request(effect, context, requester, row, definition)
    asked = [_askable(stage, policy, requester) for stage in planned]
    count = open_first(_count(planned, asked, policy, requester))
    short = shortage(count)
    if short is not None:
        return Failed(_nobody(request, planned[short], asked[short], count.ballots[short].needed))
    stages = [
        _stage(request, *row) for row in zip(range(len(planned)), planned, asked, count.ballots, strict=True)
    ]
    if count.status == RequestStatus.APPROVED:
        return Done(_approved_by_policy(request, stages))
    _store(request, stages, count)
    return None


def cancel_requests(context: RunContext, visit: str) -> None:
    """Withdraw the visit's open requests; called inside the run's transition, which holds the run's lock."""
    requests = ApprovalRequest.objects.select_for_update().filter(
        run_id=context.run_id, visit=visit, status=RequestStatus.OPEN
    )
    for request in requests:
        for stage in request.stages.filter(status__in=(StageStatus.OPEN, StageStatus.WAITING)):
            transition(stage, "close")
        event = DomainEvent(events.APPROVAL_CANCELLED, subject_of(request), request_data(request))
        transition(request, "cancel", event=event, fields={"waiting_for": [], "decided_at": now()})


def move_due(context: RunContext, visit: str, due_at: datetime | None) -> None:
    """Have the visit's open request due, and reminded of, at another time; called inside the run's transition."""
    requests = ApprovalRequest.objects.select_for_update().filter(
        run_id=context.run_id, visit=visit, status=RequestStatus.OPEN
    )
    for request in requests:
        before = {"due_at": request.due_at.isoformat() if request.due_at else None}
        request.due_at = due_at
        request.save(update_fields=["due_at"])
        cancel_work_of(tenant_id=current_tenant().id, refs=[request.id])
        if due_at is not None:
            enqueue(WorkItemSpec(REMIND_KIND, request.id, run_at=due_at))
        after = {"due_at": due_at.isoformat() if due_at else None}
        record("approval_request.move_due", request, before=before, after=after)


def _policy_of(named: str | dict[str, Any], context: RunContext) -> tuple[ApprovalPolicy | None, Any]:
    """Return the policy as the run's version holds it, else as it holds now."""
    if not isinstance(named, str):
        return None, named
    held = context.part(PART, named)
    if held is not None:
        return policy_numbered(named, held["number"]), held["definition"]
    row = published_policy(named)
    if row is None:
        raise UnknownPolicy
    return row, row.definition


def _new_request(
    effect: OpenApproval,
    context: RunContext,
    requester: Requester,
    row: ApprovalPolicy | None,
    definition: Any,
) -> ApprovalRequest:
    money = amount_in(effect.show)
    return ApprovalRequest(
        run_id=context.run_id,
        visit=effect.visit,
        epoch=effect.epoch,
        title=effect.name[:200],
        about=context.name[:200],
        subject=context.subject,
        audience=effect.audience,
        policy=row,
        policy_key=row.key if row else "",
        policy_number=row.number if row else None,
        policy_definition=definition,
        show=effect.show,
        show_hash=digest(effect.show),
        amount=money.amount if money else None,
        currency=money.currency if money else "",
        requested_by_id=requester.id,
        requested_by_label=requester.label[:200],
        due_at=effect.due_at,
    )


def _askable(planned: PlannedStage, policy: Policy, requester: Requester) -> list[Candidate]:
    if planned.skipped:
        return []
    people = candidates_for(planned.approvers)
    if not policy.separation.not_requester:
        return people
    return [person for person in people if person.id != requester.id]


def _count(
    planned: Sequence[PlannedStage],
    asked: Sequence[Sequence[Candidate]],
    policy: Policy,
    requester: Requester,
) -> Count:
    ballots = tuple(
        Ballot(
            status=StageStatus.SKIPPED if stage.skipped else StageStatus.WAITING,
            candidates=frozenset(person.id for person in people),
            needed=stage.quorum.needed(len(people)),
        )
        for stage, people in zip(planned, asked, strict=True)
    )
    separation = policy.separation
    return Count(ballots, requester.id, separation.not_requester, separation.not_twice)


def _stage(
    request: ApprovalRequest, index: int, planned: PlannedStage, people: Sequence[Candidate], ballot: Ballot
) -> ApprovalStage:
    approvers = planned.approvers
    rule = {"role": approvers.role, "region": approvers.region, "user": approvers.user}
    return ApprovalStage(
        request=request,
        index=index,
        name=planned.name,
        status=ballot.status,
        rule=rule | {"quorum": planned.quorum.to_json()},
        needed=ballot.needed,
        candidates=[person.to_json() for person in people],
        reason=planned.reason[:400],
    )


def _store(request: ApprovalRequest, stages: Sequence[ApprovalStage], count: Count) -> None:
    opened = count.stage or 0
    request.stage = opened
    request.waiting_for = sorted(UUID(user) for user in eligible(count))
    request.save(force_insert=True)
    ApprovalStage.objects.bulk_create(stages)
    asked = [person["label"] for person in stages[opened].candidates]
    event = DomainEvent(events.APPROVAL_REQUESTED, subject_of(request), request_data(request))
    record("approval_request.open", request, after={"status": request.status, "asked": asked}, event=event)
    if request.due_at is not None:
        enqueue(WorkItemSpec(REMIND_KIND, request.id, run_at=request.due_at))


def _approved_by_policy(request: ApprovalRequest, stages: Sequence[ApprovalStage]) -> dict[str, Any]:
    """No stage applies: nobody needs to be asked, and the policy itself is on record as having decided."""
    request.save(force_insert=True)
    ApprovalStage.objects.bulk_create(stages)
    outcome = {"outcome": RequestStatus.APPROVED.value, "decided_by": "policy", "comment": "no stage applies"}
    event = DomainEvent(events.APPROVAL_DECIDED, subject_of(request), request_data(request) | outcome)
    transition(
        request, "approve", event=event, fields={"decided_at": now()}, reason="no stage of the policy applies"
    )
    return {
        "outcome": RequestStatus.APPROVED.value,
        "approval_id": str(request.id),
        "decided_by": [],
        "comment": "",
        "policy": request.policy_key,
    }


def _nobody(
    request: ApprovalRequest, planned: PlannedStage, people: Sequence[Candidate], needed: int
) -> StepError:
    approvers = planned.approvers
    who = approvers.role.replace("_", " ") if approvers.role else approvers.user
    where = f" in region {approvers.region}" if approvers.region else ""
    found = f"{len(people)} of {needed} can be asked" if people else "nobody can be asked"
    return StepError(
        "approval_without_approver",
        f"Stage “{planned.name}” asks for a decision by {who}{where}, but {found}: the requester may not decide, and "
        "nobody may approve in two stages. Give somebody the role or change the policy, then retry.",
        details={
            "stage": planned.name,
            "role": approvers.role,
            "region": approvers.region,
            "candidates": [person.label for person in people],
            "needed": needed,
            "requested_by": request.requested_by_label,
        },
    )

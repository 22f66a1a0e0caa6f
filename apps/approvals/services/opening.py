"""Open a request when a run reaches its approval step, and withdraw it when the run no longer asks."""

from datetime import datetime
from typing import Any

from apps.accounts import policies as account_policies
from apps.accounts.models import User
from apps.approvals import events
from apps.approvals.choices import RequestStatus, StageStatus
from apps.approvals.evidence import amount_in, digest
from apps.approvals.exceptions import UnknownPolicy
from apps.approvals.models import ApprovalPolicy, ApprovalRequest, ApprovalStage
from apps.approvals.policies import GRANTED_TO_CONTACTS
from apps.approvals.selectors.policies import PART, policy_numbered, published_policy
from apps.approvals.selectors.standing import people_waited_for
from apps.approvals.services.asking import Asks, Question, whom_to_ask
from apps.approvals.services.clocks import start_clock
from apps.approvals.services.contacts import tell_outcome
from apps.approvals.services.stage_rows import nobody_error, stage_rows
from apps.approvals.services.telling import request_data
from apps.approvals.types import Asking, Requester, read_people
from apps.core.clock import now
from apps.core.errors import DomainError
from apps.core.expressions import ExpressionError
from apps.core.rows import insert_rows
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
    question = question_of(effect, context)
    try:
        row, definition = _policy_of(effect.policy, context)
        asks = whom_to_ask(definition, question)
    except DomainError as error:
        problems = [problem.to_json() for problem in error.errors]
        return Failed(StepError("approval_policy_unusable", error.detail, details={"errors": problems}))
    except ExpressionError as error:
        return Failed(
            StepError(
                "approval_policy_unanswerable", f"The approval policy cannot be applied: {error.message}"
            )
        )
    if asks.short is not None:
        return Failed(nobody_error(asks, asks.short, question.requester))
    request = _new_request(effect, context, question, row, definition)
    stages = stage_rows(request, asks)
    if asks.count.status == RequestStatus.APPROVED:
        return Done(_approved_by_policy(request, stages, asks))
    _store(request, stages, asks)
    return None


def question_of(effect: OpenApproval, context: RunContext) -> Question:
    """Return what a step asks, as policies are applied to it."""
    return Question(
        show=effect.show,
        subject=effect.subject,
        requester=Requester.of(effect.requested_by, context.started_by),
        preparers=read_people(effect.prepared_by),
        asking=Asking(context.run_id, context.subject),
        decides=effect.decides,
    )


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
        tell_outcome(request, request.stages.order_by("index"))


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
    question: Question,
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
        requested_by_id=question.requester.id,
        requested_by_label=question.requester.label[:200],
        prepared_by=[{"id": person.id, "label": person.label} for person in question.preparers],
        asked_about=effect.subject,
        editable=[name for name in effect.editable if name in effect.show],
        decides=list(effect.decides),
        due_at=effect.due_at,
    )


def _store(request: ApprovalRequest, stages: list[ApprovalStage], asks: Asks) -> None:
    opened = asks.count.stage or 0
    request.stage = opened
    request.waiting_for = people_waited_for(request, asks.count)
    insert_rows([request, *stages])
    start_clock(request, stages[opened])
    _let_contacts_in(request, asks)
    asked = [person["label"] for person in stages[opened].candidates]
    event = DomainEvent(events.APPROVAL_REQUESTED, subject_of(request), request_data(request))
    record("approval_request.open", request, after={"status": request.status, "asked": asked}, event=event)
    if request.due_at is not None:
        enqueue(WorkItemSpec(REMIND_KIND, request.id, run_at=request.due_at))


def _let_contacts_in(request: ApprovalRequest, asks: Asks) -> None:
    """A customer's people see and decide this request and no other."""
    ids = {person.id for asked in asks.people for person in asked.candidates if person.is_contact}
    for user in User.objects.filter(pk__in=ids) if ids else ():
        for action in GRANTED_TO_CONTACTS:
            account_policies.grant(user, action, request)


def _approved_by_policy(request: ApprovalRequest, stages: list[ApprovalStage], asks: Asks) -> dict[str, Any]:
    """Nobody needs to be asked, and the policy itself, or its rule, is on record as having decided."""
    rule = asks.plan.auto or next((stage.auto for stage in asks.plan.stages if stage.auto), None)
    request.decided_by_rule = rule.to_json() if rule else None
    insert_rows([request, *stages])
    decider = f"rule “{rule.name}”" if rule else "policy"
    comment = rule.when if rule else "no stage applies"
    outcome = {"outcome": RequestStatus.APPROVED.value, "decided_by": decider, "comment": comment}
    event = DomainEvent(events.APPROVAL_DECIDED, subject_of(request), request_data(request) | outcome)
    reason = f"approved by the {decider}: {rule.when}" if rule else "no stage of the policy applies"
    transition(request, "approve", event=event, fields={"decided_at": now()}, reason=reason)
    output: dict[str, Any] = {
        "outcome": RequestStatus.APPROVED.value,
        "approval_id": str(request.id),
        "decided_by": [],
        "comment": "",
        "policy": request.policy_key,
    }
    return output | {"rule": rule.to_json()} if rule else output

"""Try a policy on a sample before it is published: who would be asked, in what order, and why. Changes nothing."""

from dataclasses import dataclass
from typing import Any

from apps.approvals.choices import RequestStatus
from apps.approvals.models import ApprovalRequest
from apps.approvals.services.asking import Asks, Question, whom_to_ask
from apps.approvals.services.stage_rows import nobody_error
from apps.approvals.types import Asking, Requester
from apps.core.expressions import ExpressionError

ASKED, BY_RULE, NOBODY, UNANSWERABLE = "asked", "approved_by_rule", "nobody", "unanswerable"


@dataclass(frozen=True, slots=True)
class Trial:
    """What would become of the sample: ``outcome`` is asked, approved_by_rule, nobody or unanswerable.

    ``problem`` says why it could not be decided; ``rule`` is the rule that approves it (``{"name", "when"}``); ``stages``
    are in order, each with name, state (asked, skipped, approved_by_rule), reason, asked, left_out, needed, quorum, and
    in ``step_up`` why who decides must prove himself again ("": he need not).
    """

    outcome: str
    problem: str = ""
    rule: dict[str, str] | None = None
    stages: tuple[dict[str, Any], ...] = ()


def try_policy(*, definition: Any, question: Question) -> Trial:
    """Apply the definition to the sample with the people there are now. Raises Invalid for a definition that is wrong."""
    try:
        asks = whom_to_ask(definition, question)
    except ExpressionError as error:
        return Trial(UNANSWERABLE, f"{error.message} ({error.source})")
    stages = tuple(_stage(asks, index) for index in range(len(asks.people)))
    if asks.short is not None:
        return Trial(NOBODY, nobody_error(asks, asks.short, question.requester).message, stages=stages)
    if asks.count.status == RequestStatus.APPROVED:
        rule = asks.plan.auto or next((stage.auto for stage in asks.plan.stages if stage.auto), None)
        return Trial(BY_RULE, rule=rule.to_json() if rule else None, stages=stages)
    return Trial(ASKED, stages=stages)


def sample_of(request: ApprovalRequest) -> Question:
    """Return what an earlier request asked, to be tried on another policy."""
    return Question(
        show=request.show,
        subject=request.asked_about if request.asked_about is not None else request.subject,
        requester=Requester(request.requested_by_id, request.requested_by_label),
        preparers=tuple(Requester(person["id"], person["label"]) for person in request.prepared_by),
        asking=Asking(request.run_id, request.subject),
        decides=request.decides,
    )


def _stage(asks: Asks, index: int) -> dict[str, Any]:
    planned, asked, ballot = asks.stages()[index]
    state = ASKED if planned.is_asked else (BY_RULE if planned.auto else "skipped")
    return {
        "index": index,
        "name": planned.name,
        "state": state,
        "reason": planned.reason,
        "asks_for": planned.words() if planned.is_asked else "",
        "asked": [person.to_json() for person in asked.candidates],
        "left_out": [left.to_json() for left in asked.left_out],
        "needed": ballot.required if planned.is_asked else 0,
        "quorum": planned.quorum.to_json(),
        "reject": planned.rejection.to_json(),
        "step_up": planned.step_up,
    }

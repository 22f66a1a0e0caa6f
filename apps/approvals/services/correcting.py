"""An approver corrects what is asked before he approves it: the policy is applied to what it says then."""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from apps.approvals.answers import corrected
from apps.approvals.choices import StageStatus
from apps.approvals.evidence import amount_in, digest
from apps.approvals.exceptions import CorrectionRefused
from apps.approvals.models import ApprovalRequest, ApprovalStage
from apps.approvals.services.asking import Asks, Question, whom_to_ask
from apps.approvals.services.stage_rows import fill_stage
from apps.approvals.types import Asking, Requester
from apps.approvals.voting import Count
from apps.core.errors import DomainError
from apps.core.expressions import ExpressionError
from apps.ledger.services import record, transition

_TO_NEEDED = {StageStatus.SKIPPED: "ask", StageStatus.PASSED: "ask"}


def correct_request(
    request: ApprovalRequest,
    stages: Sequence[ApprovalStage],
    before: Count,
    changes: Mapping[str, Mapping[str, Any]],
    *,
    member: str,
) -> None:
    """Change what the request shows, and whom its later stages ask; ``member`` is whose approval follows.

    Raises CorrectionRefused where somebody has approved what it said before, where others than ``member`` would have to
    be asked now, or where nobody could be. Needs a unit of work that holds the request.
    """
    if any(ballot.approved_by for ballot in before.ballots):
        _refuse("approved_as_it_was", "Somebody has approved this as it stands. Request the change instead.")
    at = before.stage or 0
    show = corrected(request.show, changes)
    asks = _asks(request, show)
    if asks.plan.auto is not None or not _same_route(asks, stages, at, member):
        _refuse(
            "others_to_ask",
            "With these values the policy asks other people than you now. Request the change instead.",
        )
    if asks.short is not None:
        name = asks.plan.stages[asks.short].name
        _refuse("nobody_to_ask", f"With these values nobody could decide stage “{name}”.")
    _write(request, show)
    for index, (planned, asked, ballot) in enumerate(asks.stages()):
        stage = stages[index]
        if index < at:
            continue
        fill_stage(stage, planned, asked, ballot)
        stage.save(
            update_fields=[
                "rule",
                "needed",
                "candidates",
                "left_out",
                "mandatory",
                "parts",
                "decided_by_rule",
                "reason",
            ]
        )
        if index > at:
            _settle_later(stage, str(ballot.status))


def _asks(request: ApprovalRequest, show: Mapping[str, Any]) -> Asks:
    question = Question(
        show=show,
        subject=request.asked_about,
        requester=Requester(request.requested_by_id, request.requested_by_label),
        preparers=tuple(Requester(person["id"], person["label"]) for person in request.prepared_by),
        asking=Asking(request.run_id, request.subject),
        decides=request.decides,
    )
    try:
        return whom_to_ask(request.policy_definition, question)
    except ExpressionError as error:
        _refuse("not_applicable", f"With these values the policy cannot be applied: {error.message}")
    except DomainError as error:
        _refuse("not_applicable", error.detail)


def _same_route(asks: Asks, stages: Sequence[ApprovalStage], at: int, member: str) -> bool:
    """Whether the stages before stay as they are, and the voter is still asked in this one."""
    if any(planned.is_asked for planned in asks.plan.stages[:at]) or not asks.plan.stages[at].is_asked:
        return False
    return any(person.id == member for person in asks.people[at].candidates)


def _write(request: ApprovalRequest, show: dict[str, Any]) -> None:
    money = amount_in(show)
    before = {"show_hash": request.show_hash}
    request.show, request.show_hash = show, digest(show)
    request.amount, request.currency = (money.amount, money.currency) if money else (None, "")
    request.save(update_fields=["show", "show_hash", "amount", "currency"])
    record("approval_request.correct", request, before=before, after={"show_hash": request.show_hash})


def _settle_later(stage: ApprovalStage, wanted: str) -> None:
    """Bring a stage that has not begun to where the plan has it now."""
    if stage.status == wanted:
        return
    if stage.status in _TO_NEEDED:
        transition(stage, "ask")
    if wanted != StageStatus.WAITING:
        transition(stage, "skip" if wanted == StageStatus.SKIPPED else "pass")


def _refuse(code: str, detail: str) -> NoReturn:
    raise CorrectionRefused(code, detail)

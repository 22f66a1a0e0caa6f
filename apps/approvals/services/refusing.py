"""Say why a vote does not count."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from apps.approvals.exceptions import (
    AlreadyDecided,
    ApprovalClosed,
    CannotAbstain,
    CorrectionRefused,
    NotAnApprover,
)
from apps.approvals.models import ApprovalRequest, ApprovalStage, Decision
from apps.approvals.services.telling import decision_json
from apps.approvals.voting import Refusal

_WORDS = {
    Refusal.PREPARER: ("prepared_it", "You prepared this, so somebody else has to decide it."),
    Refusal.TWICE: (
        "approved_before",
        "You approved an earlier stage of this; somebody else has to decide this one.",
    ),
    Refusal.RESERVED: (
        "needed_later",
        "A later stage needs your decision; somebody else has to decide this one.",
    ),
}
_FOR_OTHERS = {
    Refusal.REQUESTER: (
        "own_request",
        "You or the person you act for asked for this, so somebody else has to decide it.",
    ),
    Refusal.PREPARER: (
        "prepared_it",
        "You or the person you act for prepared this, so somebody else has to decide it.",
    ),
    Refusal.TWICE: (
        "approved_before",
        "You or the person you act for had a part in an earlier stage; somebody else has to decide this one.",
    ),
    Refusal.RESERVED: (
        "needed_later",
        "Your own decision is needed for this as well, so somebody else has to act for the other person.",
    ),
}
_OUTSIDE = ("not_an_approver", "Your decision is not needed here, so it was not taken.")
_NOT_THESE_VALUES = "It cannot be approved with these values. Request the change instead."
_LEFT = (
    "no_longer_an_approver",
    "You are not among those who decide this any more, so your decision was not taken. Others are asked.",
)


def refuse(
    request: ApprovalRequest,
    stages: Sequence[ApprovalStage],
    user_id: str,
    member: str,
    refusal: Refusal,
    *,
    left: bool = False,
    outside: bool = False,
) -> NoReturn:
    """Raise what a refused vote is answered with. ``left``: who casts it was asked, and is not any more. ``outside``: he
    is a customer's, who is told nothing of others.
    """
    if refusal is Refusal.CLOSED:
        at = request.decided_at or request.created_at
        rows = request.decisions.select_related("stage").order_by("id")
        decisions = [decision_json(row) for row in rows if not outside or str(row.user_id) == user_id]
        raise ApprovalClosed(str(request.status), at.isoformat(timespec="seconds"), decisions)
    if refusal is Refusal.ALREADY:
        held = _held(request, {user_id, member})
        raise AlreadyDecided(held.outcome, held.created_at.isoformat(timespec="seconds"), _by(held, user_id))
    if refusal is Refusal.NEEDED:
        raise CannotAbstain
    if left:
        raise NotAnApprover(*_LEFT)
    if outside:
        raise NotAnApprover(*_OUTSIDE)
    raise NotAnApprover(*_why_not(request, stages, user_id, member, refusal))


@contextmanager
def corrections_told(*, outside: bool) -> Iterator[None]:
    """Have a correction that is refused name neither stages nor the policy to a customer's people."""
    try:
        yield
    except CorrectionRefused as error:
        if outside:
            raise CorrectionRefused(error.code, _NOT_THESE_VALUES) from None
        raise


def _held(request: ApprovalRequest, people: set[str]) -> Decision:
    rows = request.decisions.order_by("-id")
    mine = [row for row in rows if str(row.user_id) in people or (row.on_behalf_of or {}).get("id") in people]
    return mine[0]


def _by(decision: Decision, user_id: str) -> str:
    """Who cast the vote, where it was not the reader himself."""
    return "" if str(decision.user_id) == user_id else decision.user_label


def _why_not(
    request: ApprovalRequest,
    stages: Sequence[ApprovalStage],
    user_id: str,
    member: str,
    refusal: Refusal,
) -> tuple[str, str]:
    if user_id != member and refusal in _FOR_OTHERS:
        return _FOR_OTHERS[refusal]
    if refusal is Refusal.REQUESTER or (user_id and user_id == request.requested_by_id):
        return "own_request", "You asked for this, so somebody else has to decide it."
    if refusal in _WORDS:
        return _WORDS[refusal]
    stage = stages[request.stage]
    own = next((left["reason"] for left in stage.left_out if left["id"] == member), "")
    if own:
        return "not_an_approver", f"You are not asked here: the policy notes “{own}”."
    names = ", ".join(person["label"] for person in stage.candidates)
    return "not_an_approver", f"This waits for a decision of {names}."

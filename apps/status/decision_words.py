"""What a customer reads about a decision: nothing of policies, of internal steps, or of who is asked inside."""

from typing import Any

from apps.approvals.choices import DecisionOutcome, RequestStatus
from apps.approvals.models import ApprovalRequest
from apps.core.data_words import capital, joined
from apps.core.errors import DomainError
from apps.delivery.choices import Audience
from apps.workflows.engine.definition import ApprovalStep, Definition, ReturnTo, Step

STATES = {
    RequestStatus.OPEN: ("Waiting for a decision", "warning"),
    RequestStatus.APPROVED: ("Approved", "success"),
    RequestStatus.REJECTED: ("Rejected", "danger"),
    RequestStatus.CHANGES: ("Sent back for changes", "info"),
    RequestStatus.CANCELLED: ("No longer needed", "neutral"),
}
DONE = {
    DecisionOutcome.APPROVED: "You approved this.",
    DecisionOutcome.REJECTED: "You rejected this.",
    DecisionOutcome.CHANGES: "You asked for changes.",
    DecisionOutcome.ABSTAINED: "You abstained.",
}
_ENDED = {
    RequestStatus.APPROVED: "It has been approved.",
    RequestStatus.REJECTED: "It has been rejected.",
    RequestStatus.CHANGES: "It has been sent back for changes.",
    RequestStatus.CANCELLED: "Nobody needs to decide this any more: it was withdrawn.",
}
CODE_NEEDED = "Ask for a code below and enter it, so that we know that it is you."
CODE_SENT = "We have sent you a code. Nothing has been decided so far."
_REFUSED = {
    "step_up_required": CODE_NEEDED,
    "stale_view": "What is asked has changed since you opened it. Please look at it again, then decide.",
    "no_longer_an_approver": "You are not asked any more, so your decision was not taken.",
    "not_an_approver": "Your decision is not needed here, so it was not taken.",
    "own_request": "You asked for this yourself, so somebody else has to decide it.",
    "prepared_it": "You prepared this yourself, so somebody else has to decide it.",
    "approved_before": "You have approved this before; somebody else has to decide now.",
    "needed_later": "Your decision is needed later on; somebody else decides now.",
    "already_decided": "You have decided this already, and that decision stands.",
    "cannot_abstain": "It cannot be decided without you. Please approve it, reject it or ask for changes.",
    "approved_as_it_was": "Somebody has approved it with these values already. Please ask for changes instead.",
}
_CORRECTION = "It cannot be approved with these values. Please ask for changes instead."
_OTHERWISE = "Your decision could not be taken. Please look at it again."
_CORRECTIONS = frozenset({"others_to_ask", "nobody_to_ask", "not_applicable"})


def refused_words(error: DomainError, request: ApprovalRequest) -> str:
    """Say why a decision was not taken, without what only the provider's people may know."""
    if error.code == "approval_closed":
        return f"{ended_words(request)} Your decision was not taken, and nothing was changed."
    if error.code in _CORRECTIONS:
        return _CORRECTION
    return _REFUSED.get(error.code, _OTHERWISE)


def ended_words(request: ApprovalRequest) -> str:
    """Say how a request ended; "" for an open one."""
    return _ENDED.get(RequestStatus(request.status), "")


def after_yes(
    team: str, following: Step | None, *, missing: int, later: list[str], later_inside: bool
) -> str:
    """Say what follows a yes: ``missing`` more are needed, then ``later`` people or the team decide, then a step comes."""
    if missing > 0:
        return "It counts once the others who are needed have agreed as well."
    if later:
        return f"Then {joined(later)} decide{'s' if len(later) == 1 else ''} as well."
    if later_inside:
        return f"Then {team} decides as well."
    if following is not None and following.audience == Audience.CUSTOMER:
        return f"We go on with “{following.name}”."
    return "We go on with it."


def after_no(team: str, step: ApprovalStep | None, definition: Definition) -> str:
    """Say what follows a rejection."""
    return _reaction(team, step.on_reject if step else None, definition, "your reason")


def after_changes(team: str, reaction: Any, definition: Definition) -> str:
    """Say what follows a request for changes."""
    return _reaction(team, reaction, definition, "your remarks")


def _reaction(team: str, reaction: Any, definition: Definition, words: str) -> str:
    match reaction:
        case ReturnTo(step=target):
            named = _named(definition.step(target))
            return f"We go back to {named}, with {words}." if named else f"We work on it again, with {words}."
        case "end":
            return f"We do not go on with it; {team} gets {words}."
        case "continue":
            return f"We go on without it; {team} gets {words}."
        case tuple() as steps if steps and (named := _named(steps[0])):
            return f"We go on with {named}, with {words}."
    return f"{capital(team)} gets {words} and comes back to you."


def _named(step: Step) -> str:
    return f"“{step.name}”" if step.audience == Audience.CUSTOMER else ""

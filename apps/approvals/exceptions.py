"""Errors of approvals; each has a stable code and says who or what stands in the way."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound, Problem


class UnknownRequest(NotFound):
    def __init__(self) -> None:
        super().__init__("not_found", "There is no such approval.")


class UnknownPolicy(NotFound):
    def __init__(self) -> None:
        super().__init__("not_found", "There is no such approval policy.")


class ApprovalClosed(Conflict):
    """Somebody was quicker, or nobody is asked any more. ``decisions`` is who decided what, and when."""

    def __init__(self, status: str, closed_at: str, decisions: Sequence[dict[str, str]]) -> None:
        who = ", ".join(decision["by"] for decision in decisions)
        by = f" by {who}" if who else ""
        detail = f"This approval is {status} already{by}, since {closed_at}."
        super().__init__(
            "approval_closed",
            detail,
            extra={"status_now": status, "decided_at": closed_at, "decisions": list(decisions)},
        )


_DID = {
    "changes_requested": "requested changes to",
    "abstained": "abstained from",
}


class AlreadyDecided(Conflict):
    """The vote is cast; ``by`` names who cast it if it was somebody else, acting for the reader or asked by him."""

    def __init__(self, outcome: str, at: str, by: str = "") -> None:
        did = f"{by or 'You'} {_DID.get(outcome, outcome)} this already, on {at}."
        extra = {"outcome": outcome, "at": at} | ({"by": by} if by else {})
        super().__init__("already_decided", did, extra=extra)


class CannotAbstain(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "cannot_abstain",
            "Without your vote this could not be decided any more. Approve it, reject it or request changes.",
        )


class CorrectionRefused(Conflict):
    """A correction would change what others have approved, or whom the policy asks; ``code`` says which."""


class StaleView(Conflict):
    """What the decider saw is not what the request shows now; ``changes`` is what differs, where it is known."""

    def __init__(self, current_hash: str, changes: Sequence[dict[str, Any]] = ()) -> None:
        names = ", ".join(dict.fromkeys(str(change["field"]) for change in changes))
        what = f" ({names})" if names else ""
        super().__init__(
            "stale_view",
            f"What is asked has changed since you opened it{what}. Look at it again, then decide.",
            extra={"show_hash": current_hash, "changes": list(changes)},
        )


class NotAnApprover(Forbidden):
    """The actor's decision would not count; ``code`` says why."""


class ReasonRequired(Invalid):
    def __init__(
        self, message: str = "Say why you reject it, so that the others know what to change."
    ) -> None:
        super().__init__("reason_required", message, [Problem("/comment", message, "required")])


class PolicyNotEditable(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "policy_published", "A published policy never changes. Make a new version of it instead."
        )


class CoverageGaps(Conflict):
    """A policy was to be published that would leave gaps; ``findings`` are those of the forecast, each with its fix."""

    def __init__(self, forecast_id: UUID, days: int, findings: Sequence[dict[str, Any]]) -> None:
        self.findings = findings
        count = len(findings)
        detail = (
            f"The forecast found {count} gap{'' if count == 1 else 's'} in the next {days} days. Mend "
            f"{'it' if count == 1 else 'them'} as `findings` says, or publish without `stop_at_gaps`."
        )
        extra = {"coverage_forecast_id": str(forecast_id), "findings": list(findings)}
        super().__init__("coverage_gaps", detail, extra=extra)


class RunMovedOn(Conflict):
    def __init__(self) -> None:
        super().__init__("run_moved_on", "The run no longer waits for this approval.")


class UnknownShare(NotFound):
    def __init__(self) -> None:
        super().__init__("not_found", "There is no such link.")


class ShareOver(NotFound):
    """The link was good, and has ended."""

    status = 410
    title = "Gone"

    def __init__(self) -> None:
        super().__init__("share_over", "This link has ended. Ask whoever gave it to you for a new one.")


class NotShared(Forbidden):
    def __init__(self) -> None:
        super().__init__("evidence_not_shared", "Ask your contact for a link to the evidence.")


class BadShare(Invalid):
    def __init__(self, pointer: str, message: str) -> None:
        super().__init__("invalid_share", message, [Problem(pointer, message)])


class NotAsked(Conflict):
    def __init__(self) -> None:
        super().__init__("not_asked", "This person is not asked here, or has decided already.")


class StepUpRequired(Forbidden):
    """Who decides must first show once more who he is. ``because`` says why, ``methods`` by what he may."""

    def __init__(
        self, because: str, *, said: str = "", remedy: str = "", methods: Sequence[str] = ()
    ) -> None:
        detail = said or f"Confirm that it is you before you decide this: {because}."
        found = remedy or (
            "Give a code of your authenticator app, or use a passkey: POST …/step-up, then send the proof as 'step_up'."
        )
        super().__init__(
            "step_up_required",
            detail,
            [Problem("/step_up", detail, "step_up_required", found)],
            extra={"because": because, "methods": list(methods), "remedy": found},
        )


class PeopleRefused(Conflict):
    """Others cannot be asked like this; ``code`` and the words say why."""


class UnknownDelegation(NotFound):
    def __init__(self) -> None:
        super().__init__("not_found", "There is no such absence.")


class UnknownHandOver(NotFound):
    def __init__(self) -> None:
        super().__init__("not_found", "There is no such hand-over.")


class UnknownForecast(NotFound):
    def __init__(self) -> None:
        super().__init__("not_found", "There is no such coverage forecast.")


class UnknownFeed(NotFound):
    def __init__(self) -> None:
        super().__init__("not_found", "There is no such calendar.")


class DelegationOver(Conflict):
    def __init__(self) -> None:
        super().__init__("delegation_over", "This absence is over already.")


class DelegationRefused(Conflict):
    """It would close a ring, or make too long a chain; ``people`` is everybody along it by name."""

    def __init__(self, kind: str, people: Sequence[str]) -> None:
        way = " \N{RIGHTWARDS ARROW} ".join(people)
        if kind == "ring":
            detail = (
                f"Nobody would be left to decide: {way}. Choose somebody else, or end one of these absences."
            )
        else:
            detail = (
                f"This would pass decisions on more than three times: {way}. Name the last of them directly."
            )
        super().__init__(f"delegation_{kind}", detail, extra={"people": list(people)})


def invalid_delegation(pointer: str, message: str, code: str) -> Invalid:
    """Return what to raise for an absence that cannot be like this."""
    return Invalid(
        "invalid_delegation", "The absence cannot be like this.", [Problem(pointer, message, code)]
    )

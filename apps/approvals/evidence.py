"""What was shown and what was decided on it, in the one form that is hashed and kept. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from apps.approvals.choices import DecisionOutcome
from apps.approvals.documents import ShownDocument
from apps.approvals.models import ApprovalRequest, ApprovalStage, Decision, StepUpProof
from apps.core.canonical import canonical_json, digest
from apps.core.errors import Invalid
from apps.core.money import Money

__all__ = [
    "amount_in",
    "canonical_json",
    "decision_record",
    "digest",
    "shown_view",
    "time_words",
    "with_proof",
]

FORMAT = 1


def shown_view(
    request: ApprovalRequest, stage: ApprovalStage, documents: Sequence[ShownDocument]
) -> dict[str, Any]:
    """Return all that whoever decides is shown to decide on; ``digest`` of it says whether it is still the same.

    What may change without changing what is decided (deadline, who else is asked, how many have agreed) is no part.
    """
    return {
        "format": FORMAT,
        "approval": str(request.id),
        "title": request.title,
        "about": request.about,
        "subject": request.subject,
        "requested_by": {"id": request.requested_by_id, "label": request.requested_by_label},
        "requested_at": time_words(request.created_at),
        "show": request.show,
        "show_hash": request.show_hash,
        "documents": [document.to_json() for document in documents],
        "policy": {
            "key": request.policy_key,
            "version": request.policy_number,
            "sha256": digest(request.policy_definition),
        },
        "stage": {"index": stage.index, "name": stage.name},
        "alternatives": list(DecisionOutcome.values),
    }


def decision_record(
    decision: Decision,
    *,
    stage: ApprovalStage,
    shown: Mapping[str, Any],
    presence: Mapping[str, Any],
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return everything about a decision that has to be provable years later.

    ``presence`` says how the decider came in (``accounts.presence``); ``more`` is what further belongs to the outcome,
    such as conditions or corrected fields.
    """
    return {
        "format": FORMAT,
        "decision": str(decision.id),
        "shown": shown,
        "shown_sha256": digest(shown),
        "stage": {
            "index": stage.index,
            "name": stage.name,
            "rule": stage.rule,
            "needed": stage.needed,
            "asked": stage.candidates,
        },
        "outcome": decision.outcome,
        "comment": decision.comment,
        "decided_by": decision.actor,
        "on_behalf_of": decision.on_behalf_of,
        "decided_at": time_words(decision.created_at),
        "channel": decision.how,
        **presence,
        **(more or {}),
    }


def with_proof(presence: Mapping[str, Any], proof: StepUpProof | None) -> dict[str, Any]:
    """Return how the decider came in, with what he proved himself by for this decision."""
    if proof is None or proof.proved_at is None:
        return dict(presence)
    again = {"method": proof.method, "at": time_words(proof.proved_at), "again": True}
    return {
        **presence,
        "authenticated": [*presence.get("authenticated", ()), again],
        "step_up": {"proof": str(proof.id), "show_hash": proof.show_hash, **again},
    }


def amount_in(show: Mapping[str, Any]) -> Money | None:
    """Return the money at stake: ``show.amount``, else the first amount among what is shown, else None."""
    for value in (show.get("amount"), *show.values()):
        if isinstance(value, Mapping) and value.keys() >= {"amount", "currency"}:
            try:
                return Money.from_json(value)
            except Invalid:
                continue
    return None


def time_words(at: datetime) -> str:
    """Return a time as evidence spells it: UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

"""Events this app emits."""

from apps.ledger.events import EventType, register_event_type

APPROVAL_REQUESTED = "approval.requested"
APPROVAL_STAGE_OPENED = "approval_stage.opened"
APPROVAL_VOTED = "approval.voted"
APPROVAL_DECIDED = "approval.decided"
APPROVAL_CHANGED = "approval.changed"
APPROVAL_CANCELLED = "approval.cancelled"
POLICY_PUBLISHED = "approval_policy.published"

_TEXT = {"type": "string"}
_MONEY = {"type": ["object", "null"], "properties": {"amount": _TEXT, "currency": _TEXT}}
COMMON = {
    "approval_id": _TEXT,
    "run_id": _TEXT,
    "title": _TEXT,
    "about": _TEXT,
    "subject": _TEXT,
    "policy": _TEXT,
    "policy_version": {"type": ["integer", "null"]},
    "stage": {"type": "integer"},
    "requested_by": _TEXT,
    "amount": _MONEY,
    "due_at": {"type": ["string", "null"], "format": "date-time"},
    "show_hash": _TEXT,
}
_DECISION = {
    "outcome": {"enum": ["approved", "rejected", "changes_requested", "abstained"]},
    "decided_by": _TEXT,
    "on_behalf_of": _TEXT,
    "comment": _TEXT,
}
REQUIRED = ["approval_id", "run_id", "title"]


def register() -> None:
    """Add this app's events to the catalogue."""
    plain = {"type": "object", "required": REQUIRED, "properties": COMMON}
    decided = {"type": "object", "required": [*REQUIRED, "outcome"], "properties": {**COMMON, **_DECISION}}
    policy = {
        "type": "object",
        "required": ["policy", "policy_version"],
        "properties": {"policy": _TEXT, "policy_version": {"type": "integer"}},
    }
    for name, description, schema in (
        (APPROVAL_REQUESTED, "People were asked to approve something.", plain),
        (APPROVAL_STAGE_OPENED, "The next stage of an approval waits for its people.", plain),
        (APPROVAL_VOTED, "Somebody has voted, and the approval is still open.", decided),
        (APPROVAL_CHANGED, "Other people are asked to approve than before.", plain),
        (APPROVAL_DECIDED, "An approval is over: approved, rejected or sent back for changes.", decided),
        (APPROVAL_CANCELLED, "An approval is no longer needed.", plain),
        (
            POLICY_PUBLISHED,
            "A version of an approval policy is now the one that new requests follow.",
            policy,
        ),
    ):
        register_event_type(EventType(name, description, schema))

"""Events about who is asked: absences, escalation, changes of people, hand-overs, coverage."""

from typing import Any

from apps.approvals.events import COMMON, REQUIRED
from apps.ledger.events import EventType, register_event_type

DELEGATION_CREATED = "delegation.created"
DELEGATION_ENDED = "delegation.ended"
HAND_OVER_FINISHED = "hand_over.finished"
APPROVAL_PEOPLE_CHANGED = "approval.people_changed"
APPROVAL_ESCALATED = "approval.escalated"
APPROVAL_RECALLED = "approval.recalled"
COVERAGE_FORECAST = "coverage.forecast"

_TEXT = {"type": "string"}
_NUMBER = {"type": "integer"}
_PEOPLE = {"type": "array", "items": _TEXT}
_DELEGATION = {
    "delegation_id": _TEXT,
    "user_id": _TEXT,
    "deputy_id": {"type": ["string", "null"]},
    "begins_at": {"type": "string", "format": "date-time"},
    "ends_at": {"type": ["string", "null"], "format": "date-time"},
    "policies": {"type": "array", "items": _TEXT},
}
_HAND_OVER = {
    "hand_over_id": _TEXT,
    "from_user_id": _TEXT,
    "to_user_id": _TEXT,
    "total": _NUMBER,
    "counts": {"type": "object"},
    "reason": _TEXT,
}
_COVERAGE = {"coverage_forecast_id": _TEXT, "checked": _NUMBER, "findings": _NUMBER, "grave": _NUMBER}
_CHANGED = {"added": _PEOPLE, "removed": _PEOPLE, "by": _TEXT}
_ESCALATED = {"step": _TEXT, "added": _PEOPLE, "removed": _PEOPLE}


def register() -> None:
    """Add these events to the catalogue."""
    for name, description, properties, required in (
        (
            DELEGATION_CREATED,
            "Somebody will be away, or is, and another decides for him.",
            _DELEGATION,
            ["delegation_id", "user_id"],
        ),
        (
            DELEGATION_ENDED,
            "Somebody decides for himself again, sooner than planned.",
            _DELEGATION,
            ["delegation_id", "user_id"],
        ),
        (
            HAND_OVER_FINISHED,
            "What somebody held was given to somebody else.",
            _HAND_OVER,
            ["hand_over_id", "from_user_id", "to_user_id", "total"],
        ),
        (
            COVERAGE_FORECAST,
            "Whether there will be somebody for the approvals of the coming days.",
            _COVERAGE,
            ["coverage_forecast_id", "checked", "findings", "grave"],
        ),
        (
            APPROVAL_PEOPLE_CHANGED,
            "Other people are asked, because somebody passed it on or asked more.",
            {**COMMON, **_CHANGED},
            REQUIRED,
        ),
        (
            APPROVAL_ESCALATED,
            "An approval has waited too long, and a step of its policy was taken.",
            {**COMMON, **_ESCALATED},
            [*REQUIRED, "step"],
        ),
        (
            APPROVAL_RECALLED,
            "Who asked for an approval has taken the question back.",
            dict(COMMON),
            REQUIRED,
        ),
    ):
        schema: dict[str, Any] = {"type": "object", "required": required, "properties": properties}
        register_event_type(EventType(name, description, schema))

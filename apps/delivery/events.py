"""The facts delivery tells, with the JSON Schema of each one's data."""

from collections.abc import Mapping
from typing import Any

from apps.ledger.events import EventType

_TEXT = {"type": "string"}
_ID = {"type": "string", "format": "uuid"}
_TIME = {"type": "string", "format": "date-time"}
_DATE_OR_NULL = {"type": ["string", "null"], "format": "date"}
_TEXT_OR_NULL = {"type": ["string", "null"]}
MONEY_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["amount", "currency"],
    "properties": {
        "amount": {"type": "string", "pattern": r"^\d{1,12}(\.\d{1,2})?$"},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
    },
}


def _object(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": {**required, **(optional or {})}}


_LINE = {"type": "string", "minLength": 1, "maxLength": 200}
_CONTACT = _object(
    {"name": _LINE, "email": {"type": "string", "format": "email", "pattern": "^[^@ ]+@[^@ ]+$"}}
)
_CUSTOMER = _object(
    {
        "external_id": {"type": "string", "minLength": 1, "maxLength": 80},
        "name": _LINE,
        "country": {"type": "string", "pattern": "^[A-Z]{2}$"},
        "contacts": {"type": "array", "minItems": 1, "maxItems": 50, "items": _CONTACT},
    },
    {"language": {"type": "string", "maxLength": 12}},
)
_SIGNED_DOCUMENT = _object(
    {"kind": {"type": "string", "maxLength": 40}, "name": _LINE},
    {"reference": {"type": ["string", "null"], "maxLength": 500}, "valid_until": _DATE_OR_NULL},
)
_PLANNED_MILESTONE = _object(
    {"name": _LINE, "amount": MONEY_SCHEMA},
    {"due": _DATE_OR_NULL, "key": {"type": "string", "maxLength": 60}},
)
_PURCHASE_ORDER = _object(
    {}, {"number": {"type": ["string", "null"], "maxLength": 80}, "valid_until": _DATE_OR_NULL}
)

CONTRACT_SCHEMA: Mapping[str, Any] = _object(
    {
        "contract_id": {"type": "string", "minLength": 1, "maxLength": 120},
        "title": {"type": "string", "minLength": 1, "maxLength": 240},
        "customer": _CUSTOMER,
        "amount": MONEY_SCHEMA,
        "region": {"type": "string", "minLength": 1, "maxLength": 40},
        "signed_at": _TIME,
        "documents": {"type": "array", "maxItems": 50, "items": _SIGNED_DOCUMENT},
    },
    {
        "start_date": _DATE_OR_NULL,
        "purchase_order": _PURCHASE_ORDER,
        "milestones": {"type": "array", "maxItems": 20, "items": _PLANNED_MILESTONE},
    },
)

_DEAL = {"deal_id": _ID, "contract_id": _TEXT}
_PROJECT = {"project_id": _ID, "deal_id": _ID, "name": _TEXT}
_MILESTONE = {
    "milestone_id": _ID,
    "project_id": _ID,
    "deal_id": _ID,
    "key": _TEXT,
    "title": _TEXT,
    "sequence": {"type": "integer"},
    "amount": MONEY_SCHEMA,
}
_PREDICATES = {
    "type": "array",
    "items": _object({"id": _TEXT, "question": _TEXT, "passed": {"type": "boolean"}, "explanation": _TEXT}),
}
_CHANGED = _object({"status": _TEXT, "was": _TEXT})

CONTRACT_SIGNED = EventType(
    "contract.signed", "A customer has signed a contract; told by the e-signature system.", CONTRACT_SCHEMA
)
DEAL_REGISTERED = EventType(
    "deal.registered", "A signed contract was entered as a deal.", _object({**_DEAL, "amount": MONEY_SCHEMA})
)
DEAL_CLOSED = EventType(
    "deal.closed",
    "A deal is over: completed, rejected or cancelled.",
    _object({**_DEAL, "status": _TEXT}),
)
DOCUMENT_REQUESTED = EventType(
    "document.requested",
    "A document the deal needs is missing or no longer valid.",
    _object({"requirement_id": _ID, "deal_id": _ID, "kind": _TEXT, "title": _TEXT, "status": _TEXT}),
)
DOCUMENT_RECEIVED = EventType(
    "document.received",
    "A document the deal needs has come in.",
    _object(
        {"document_id": _ID, "requirement_id": _ID, "deal_id": _ID, "kind": _TEXT, "name": _TEXT},
        {"valid_until": _DATE_OR_NULL},
    ),
)
STAFFING_REQUESTED = EventType(
    "staffing.requested",
    "People were asked for to deliver a deal.",
    _object(
        {
            "staffing_request_id": _ID,
            "deal_id": _ID,
            "region": _TEXT,
            "tier": _TEXT,
            "roles": {"type": "array"},
        }
    ),
)
STAFFING_DECIDED = EventType(
    "staffing.decided",
    "A staffing request was approved, rejected or withdrawn.",
    _object({"staffing_request_id": _ID, "deal_id": _ID, "outcome": _TEXT}, {"comment": _TEXT}),
)
PROJECT_CREATED = EventType(
    "project.created",
    "A project with its milestones exists and is being prepared.",
    _object(
        {
            **_PROJECT,
            "milestones": {"type": "array", "items": _object({"id": _ID, "key": _TEXT, "title": _TEXT})},
        }
    ),
)
PROJECT_STARTED = EventType(
    "project.started", "A project is staffed, set up and under way.", _object(_PROJECT)
)
PROJECT_COMPLETED = EventType("project.completed", "The last milestone was accepted.", _object(_PROJECT))
PROJECT_CANCELLED = EventType("project.cancelled", "A project was called off.", _object(_PROJECT))
MILESTONE_STARTED = EventType("milestone.started", "Work on a milestone has begun.", _object(_MILESTONE))
MILESTONE_COMPLETED = EventType(
    "milestone.completed",
    "The delivery manager says a milestone is done; the customer is asked to accept it.",
    _object({**_MILESTONE, "completed_at": _TIME, "completed_by": _TEXT}),
)
MILESTONE_ACCEPTED = EventType(
    "milestone.accepted",
    "The customer has accepted a milestone.",
    _object({**_MILESTONE, "accepted_at": _TIME, "accepted_by": _TEXT}),
)
MILESTONE_SENT_BACK = EventType(
    "milestone.sent_back",
    "The customer did not accept a milestone and said why.",
    _object({**_MILESTONE, "reason": _TEXT}),
)
BILLING_READY = EventType(
    "billing.ready",
    "Everything an invoice for a milestone needs is there.",
    _object({**_MILESTONE, "predicates": _PREDICATES}),
)
BILLING_BLOCKED = EventType(
    "billing.blocked",
    "Something an invoice for a milestone needs is not there; the predicates say what.",
    _object({**_MILESTONE, "predicates": _PREDICATES}),
)
INVOICE_REQUESTED = EventType(
    "invoice.requested",
    "The invoice for a milestone was requested in the ERP.",
    _object({**_MILESTONE, "invoice_id": _TEXT}, {"invoice_number": _TEXT_OR_NULL}),
)

_NOUNS_CHANGED = {
    "deal": "deal",
    "document_requirement": "document requirement",
    "staffing_request": "staffing request",
    "project": "project",
    "milestone": "milestone",
    "billing_readiness": "billing readiness",
}

EVENT_TYPES = (
    CONTRACT_SIGNED,
    DEAL_REGISTERED,
    DEAL_CLOSED,
    DOCUMENT_REQUESTED,
    DOCUMENT_RECEIVED,
    STAFFING_REQUESTED,
    STAFFING_DECIDED,
    PROJECT_CREATED,
    PROJECT_STARTED,
    PROJECT_COMPLETED,
    PROJECT_CANCELLED,
    MILESTONE_STARTED,
    MILESTONE_COMPLETED,
    MILESTONE_ACCEPTED,
    MILESTONE_SENT_BACK,
    BILLING_READY,
    BILLING_BLOCKED,
    INVOICE_REQUESTED,
    *(
        EventType(f"{noun}.changed", f"The status of a {words} changed.", _CHANGED)
        for noun, words in _NOUNS_CHANGED.items()
    ),
)

"""Facts for the checks of workflow templates: read-only, fresh at every visit."""

from typing import Any
from uuid import UUID

from apps.core.errors import Invalid, Problem
from apps.delivery.readiness import check_readiness
from apps.delivery.selectors import billing_facts, document_facts
from apps.delivery.types import BillingFacts
from apps.workflows.steps import register_facts

Json = dict[str, Any]
_ID = {"type": "string", "format": "uuid"}


def register() -> None:
    """Offer the facts to templates."""
    register_facts(
        "delivery.documents",
        documents,
        description="For every document of a deal whether it is present, expired, valid; missing in words.",
        input_schema={"type": "object", "required": ["deal_id"], "properties": {"deal_id": _ID}},
    )
    register_facts(
        "delivery.billing",
        billing,
        description="The predicates of billing a milestone, each with its explanation; time and purchase_order are "
        "what the PSA and the ERP answered, null where they did not; order_error is the code of the ERP's refusal.",
        input_schema={
            "type": "object",
            "required": ["milestone_id"],
            "properties": {
                "milestone_id": _ID,
                "time": {"type": ["object", "null"]},
                "purchase_order": {"type": ["object", "null"]},
                "order_error": {"type": "string"},
            },
        },
    )


def documents(data: Json) -> Json:
    """``{"documents": {kind: {present, expired, valid, ...}}, "complete": bool, "missing": text}``."""
    return document_facts(read_id(data, "deal_id"))


def billing(data: Json) -> Json:
    """Each predicate as a boolean, ``explanations`` in words, ``ready`` if all passed, and the predicates as they are."""
    predicates = check_readiness(read_billing(data))
    return {
        **{predicate.id: predicate.passed for predicate in predicates},
        "ready": all(predicate.passed for predicate in predicates),
        "explanations": {predicate.id: predicate.explanation for predicate in predicates},
        "blocked_by": " ".join(predicate.explanation for predicate in predicates if not predicate.passed),
        "predicates": [predicate.to_json() for predicate in predicates],
    }


def read_billing(data: Json) -> BillingFacts:
    """Return the facts about the milestone of the input, with what the systems of record answered."""
    return billing_facts(
        read_id(data, "milestone_id"),
        time=data.get("time"),
        purchase_order=data.get("purchase_order"),
        order_error=str(data.get("order_error") or ""),
    )


def read_id(data: Json, name: str) -> UUID:
    """Return the id of that name in the input; raise Invalid."""
    try:
        return UUID(str(data[name]))
    except (KeyError, ValueError) as error:
        problem = Problem(f"/{name}", "Give the id as a UUID.", "invalid_id")
        raise Invalid("invalid_input", f"The input needs {name}.", [problem]) from error

"""Operations that workflow templates call with ``connection: internal``; each runs in the run's own transaction."""

from collections.abc import Callable
from typing import Any

from apps.core.actor import Actor
from apps.core.clock import now
from apps.delivery.events import CONTRACT_SCHEMA
from apps.delivery.handlers.facts import read_billing, read_id
from apps.delivery.models import Deal
from apps.delivery.readiness import check_readiness
from apps.delivery.selectors import billing_terms
from apps.delivery.services.billing import record_invoice, record_readiness
from apps.delivery.services.customers import record_erp_customer
from apps.delivery.services.deals import close_deal, register_contract, request_documents
from apps.delivery.services.projects import cancel_project, open_project, record_psa_project, start_project
from apps.delivery.services.staffing import decide_staffing, request_staffing
from apps.delivery.summary import missing_words
from apps.workflows.steps import RunContext, register_operation

Json = dict[str, Any]
_ID = {"type": "string", "format": "uuid"}
_TEXT = {"type": "string"}
_OBJECTS = {"type": "array", "items": {"type": "object"}}


def register() -> None:
    """Offer the operations to templates."""
    for name, function, required, optional in _OPERATIONS:
        register_operation(
            f"delivery.{name}",
            function,
            description=(function.__doc__ or "").split("\n")[0],
            input_schema={
                "type": "object",
                "required": list(required),
                "properties": {**required, **optional},
            },
        )


def register_deal(data: Json, context: RunContext) -> Json:
    """Enter a signed contract: customer, contacts, deal, and the documents it needs."""
    deal = register_contract(contract=data["contract"], run_id=context.run_id, actor=_actor(context))
    unmet = request_documents(deal)
    return {
        "deal_id": str(deal.id),
        "contract_id": deal.contract_id,
        "title": deal.title,
        "customer_id": str(deal.customer_id),
        "customer": deal.customer.name,
        "customer_external_id": deal.customer.external_id,
        "country": deal.customer.country,
        "erp_customer_id": deal.customer.erp_id,
        "contacts": [
            {"name": item.name, "email": item.email} for item in deal.customer.contacts.order_by("id")
        ],
        "amount": deal.money.to_json(),
        "region": deal.region,
        "manager": _manager(deal),
        "missing_documents": [item.title for item in unmet],
        "missing_words": ", ".join(missing_words(item, now().date()) for item in unmet),
    }


def cancel_deal(data: Json, context: RunContext) -> Json:
    """Call a deal off that is not over."""
    return _closed(data, context, "cancel")


def reject_deal(data: Json, context: RunContext) -> Json:
    """Turn a deal down that is not being delivered yet."""
    return _closed(data, context, "reject")


def request_team(data: Json, context: RunContext) -> Json:
    """Ask for people to deliver a deal, in the name of its manager."""
    request = request_staffing(
        deal_id=read_id(data, "deal_id"),
        tier=str(data["tier"]),
        roles=data["roles"],
        note=str(data.get("note") or ""),
        actor=_actor(context),
    )
    return {
        "staffing_request_id": str(request.id),
        "region": request.region,
        "tier": request.tier,
        "roles": request.roles,
        "team": ", ".join(f"{entry['count']} × {entry['role'].replace('_', ' ')}" for entry in request.roles),
        "note": request.note,
        "requested_by": {"id": str(request.requested_by_id or ""), "label": request.requested_by_label},
    }


def approve_team(data: Json, context: RunContext) -> Json:
    """Record that the people asked for were approved."""
    return _decided(data, context, "approve")


def reject_team(data: Json, context: RunContext) -> Json:
    """Record that the people asked for were refused."""
    return _decided(data, context, "reject")


def open_delivery(data: Json, context: RunContext) -> Json:
    """Create the deal's project with its milestones, visible to the customer's contacts."""
    project = open_project(
        deal_id=read_id(data, "deal_id"),
        tier=str(data["tier"]),
        plan=data.get("plan") or [],
        contracted=data.get("contracted") or [],
        actor=_actor(context),
    )
    milestones = [
        {"id": str(item.id), "key": item.key, "title": item.title, "amount": item.money.to_json()}
        for item in project.milestones.order_by("sequence")
    ]
    return {
        "project_id": str(project.id),
        "name": project.name,
        "milestones": milestones,
        "first_milestone_id": milestones[0]["id"],
    }


def cancel_delivery(data: Json, context: RunContext) -> Json:
    """Call a project off, with its open milestones and staffing requests."""
    reason = str(data.get("reason") or "The run was rolled back")
    project = cancel_project(project_id=read_id(data, "project_id"), reason=reason, actor=_actor(context))
    return {"project_id": str(project.id), "status": project.status}


def start_delivery(data: Json, context: RunContext) -> Json:
    """Begin the work: the project and its first milestone become active."""
    project = start_project(project_id=read_id(data, "project_id"), actor=_actor(context))
    return {"project_id": str(project.id), "status": project.status}


def link_psa_project(data: Json, context: RunContext) -> Json:
    """Note the project's id in the PSA."""
    psa_id = str(data.get("psa_id") or "")
    project = record_psa_project(project_id=read_id(data, "project_id"), psa_id=psa_id, actor=_actor(context))
    return {"project_id": str(project.id), "psa_id": project.psa_id}


def link_erp_customer(data: Json, context: RunContext) -> Json:
    """Note the customer's id in the ERP."""
    erp_id = str(data.get("erp_id") or "")
    customer = record_erp_customer(
        customer_id=read_id(data, "customer_id"), erp_id=erp_id, actor=_actor(context)
    )
    return {"customer_id": str(customer.id), "erp_id": customer.erp_id}


def read_billing_terms(data: Json, _context: RunContext) -> Json:
    """Look up with what the PSA and the ERP have to be asked before a milestone is billed."""
    return billing_terms(read_id(data, "milestone_id"))


def settle_readiness(data: Json, context: RunContext) -> Json:
    """Check whether a milestone may be billed, and keep every predicate with its explanation."""
    milestone_id = read_id(data, "milestone_id")
    evidence = {name: data.get(name) for name in ("time", "purchase_order", "order_error")}
    facts = read_billing(data)
    readiness = record_readiness(
        milestone_id=milestone_id, predicates=check_readiness(facts), evidence=evidence, actor=_actor(context)
    )
    return {"status": readiness.status, "predicates": readiness.predicates}


def note_invoice(data: Json, context: RunContext) -> Json:
    """Note the invoice that the ERP made for a milestone."""
    readiness = record_invoice(
        milestone_id=read_id(data, "milestone_id"),
        invoice_id=str(data.get("invoice_id") or ""),
        invoice_number=str(data.get("invoice_number") or ""),
        actor=_actor(context),
    )
    return {"status": readiness.status, "invoice_id": readiness.invoice_id}


def _closed(data: Json, context: RunContext, command: str) -> Json:
    deal = close_deal(
        deal_id=read_id(data, "deal_id"),
        command=command,
        reason=str(data.get("reason") or "The run was rolled back"),
        actor=_actor(context),
    )
    return {"deal_id": str(deal.id), "status": deal.status}


def _decided(data: Json, context: RunContext, command: str) -> Json:
    request = decide_staffing(
        staffing_request_id=read_id(data, "staffing_request_id"),
        command=command,
        decided_by=_names(data.get("decided_by")),
        comment=str(data.get("comment") or ""),
        actor=_actor(context),
    )
    return {"staffing_request_id": str(request.id), "status": request.status}


def _names(decided_by: Any) -> str:
    """Return who decided as one text: approvals answer with labels, or with objects that have one."""
    entries = decided_by if isinstance(decided_by, list) else [decided_by] if decided_by else []
    return ", ".join(
        str(entry.get("label", "")) if isinstance(entry, dict) else str(entry) for entry in entries
    )


def _manager(deal: Deal) -> Json | None:
    manager = deal.manager
    return {"id": str(manager.id), "name": manager.label, "email": manager.email} if manager else None


def _actor(context: RunContext) -> Actor:
    return Actor.system(context.template_name)


_Operation = tuple[str, Callable[[Json, RunContext], Json], Json, Json]
_OPERATIONS: tuple[_Operation, ...] = (
    ("register_contract", register_deal, {"contract": CONTRACT_SCHEMA}, {}),
    ("cancel_deal", cancel_deal, {"deal_id": _ID}, {"reason": _TEXT}),
    ("reject_deal", reject_deal, {"deal_id": _ID}, {"reason": _TEXT}),
    ("request_staffing", request_team, {"deal_id": _ID, "tier": _TEXT, "roles": _OBJECTS}, {"note": _TEXT}),
    ("approve_staffing", approve_team, {"staffing_request_id": _ID}, {"decided_by": {}, "comment": _TEXT}),
    ("reject_staffing", reject_team, {"staffing_request_id": _ID}, {"decided_by": {}, "comment": _TEXT}),
    (
        "open_project",
        open_delivery,
        {"deal_id": _ID, "tier": _TEXT},
        {"plan": _OBJECTS, "contracted": _OBJECTS},
    ),
    ("cancel_project", cancel_delivery, {"project_id": _ID}, {"reason": _TEXT}),
    ("start_project", start_delivery, {"project_id": _ID}, {}),
    ("record_psa_project", link_psa_project, {"project_id": _ID}, {"psa_id": _TEXT}),
    ("record_erp_customer", link_erp_customer, {"customer_id": _ID}, {"erp_id": _TEXT}),
    ("billing_terms", read_billing_terms, {"milestone_id": _ID}, {}),
    (
        "record_readiness",
        settle_readiness,
        {"milestone_id": _ID},
        {"time": {}, "purchase_order": {}, "order_error": _TEXT},
    ),
    ("record_invoice", note_invoice, {"milestone_id": _ID, "invoice_id": _TEXT}, {"invoice_number": _TEXT}),
)

"""What the billing of a milestone rests on."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.core.clock import now
from apps.delivery.contract import read_date
from apps.delivery.exceptions import not_found
from apps.delivery.models import Milestone
from apps.delivery.types import BillingFacts

_NO_SUCH_ORDER = frozenset({"not_found", "rejected"})


def billing_terms(milestone_id: UUID) -> dict[str, Any]:
    """Return what the systems of record have to be asked with, and what goes into the invoice."""
    milestone = _milestone(milestone_id)
    project, deal = milestone.project, milestone.project.deal
    return {
        "milestone_id": str(milestone.id),
        "deal_id": str(deal.id),
        "title": milestone.title,
        "project": project.name,
        "contract_id": deal.contract_id,
        "customer": project.customer.name,
        "amount": milestone.money.to_json(),
        "psa_project_id": project.psa_id,
        "erp_customer_id": project.customer.erp_id,
        "purchase_order": deal.purchase_order_number,
        "status": milestone.status,
    }


def billing_facts(
    milestone_id: UUID,
    *,
    time: Mapping[str, Any] | None,
    purchase_order: Mapping[str, Any] | None,
    order_error: str = "",
) -> BillingFacts:
    """Join what is known here with what the PSA says of the time and the ERP of the order (None: no answer).

    ``time`` is ``{"submitted": int, "approved": int, "total_hours": str}``, ``purchase_order`` ``{"valid_until",
    "status"}``; ``order_error`` is the code with which the ERP refused to answer.
    """
    milestone = _milestone(milestone_id)
    project, deal = milestone.project, milestone.project.deal
    order = purchase_order or {}
    return BillingFacts(
        accepted_by=milestone.accepted_by_label,
        accepted_at=milestone.accepted_at,
        psa_project_id=project.psa_id,
        time_submitted=_count(time, "submitted"),
        time_approved=_count(time, "approved"),
        time_total_hours=str((time or {}).get("total_hours") or ""),
        order_number=deal.purchase_order_number,
        order_valid_until=read_date(str(order.get("valid_until") or ""), "/purchase_order/valid_until"),
        order_known=_is_known(purchase_order, order_error),
        erp_customer_id=project.customer.erp_id,
        today=now().date(),
    )


def _milestone(milestone_id: UUID) -> Milestone:
    rows = Milestone.objects.select_related("project__deal", "project__customer")
    milestone = rows.filter(pk=milestone_id).first()
    if milestone is None:
        raise not_found("milestone")
    return milestone


def _is_known(order: Mapping[str, Any] | None, error: str) -> bool | None:
    """Whether the ERP has the order and has not closed it; None if it could not be asked."""
    if error in _NO_SUCH_ORDER:
        return False
    return None if order is None else order.get("status") in (None, "open")


def _count(time: Mapping[str, Any] | None, name: str) -> int | None:
    value = (time or {}).get(name)
    return int(value) if isinstance(value, int | float) else None

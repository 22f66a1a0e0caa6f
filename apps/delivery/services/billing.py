"""Commands on billing: the check's answer is recorded, the invoice noted."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from apps.core.actor import Actor
from apps.core.clock import now
from apps.delivery import policies
from apps.delivery.choices import MilestoneStatus, ReadinessStatus
from apps.delivery.events import BILLING_BLOCKED, BILLING_READY, INVOICE_REQUESTED
from apps.delivery.exceptions import not_found
from apps.delivery.models import BillingReadiness, Milestone
from apps.delivery.services.telling import milestone_event
from apps.delivery.types import Predicate
from apps.ledger.services import transition, unit_of_work


def record_readiness(
    *, milestone_id: UUID, predicates: Sequence[Predicate], evidence: Mapping[str, Any], actor: Actor
) -> BillingReadiness:
    """Keep the answer of a billing check; if every predicate passed, the milestone is ready to bill.

    A milestone that is ready or invoiced already keeps the answer it had.
    """
    with unit_of_work(actor):
        policies.require(actor, "billing:write")
        milestone = _lock_milestone(milestone_id)
        readiness, _made = BillingReadiness.objects.select_for_update().get_or_create(milestone=milestone)
        if readiness.status in (ReadinessStatus.READY, ReadinessStatus.INVOICED):
            return readiness
        listed = [predicate.to_json() for predicate in predicates]
        passed = all(predicate.passed for predicate in predicates)
        transition(
            readiness,
            "pass" if passed else "block",
            reason="" if passed else " ".join(item.explanation for item in predicates if not item.passed),
            event=milestone_event(BILLING_READY if passed else BILLING_BLOCKED, milestone, predicates=listed),
            fields={"predicates": listed, "evidence": dict(evidence), "checked_at": now()},
            details={"predicates": {predicate.id: predicate.passed for predicate in predicates}},
        )
        if passed:
            transition(milestone, "release")
    return readiness


def record_invoice(
    *, milestone_id: UUID, invoice_id: str, invoice_number: str, actor: Actor
) -> BillingReadiness:
    """Note the invoice that the ERP made for a milestone; one that is invoiced stays as it is."""
    with unit_of_work(actor):
        policies.require(actor, "billing:write")
        milestone = _lock_milestone(milestone_id)
        readiness = BillingReadiness.objects.select_for_update().filter(milestone=milestone).first()
        if readiness is None:
            raise not_found("billing readiness")
        if milestone.status == MilestoneStatus.INVOICED:
            return readiness
        transition(
            readiness,
            "invoice",
            event=milestone_event(
                INVOICE_REQUESTED, milestone, invoice_id=invoice_id, invoice_number=invoice_number
            ),
            fields={"invoice_id": invoice_id, "invoice_number": invoice_number, "invoiced_at": now()},
            details={"invoice_id": invoice_id, "invoice_number": invoice_number},
        )
        transition(milestone, "invoice")
    return readiness


def _lock_milestone(milestone_id: UUID) -> Milestone:
    rows = Milestone.objects.select_for_update(of=("self",)).select_related("project")
    milestone = rows.filter(pk=milestone_id).first()
    if milestone is None:
        raise not_found("milestone")
    return milestone

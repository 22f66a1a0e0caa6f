"""Commands on deals: a signed contract is entered, begun, called off."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.accounts.choices import Role
from apps.accounts.selectors import users_with_role
from apps.core.actor import Actor
from apps.core.clock import now
from apps.delivery import policies
from apps.delivery.choices import DealStatus, DocumentKind, DocumentSource, RequirementStatus
from apps.delivery.contract import read_contract
from apps.delivery.events import DEAL_CLOSED, DEAL_REGISTERED, DOCUMENT_REQUESTED
from apps.delivery.exceptions import ContractAlreadyRegistered, not_found
from apps.delivery.models import Customer, Deal, Document, DocumentRequirement
from apps.delivery.services.customers import upsert_customer
from apps.delivery.types import SignedContract, SignedDocument
from apps.ledger.services import emit, record, transition, unit_of_work
from apps.ledger.types import DomainEvent

REQUIRED_KINDS = (DocumentKind.STATEMENT_OF_WORK, DocumentKind.SECURITY_ANNEX, DocumentKind.PURCHASE_ORDER)
_OPEN = (DealStatus.REGISTERED, DealStatus.IN_DELIVERY, DealStatus.COMPLETED)


def register_contract(*, contract: Mapping[str, Any], run_id: UUID | None, actor: Actor) -> Deal:
    """Enter a signed contract: customer, contacts, deal, and the documents it needs with those that came along.

    The same run may register twice. Raises UnreadableContract, and ContractAlreadyRegistered when another run carries
    a deal that is not over.
    """
    data = read_contract(contract)
    with unit_of_work(actor):
        policies.require(actor, "projects:write")
        customer = upsert_customer(data=data.customer, actor=actor)
        deal = Deal.objects.select_for_update().filter(contract_id=data.contract_id).first()
        if deal is None:
            deal = _create_deal(data, customer, run_id)
        elif deal.status not in _OPEN:
            _reopen_deal(deal, data, customer, run_id)
        elif run_id is None or deal.run_id != run_id:
            raise ContractAlreadyRegistered(data.contract_id)
        else:
            return deal
        _enter_documents(deal, data)
    return deal


def begin_deal(*, deal_id: UUID, actor: Actor) -> Deal:
    """Say that the deal is now being delivered; a deal that is already stays as it is."""
    with unit_of_work(actor):
        policies.require(actor, "projects:write")
        deal = lock_deal(deal_id)
        if deal.status == DealStatus.REGISTERED:
            transition(deal, "begin")
    return deal


def close_deal(*, deal_id: UUID, command: str, reason: str, actor: Actor) -> Deal:
    """Complete, reject or cancel the deal (``command``); one that is over stays as it is."""
    with unit_of_work(actor):
        policies.require(actor, "projects:write")
        deal = lock_deal(deal_id)
        end_deal(deal, command, reason=reason)
    return deal


def end_deal(deal: Deal, command: str, *, reason: str) -> None:
    """Close a locked deal as part of somebody's command that may have this effect. Needs a unit of work."""
    if deal.status not in (DealStatus.REGISTERED, DealStatus.IN_DELIVERY):
        return
    status = {"complete": "completed", "reject": "rejected", "cancel": "cancelled"}[command]
    data = {"deal_id": str(deal.id), "contract_id": deal.contract_id, "status": status}
    transition(deal, command, reason=reason, event=DomainEvent(DEAL_CLOSED.name, f"deal/{deal.id}", data))


def lock_deal(deal_id: UUID) -> Deal:
    """Return the deal, locked; raise NotFound."""
    deal = Deal.objects.select_for_update().filter(pk=deal_id).first()
    if deal is None:
        raise not_found("deal")
    return deal


def request_documents(deal: Deal) -> list[DocumentRequirement]:
    """Tell which required documents are not here or no longer valid, and return them. Needs a unit of work."""
    today = now().date()
    unmet = [item for item in deal.requirements.order_by("id") if item.required and not item.is_met(today)]
    for item in unmet:
        data = {
            "requirement_id": str(item.id),
            "deal_id": str(deal.id),
            "kind": item.kind,
            "title": item.title,
            "status": "expired" if item.has_run_out(today) else "missing",
        }
        emit(DomainEvent(DOCUMENT_REQUESTED.name, f"document_requirement/{item.id}", data))
    return unmet


def _create_deal(data: SignedContract, customer: Customer, run_id: UUID | None) -> Deal:
    deal = Deal.objects.create(
        contract_id=data.contract_id, customer=customer, run_id=run_id, **_fields(data)
    )
    told = {"deal_id": str(deal.id), "contract_id": deal.contract_id, "amount": deal.money.to_json()}
    record(
        "deal.register",
        deal,
        after={
            "status": deal.status,
            "title": deal.title,
            "amount": deal.money.to_json(),
            "region": deal.region,
        },
        event=DomainEvent(DEAL_REGISTERED.name, f"deal/{deal.id}", told),
    )
    return deal


def _reopen_deal(deal: Deal, data: SignedContract, customer: Customer, run_id: UUID | None) -> None:
    told = {"deal_id": str(deal.id), "contract_id": deal.contract_id, "amount": data.amount.to_json()}
    transition(
        deal,
        "reopen",
        reason="The contract came in again",
        event=DomainEvent(DEAL_REGISTERED.name, f"deal/{deal.id}", told),
        fields={**_fields(data), "customer_id": customer.id, "run_id": run_id},
        details={"title": data.title, "amount": data.amount.to_json()},
    )


def _fields(data: SignedContract) -> dict[str, Any]:
    managers = users_with_role(Role.DELIVERY_MANAGER, region=data.region)
    return {
        "title": data.title,
        "amount": data.amount.amount,
        "currency": data.amount.currency,
        "region": data.region,
        "signed_at": data.signed_at,
        "start_date": data.start_date,
        "purchase_order_number": data.purchase_order_number,
        "purchase_order_valid_until": data.purchase_order_valid_until,
        "manager_id": managers[0].id if managers else None,
    }


def _enter_documents(deal: Deal, data: SignedContract) -> None:
    """Enter what the deal needs, and the documents of the contract; what came in before stays."""
    held = {item.kind: item for item in deal.requirements.all()}
    signed = {document.kind: document for document in data.documents}
    for kind in REQUIRED_KINDS:
        if kind not in held:
            _enter_requirement(deal, kind, signed.get(kind), required=True)
    for more in set(DocumentKind).difference(REQUIRED_KINDS):
        if more in signed and more not in held:
            _enter_requirement(deal, more, signed[more], required=False)


def _enter_requirement(
    deal: Deal, kind: DocumentKind, signed: SignedDocument | None, *, required: bool
) -> None:
    valid_until = _valid_until(deal, kind, signed)
    status = RequirementStatus.MISSING
    if signed is not None:
        expired = valid_until is not None and valid_until < now().date()
        status = RequirementStatus.EXPIRED if expired else RequirementStatus.RECEIVED
    requirement = DocumentRequirement.objects.create(
        deal=deal, kind=kind, title=str(kind.label), required=required, valid_until=valid_until, status=status
    )
    record("document_requirement.create", requirement, after={"kind": kind.value, "status": status.value})
    if signed is not None:
        Document.objects.create(
            requirement=requirement,
            name=signed.name[:200],
            reference=signed.reference,
            valid_until=valid_until,
            source=DocumentSource.CONTRACT,
            uploaded_by_label="Contract",
        )


def _valid_until(deal: Deal, kind: DocumentKind, signed: SignedDocument | None) -> Any:
    if signed is None:
        return None
    if signed.valid_until is None and kind is DocumentKind.PURCHASE_ORDER:
        return deal.purchase_order_valid_until
    return signed.valid_until

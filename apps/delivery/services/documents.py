"""Commands on documents: somebody sends what a deal needs."""

import hashlib
from datetime import date
from uuid import UUID

from apps.core.actor import Actor
from apps.core.clock import now
from apps.delivery import policies
from apps.delivery.choices import DocumentKind, DocumentSource
from apps.delivery.content import clean_name, identify
from apps.delivery.events import DOCUMENT_RECEIVED
from apps.delivery.exceptions import DocumentRefused, not_found
from apps.delivery.models import Deal, Document, DocumentContent, DocumentRequirement
from apps.ledger.services import record, transition, unit_of_work
from apps.ledger.types import DomainEvent


def upload_document(
    *, requirement_id: UUID, actor: Actor, name: str, content: bytes, valid_until: date | None = None
) -> Document:
    """Take a document for a requirement and tell that it came; the type is found out from the bytes.

    The same bytes sent again are the same document. Raises NotFound, Forbidden, DocumentTooLarge (over 10 MB) and
    DocumentRefused (empty, another type than PDF, Word, PNG or JPEG, or no longer valid today).
    """
    content_type = identify(content)
    if valid_until is not None and valid_until < now().date():
        message = f"A document that was valid until {valid_until.isoformat()} cannot be used any more."
        raise DocumentRefused("document_expired", message, field="valid_until")
    digest = hashlib.sha256(content).hexdigest()
    with unit_of_work(actor):
        requirement = _lock_requirement(requirement_id)
        policies.require_upload(actor, requirement)
        newest = requirement.documents.order_by("-id").first()
        if newest and newest.sha256 == digest and requirement.is_met(now().date()):
            return newest
        document = Document.objects.create(
            requirement=requirement,
            name=clean_name(name, content_type),
            content_type=content_type,
            size=len(content),
            sha256=digest,
            valid_until=valid_until,
            source=DocumentSource.UPLOAD,
            uploaded_by_id=policies.user_id_of(actor),
            uploaded_by_label=actor.label,
        )
        DocumentContent.objects.create(document=document, data=content)
        _receive(requirement, document)
    return document


def _lock_requirement(requirement_id: UUID) -> DocumentRequirement:
    rows = DocumentRequirement.objects.select_for_update(of=("self",)).select_related("deal")
    requirement = rows.filter(pk=requirement_id).first()
    if requirement is None:
        raise not_found("document requirement")
    return requirement


def _receive(requirement: DocumentRequirement, document: Document) -> None:
    until = document.valid_until.isoformat() if document.valid_until else None
    data = {
        "document_id": str(document.id),
        "requirement_id": str(requirement.id),
        "deal_id": str(requirement.deal_id),
        "kind": requirement.kind,
        "name": document.name,
        "valid_until": until,
    }
    transition(
        requirement,
        "receive",
        event=DomainEvent(DOCUMENT_RECEIVED.name, f"document/{document.id}", data),
        fields={"valid_until": document.valid_until},
        details={"document_id": str(document.id), "name": document.name, "sha256": document.sha256},
    )
    if requirement.kind == DocumentKind.PURCHASE_ORDER and document.valid_until:
        _renew_order(requirement.deal, document.valid_until)


def _renew_order(deal: Deal, valid_until: date) -> None:
    before = deal.purchase_order_valid_until
    deal.purchase_order_valid_until = valid_until
    deal.version += 1
    deal.save(update_fields=["purchase_order_valid_until", "version"])
    record(
        "deal.update",
        deal,
        before={"purchase_order_valid_until": before.isoformat() if before else None},
        after={"purchase_order_valid_until": valid_until.isoformat()},
    )

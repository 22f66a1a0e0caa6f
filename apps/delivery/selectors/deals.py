"""Customers, deals, documents and staffing requests as their readers see them."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from apps.core.actor import Actor
from apps.core.clock import now
from apps.delivery import policies
from apps.delivery.choices import Audience
from apps.delivery.exceptions import not_found
from apps.delivery.models import (
    Contact,
    Customer,
    Deal,
    Document,
    DocumentContent,
    DocumentRequirement,
    Project,
    StaffingRequest,
)
from apps.delivery.summary import missing_words


def list_customers(actor: Actor) -> QuerySet[Customer]:
    """Return the customers the actor may see: all, or those of his projects."""
    rows = Customer.objects.all()
    return rows.filter(pk__in=_projects(actor).values("customer_id")) if policies.is_customer(actor) else rows


def list_contacts(actor: Actor) -> QuerySet[Contact]:
    """Return the contacts of the customers the actor may see."""
    rows = Contact.objects.select_related("customer")
    return rows.filter(customer__in=list_customers(actor)) if policies.is_customer(actor) else rows


def list_deals(actor: Actor) -> QuerySet[Deal]:
    """Return the deals the actor may see: all, or those of his projects and those that are to become one."""
    rows = Deal.objects.select_related("customer")
    if not policies.is_customer(actor):
        return rows
    return rows.filter(
        Q(pk__in=_projects(actor).values("deal_id")) | Q(pk__in=policies.deals_to_come(actor).values("pk"))
    )


def deals_to_come(actor: Actor) -> QuerySet[Deal]:
    """Return the customer's deals that have no project yet, newest first, with the documents they need."""
    needed = DocumentRequirement.objects.filter(audience=Audience.CUSTOMER).order_by("id")
    newest = Prefetch("documents", Document.objects.order_by("-id"))
    rows = policies.deals_to_come(actor).select_related("customer", "manager")
    return rows.prefetch_related(Prefetch("requirements", needed.prefetch_related(newest))).order_by("-id")


def get_deal(deal_id: UUID, actor: Actor) -> Deal:
    """Return one deal; raise NotFound if there is none that the actor may see."""
    deal = list_deals(actor).filter(pk=deal_id).first()
    if deal is None:
        raise not_found("deal")
    return deal


def list_requirements(actor: Actor) -> QuerySet[DocumentRequirement]:
    """Return what documents are needed, as far as the actor may know."""
    rows = DocumentRequirement.objects.select_related("deal")
    if policies.is_customer(actor):
        rows = rows.filter(deal__in=list_deals(actor), audience=Audience.CUSTOMER)
    return rows


def list_documents(actor: Actor) -> QuerySet[Document]:
    """Return the documents the actor may see, without their bytes."""
    rows = Document.objects.select_related("requirement__deal")
    if policies.is_customer(actor):
        rows = rows.filter(requirement__in=list_requirements(actor))
    return rows


def document_content(document_id: UUID, actor: Actor) -> tuple[Document, bytes]:
    """Return a document with its bytes; raise NotFound, also for one whose content is kept elsewhere."""
    document = list_documents(actor).filter(pk=document_id).first()
    content = DocumentContent.objects.filter(document=document).first() if document else None
    if document is None or content is None:
        raise not_found("document content")
    return document, bytes(content.data)


def list_staffing_requests(actor: Actor) -> QuerySet[StaffingRequest]:
    """Return the staffing requests; they are no customer's business."""
    rows = StaffingRequest.objects.select_related("deal")
    return rows.none() if policies.is_customer(actor) else rows


def document_facts(deal_id: UUID) -> dict[str, Any]:
    """Return for every document of a deal whether it is here and valid today, and what is wrong in words."""
    if not Deal.objects.filter(pk=deal_id).exists():
        raise not_found("deal")
    today = now().date()
    wanted = DocumentRequirement.objects.filter(Q(deal_id=deal_id)).order_by("id")
    documents = {item.kind: _document_fact(item) for item in wanted}
    unmet = [item for item in wanted if item.required and not item.is_met(today)]
    return {
        "documents": documents,
        "complete": not unmet,
        "missing": ", ".join(missing_words(item, today) for item in unmet),
    }


def _document_fact(item: DocumentRequirement) -> dict[str, Any]:
    today = now().date()
    return {
        "present": item.is_met(today) or item.has_run_out(today),
        "expired": item.has_run_out(today),
        "valid": item.is_met(today),
        "required": item.required,
        "valid_until": item.valid_until.isoformat() if item.valid_until else None,
        "requirement_id": str(item.id),
        "explanation": _explanation(item, today),
    }


def _explanation(item: DocumentRequirement, today: date) -> str:
    if item.is_met(today):
        return f"{item.title} is here."
    if not item.has_run_out(today):
        return f"{item.title} is missing."
    return f"{item.title} is no longer valid."


def _projects(actor: Actor) -> QuerySet[Project]:
    return policies.visible_projects(actor, Project.objects.all())

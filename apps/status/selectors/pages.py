"""What a customer's contact (or staff who want to see what he sees) may read, put together for the pages."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.utils.timezone import localdate

from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import NotFound
from apps.delivery.choices import Audience, StaffingStatus
from apps.delivery.models import Deal, DocumentRequirement, Project, StaffingRequest
from apps.delivery.selectors import deals_to_come, list_requirements, project_detail, project_list
from apps.delivery.summary import summarise
from apps.delivery.types import Reader, StatusSummary
from apps.status.selectors.history import customer_history
from apps.status.types import DealPage, DocumentLine, Need, ProjectLine, ProjectPage
from apps.status.wording import (
    document_line,
    document_need,
    lower_first,
    milestone_line,
    needs_of,
    project_badge,
)

LISTED = 50
_CUSTOMER = Reader(is_customer=True)


def list_projects(actor: Actor) -> list[ProjectLine]:
    """Return the newest projects the actor may see, at most ``LISTED``, worded for the customer."""
    return [_project_line(project, _today()) for project in project_list(actor)[:LISTED]]


def project_page(project_id: UUID, actor: Actor) -> ProjectPage:
    """Return one project worded for the customer, whoever looks; raise NotFound if the actor may not see it."""
    detail = project_detail(project_id, actor)
    today = _today()
    project, milestones = detail.project, list(detail.milestones)
    requirements = _for_customers(detail.requirements)
    summary = _summary(project, requirements, today)
    word, tone = project_badge(project, milestones, today)
    return ProjectPage(
        project=project,
        headline=summary.headline,
        word=word,
        tone=tone,
        now=summary.now,
        next=summary.next,
        needs=list(needs_of(summary.expected, requirements, milestones, today)),
        milestones=[milestone_line(milestone, today) for milestone in milestones],
        documents=_documents(requirements, today),
        history=customer_history(project, milestones, requirements),
    )


def deal_pages(actor: Actor) -> list[DealPage]:
    """Return the customer's deals that have no project yet."""
    return [_deal_page(deal, _today()) for deal in deals_to_come(actor)[:LISTED]]


def needed_document(requirement_id: UUID, actor: Actor) -> tuple[DocumentRequirement, UUID | None]:
    """Return a needed document and the id of its project (None: there is none yet); raise NotFound."""
    rows = list_requirements(actor).filter(audience=Audience.CUSTOMER, pk=requirement_id)
    requirement = rows.first()
    if requirement is None:
        raise NotFound("not_found", "There is no such document.")
    project_ids = Project.objects.filter(deal_id=requirement.deal_id).values_list("pk", flat=True)
    return requirement, project_ids.first()


def _project_line(project: Project, today: date) -> ProjectLine:
    summary = _summary(project, _for_customers(list(project.deal.requirements.all())), today)
    word, tone = project_badge(project, list(project.milestones.all()), today)
    return ProjectLine(
        id=project.id,
        name=project.name,
        headline=summary.headline,
        word=word,
        tone=tone,
        now=summary.now,
        needs=len(summary.expected),
    )


def _summary(project: Project, requirements: Sequence[DocumentRequirement], today: date) -> StatusSummary:
    staffing: StaffingRequest | None = next(iter(project.deal.staffing_requests.all()), None)
    return summarise(
        project,
        milestones=list(project.milestones.all()),
        requirements=requirements,
        staffing=StaffingStatus(staffing.status) if staffing else None,
        reader=_CUSTOMER,
        today=today,
    )


def _deal_page(deal: Deal, today: date) -> DealPage:
    requirements = list(deal.requirements.all())
    unmet = [item for item in requirements if item.required and not item.is_met(today)]
    needs = [_missing(item, today) for item in unmet]
    waiting = f", waiting on you for the {lower_first(unmet[0].title)}" if unmet else ""
    return DealPage(deal, f"{deal.title}: being prepared{waiting}", needs, _documents(requirements, today))


def _missing(requirement: DocumentRequirement, today: date) -> Need:
    verb = "Renew" if requirement.has_run_out(today) else "Send"
    return document_need(requirement, f"{verb} the {lower_first(requirement.title)}", today)


def _documents(requirements: Sequence[DocumentRequirement], today: date) -> list[DocumentLine]:
    return [document_line(requirement, today) for requirement in requirements]


def _for_customers(requirements: Sequence[DocumentRequirement]) -> list[DocumentRequirement]:
    return [item for item in requirements if item.audience == Audience.CUSTOMER]


def _today() -> date:
    return localdate(now())

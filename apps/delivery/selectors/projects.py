"""Projects and milestones as their readers see them; the number of queries does not depend on how many there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from apps.accounts.policies import may
from apps.core.actor import Actor
from apps.core.clock import now
from apps.delivery import policies
from apps.delivery.choices import Audience, StaffingStatus
from apps.delivery.exceptions import not_found
from apps.delivery.models import Document, DocumentRequirement, Milestone, Project, StaffingRequest
from apps.delivery.summary import summarise
from apps.delivery.types import Reader, StatusSummary


@dataclass(frozen=True, slots=True)
class ProjectDetail:
    """All that the page of one project shows; ``run_id`` is the run of its deal (None for customers)."""

    project: Project
    summary: StatusSummary
    milestones: Sequence[Milestone]
    requirements: Sequence[DocumentRequirement]
    staffing_requests: Sequence[StaffingRequest]
    run_id: UUID | None


def visible_projects(actor: Actor) -> QuerySet[Project]:
    """Return the projects the actor may see, bare."""
    return policies.visible_projects(actor, Project.objects.all())


def project_list(
    actor: Actor, *, status: str = "", customer_id: UUID | None = None, region: str = "", search: str = ""
) -> QuerySet[Project]:
    """Return the projects the actor may see, newest first, with all that ``status_summary`` needs."""
    rows = _with_all(visible_projects(actor), actor)
    if status:
        rows = rows.filter(status=status)
    if customer_id is not None:
        rows = rows.filter(customer_id=customer_id)
    if region:
        rows = rows.filter(region=region)
    if search:
        rows = rows.filter(name__icontains=search)
    return rows.order_by("-id")


def project_detail(project_id: UUID, actor: Actor) -> ProjectDetail:
    """Return one project; raise NotFound if there is none that the actor may see."""
    project = project_list(actor).filter(pk=project_id).first()
    if project is None:
        raise not_found("project")
    is_customer = policies.is_customer(actor)
    return ProjectDetail(
        project=project,
        summary=status_summary(project, actor),
        milestones=list(project.milestones.all()),
        requirements=list(project.deal.requirements.all()),
        staffing_requests=[] if is_customer else list(project.deal.staffing_requests.all()),
        run_id=None if is_customer else project.deal.run_id,
    )


def status_summary(project: Project, actor: Actor) -> StatusSummary:
    """Say where a project read by ``project_list`` stands: now, next, and what is expected of the actor."""
    requests = list(project.deal.staffing_requests.all())
    reader = Reader(
        is_customer=policies.is_customer(actor),
        may_complete=may(actor, "milestones:complete"),
        may_bill=may(actor, "billing:write"),
    )
    return summarise(
        project,
        milestones=list(project.milestones.all()),
        requirements=list(project.deal.requirements.all()),
        staffing=StaffingStatus(requests[0].status) if requests else None,
        reader=reader,
        today=now().date(),
    )


def list_milestones(actor: Actor) -> QuerySet[Milestone]:
    """Return the milestones of the projects the actor may see."""
    return Milestone.objects.filter(project__in=visible_projects(actor)).select_related(
        "project", "readiness"
    )


def get_milestone(milestone_id: UUID, actor: Actor) -> Milestone:
    """Return one milestone; raise NotFound if there is none that the actor may see."""
    milestone = list_milestones(actor).filter(pk=milestone_id).first()
    if milestone is None:
        raise not_found("milestone")
    return milestone


def _with_all(rows: QuerySet[Project], actor: Actor) -> QuerySet[Project]:
    requirements = DocumentRequirement.objects.order_by("id")
    if policies.is_customer(actor):
        requirements = requirements.filter(audience=Audience.CUSTOMER)
    newest = Prefetch("documents", Document.objects.order_by("-id"))
    return rows.select_related("customer", "manager", "deal").prefetch_related(
        Prefetch("milestones", Milestone.objects.select_related("readiness").order_by("sequence")),
        Prefetch("deal__requirements", requirements.prefetch_related(newest)),
        Prefetch("deal__staffing_requests", StaffingRequest.objects.order_by("-id")),
    )

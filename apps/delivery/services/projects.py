"""Commands on projects: opened, started, linked to the PSA, called off."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from apps.core.actor import Actor
from apps.core.clock import now
from apps.delivery import policies
from apps.delivery.choices import MilestoneStatus, ProjectStatus, StaffingStatus
from apps.delivery.events import MILESTONE_STARTED, PROJECT_CANCELLED, PROJECT_CREATED, PROJECT_STARTED
from apps.delivery.exceptions import not_found
from apps.delivery.models import Deal, Milestone, Project
from apps.delivery.planning import plan_milestones
from apps.delivery.services.contact_users import grant_project
from apps.delivery.services.deals import begin_deal, lock_deal
from apps.delivery.services.staffing import decide_staffing
from apps.delivery.services.telling import milestone_event, project_event
from apps.delivery.types import PlannedMilestone
from apps.ledger.exceptions import StaleVersion
from apps.ledger.services import record, transition, unit_of_work

_CANCELLABLE = (MilestoneStatus.PLANNED, MilestoneStatus.ACTIVE, MilestoneStatus.COMPLETED)
EDITABLE = ("name", "psa_id", "forecast_on")
_OPEN = (ProjectStatus.PREPARING, ProjectStatus.ACTIVE)


def open_project(
    *,
    deal_id: UUID,
    tier: str,
    plan: Sequence[Mapping[str, Any]],
    contracted: Sequence[Mapping[str, Any]],
    actor: Actor,
) -> Project:
    """Create the deal's project with its milestones, visible to the customer's contacts from then on.

    A project that is open stays as it is; one that was called off is reopened with the milestones it had.
    Raises UnreadablePlan.
    """
    with unit_of_work(actor):
        policies.require(actor, "projects:write")
        deal = lock_deal(deal_id)
        project = Project.objects.select_for_update().filter(deal=deal).first()
        if project is None:
            start_on = deal.start_date or now().date()
            planned = plan_milestones(amount=deal.money, start_on=start_on, plan=plan, contracted=contracted)
            project = _create_project(deal, tier, planned)
        elif project.status == ProjectStatus.CANCELLED:
            _reopen_project(project)
        for contact in deal.customer.contacts.select_related("user").order_by("id"):
            grant_project(contact=contact, project=project, actor=actor)
    return project


def start_project(*, project_id: UUID, actor: Actor) -> Project:
    """Begin the work: the project and its first milestone become active. One under way stays as it is."""
    with unit_of_work(actor):
        policies.require(actor, "projects:write")
        project = lock_project(project_id)
        if project.status == ProjectStatus.PREPARING:
            transition(project, "start", event=project_event(PROJECT_STARTED, project))
            begin_deal(deal_id=project.deal_id, actor=actor)
            start_next_milestone(project)
    return project


def record_psa_project(*, project_id: UUID, psa_id: str, actor: Actor) -> Project:
    """Note the project's id in the PSA; an empty one says that it is no longer there."""
    return update_project(project_id=project_id, actor=actor, psa_id=psa_id)


def update_project(*, project_id: UUID, actor: Actor, version: int | None = None, **changes: Any) -> Project:
    """Change the project's ``name``, ``psa_id`` or ``forecast_on``.

    Raises NotFound, and StaleVersion if the row is no longer of the ``version`` that was read.
    """
    with unit_of_work(actor):
        policies.require(actor, "projects:write")
        project = lock_project(project_id)
        if version is not None and project.version != version:
            raise StaleVersion("project")
        wanted = {name: changes[name] for name in EDITABLE if name in changes}
        changed = {name: value for name, value in wanted.items() if getattr(project, name) != value}
        if changed:
            before = {name: _plain(getattr(project, name)) for name in changed}
            for name, value in changed.items():
                setattr(project, name, value)
            project.version += 1
            project.save(update_fields=[*changed, "version"])
            after = {name: _plain(value) for name, value in changed.items()}
            record("project.update", project, before=before, after=after)
    return project


def cancel_project(*, project_id: UUID, reason: str, actor: Actor) -> Project:
    """Call the project off, with its open milestones and staffing requests; one that is over stays as it is."""
    with unit_of_work(actor):
        policies.require(actor, "projects:write")
        project = lock_project(project_id)
        if project.status not in _OPEN:
            return project
        transition(project, "cancel", reason=reason, event=project_event(PROJECT_CANCELLED, project))
        for milestone in project.milestones.filter(status__in=_CANCELLABLE).order_by("sequence"):
            transition(milestone, "cancel", reason=reason)
        live = (StaffingStatus.REQUESTED, StaffingStatus.APPROVED)
        for request in project.deal.staffing_requests.filter(status__in=live):
            decide_staffing(
                staffing_request_id=request.id,
                command="cancel",
                decided_by=actor.label,
                comment=reason,
                actor=actor,
            )
    return project


def start_next_milestone(project: Project) -> None:
    """Begin the first milestone not yet begun, if there is one. Needs a unit of work and the project locked."""
    following = project.milestones.filter(status=MilestoneStatus.PLANNED).order_by("sequence").first()
    if following is not None:
        following.project = project
        transition(following, "start", event=milestone_event(MILESTONE_STARTED, following))


def lock_project(project_id: UUID) -> Project:
    """Return the project, locked, with its deal; raise NotFound."""
    rows = Project.objects.select_for_update(of=("self",)).select_related("deal")
    project = rows.filter(pk=project_id).first()
    if project is None:
        raise not_found("project")
    return project


def _create_project(deal: Deal, tier: str, planned: Sequence[PlannedMilestone]) -> Project:
    project = Project.objects.create(
        deal=deal,
        customer_id=deal.customer_id,
        name=deal.title,
        region=deal.region,
        tier=tier,
        manager_id=deal.manager_id,
        start_on=deal.start_date,
        forecast_on=max((item.due_on for item in planned if item.due_on), default=None),
    )
    milestones = Milestone.objects.bulk_create(
        Milestone(
            project=project,
            key=item.key,
            title=item.title,
            sequence=sequence,
            amount=item.amount,
            currency=deal.currency,
            due_on=item.due_on,
        )
        for sequence, item in enumerate(planned, start=1)
    )
    listed = [{"id": str(item.id), "key": item.key, "title": item.title} for item in milestones]
    record(
        "project.create",
        project,
        after={"status": project.status, "tier": tier, "milestones": [item.title for item in milestones]},
        event=project_event(PROJECT_CREATED, project, milestones=listed),
    )
    return project


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _reopen_project(project: Project) -> None:
    reason = "The contract came in again"
    transition(project, "reopen", reason=reason)
    for milestone in project.milestones.filter(status=MilestoneStatus.CANCELLED).order_by("sequence"):
        transition(milestone, "reopen", reason=reason)

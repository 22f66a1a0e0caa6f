"""Commands on milestones: the delivery manager completes, the customer accepts or sends back."""

from uuid import UUID

from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Invalid, Problem
from apps.delivery import policies
from apps.delivery.choices import MilestoneStatus
from apps.delivery.events import (
    MILESTONE_ACCEPTED,
    MILESTONE_COMPLETED,
    MILESTONE_SENT_BACK,
    PROJECT_COMPLETED,
)
from apps.delivery.exceptions import not_found
from apps.delivery.models import Milestone, Project
from apps.delivery.services.deals import end_deal, lock_deal
from apps.delivery.services.projects import lock_project, start_next_milestone
from apps.delivery.services.telling import milestone_event, project_event
from apps.ledger.services import transition, unit_of_work

_OPEN = (MilestoneStatus.PLANNED, MilestoneStatus.ACTIVE, MilestoneStatus.COMPLETED)


def complete_milestone(*, milestone_id: UUID, actor: Actor, note: str = "") -> Milestone:
    """Say that the milestone is done and ask the customer to accept it; the next one begins."""
    with unit_of_work(actor):
        milestone, project = _lock_milestone(milestone_id)
        policies.require_on_project(actor, "milestones:complete", project)
        at = now()
        transition(
            milestone,
            "complete",
            reason=note,
            event=milestone_event(
                MILESTONE_COMPLETED, milestone, completed_at=at.isoformat(), completed_by=actor.label
            ),
            fields={
                "completed_at": at,
                "completed_by_id": policies.user_id_of(actor),
                "completed_by_label": actor.label,
                "note": note,
            },
        )
        start_next_milestone(project)
    return milestone


def accept_milestone(*, milestone_id: UUID, actor: Actor, comment: str = "") -> Milestone:
    """Accept the milestone for the customer: only his own people may. The last one completes the project."""
    with unit_of_work(actor):
        milestone, project = _lock_milestone(milestone_id)
        policies.require_acceptance(actor, project)
        at = now()
        transition(
            milestone,
            "accept",
            reason=comment,
            event=milestone_event(
                MILESTONE_ACCEPTED, milestone, accepted_at=at.isoformat(), accepted_by=actor.label
            ),
            fields={
                "accepted_at": at,
                "accepted_by_id": policies.user_id_of(actor),
                "accepted_by_label": actor.label,
            },
        )
        if not project.milestones.filter(status__in=_OPEN).exists():
            _complete_project(project)
    return milestone


def send_back_milestone(*, milestone_id: UUID, actor: Actor, reason: str) -> Milestone:
    """Refuse acceptance for the customer, with the reason; the milestone is in progress again."""
    if not reason.strip():
        message = "Say what is missing, so that it can be put right."
        raise Invalid("reason_required", message, [Problem("/reason", message, "required")])
    with unit_of_work(actor):
        milestone, project = _lock_milestone(milestone_id)
        policies.require_acceptance(actor, project)
        transition(
            milestone,
            "send_back",
            reason=reason,
            event=milestone_event(MILESTONE_SENT_BACK, milestone, reason=reason),
            fields={"completed_at": None, "completed_by_id": None, "completed_by_label": "", "note": reason},
        )
    return milestone


def _lock_milestone(milestone_id: UUID) -> tuple[Milestone, Project]:
    """Lock the project first, then the milestone: every command on a project takes its locks in this order."""
    project_id = Milestone.objects.filter(pk=milestone_id).values_list("project_id", flat=True).first()
    if project_id is None:
        raise not_found("milestone")
    project = lock_project(project_id)
    milestone = Milestone.objects.select_for_update().get(pk=milestone_id)
    milestone.project = project
    return milestone, project


def _complete_project(project: Project) -> None:
    """The customer's acceptance ends project and deal; he is on record for it."""
    transition(project, "complete", event=project_event(PROJECT_COMPLETED, project))
    end_deal(lock_deal(project.deal_id), "complete", reason="The last milestone was accepted")

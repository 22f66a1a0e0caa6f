"""Facts about projects and milestones in the shape of their event types."""

from typing import Any

from apps.delivery.models import Milestone, Project
from apps.ledger.events import EventType
from apps.ledger.types import DomainEvent


def milestone_event(event_type: EventType, milestone: Milestone, **more: Any) -> DomainEvent:
    """Return the fact about the milestone (its project loaded) with ``more`` in its data."""
    data = {
        "milestone_id": str(milestone.id),
        "project_id": str(milestone.project_id),
        "deal_id": str(milestone.project.deal_id),
        "key": milestone.key,
        "title": milestone.title,
        "sequence": milestone.sequence,
        "amount": milestone.money.to_json(),
        **more,
    }
    return DomainEvent(event_type.name, f"milestone/{milestone.id}", data)


def project_event(event_type: EventType, project: Project, **more: Any) -> DomainEvent:
    """Return the fact about the project with ``more`` in its data."""
    data = {"project_id": str(project.id), "deal_id": str(project.deal_id), "name": project.name, **more}
    return DomainEvent(event_type.name, f"project/{project.id}", data)

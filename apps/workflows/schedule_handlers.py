"""Work and events of schedules: their time has come; a template declares one. Each bears running twice."""

from collections.abc import Sequence

from apps.core.actor import Actor
from apps.dispatch.services.settle import finish
from apps.dispatch.types import ClaimedItem, Retry
from apps.ledger.services import unit_of_work
from apps.ledger.types import StoredEvent
from apps.workflows.services.schedules import fire_schedule, follow_declaration

_ACTOR = Actor.system("scheduler")
Outcome = dict[int, Retry]


def fire(items: Sequence[ClaimedItem]) -> Outcome:
    """Start the runs of a schedule whose time has come, and plan its next time."""
    for item in items:
        with unit_of_work(_ACTOR):
            finish([item])
            fire_schedule(item.ref)
    return {}


def template_changed(event: StoredEvent) -> None:
    """Follow the schedule that a template's published version declares, or no longer does."""
    follow_declaration(str(event.data.get("template", "")), _ACTOR)

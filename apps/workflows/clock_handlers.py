"""Work of clocks: a share of a service level is used up; a calendar has changed. Each bears running twice."""

from collections.abc import Sequence

from apps.core.actor import Actor
from apps.dispatch.services.settle import finish
from apps.dispatch.types import ClaimedItem, Retry, WorkItemSpec
from apps.ledger.services import enqueue, unit_of_work
from apps.workflows.engine.sla_clock import STOPPED
from apps.workflows.models import SlaClock
from apps.workflows.services.clocks import fire, recount_run
from apps.workflows.services.kinds import CLOCK_RECOUNT_KIND
from apps.workflows.services.transition import lock_run

_ACTOR = Actor.system("service level clock")
Outcome = dict[int, Retry]


def fire_clock(items: Sequence[ClaimedItem]) -> Outcome:
    """Tell that a share of a service level is used up."""
    for item in items:
        with unit_of_work(_ACTOR):
            clock = SlaClock.objects.only("run_id").filter(pk=item.ref).first()
            finish([item])
            if clock is not None:
                fire(item.ref, lock_run(clock.run_id))
    return {}


def calendar_changed(items: Sequence[ClaimedItem]) -> Outcome:
    """Have every run with an open clock counted again, each in a transaction of its own."""
    for item in items:
        with unit_of_work(_ACTOR):
            open_clocks = SlaClock.objects.exclude(state=STOPPED).exclude(calendar="continuous")
            for run_id in open_clocks.order_by("run_id").values_list("run_id", flat=True).distinct():
                enqueue(WorkItemSpec(CLOCK_RECOUNT_KIND, run_id, dedupe=f"recount:{run_id}"))
            finish([item])
    return {}


def recount(items: Sequence[ClaimedItem]) -> Outcome:
    """Count a run's open clocks again."""
    for item in items:
        with unit_of_work(_ACTOR):
            recount_run(lock_run(item.ref), "the calendar has changed")
            finish([item])
    return {}

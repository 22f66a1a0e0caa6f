"""A pause of a template or of the workspace reaches the runs under way, and so does its end."""

from collections.abc import Sequence
from uuid import UUID

from apps.core.actor import Actor
from apps.dispatch.services.settle import finish
from apps.dispatch.types import ClaimedItem, Retry, WorkItemSpec
from apps.ledger.services import enqueue, unit_of_work
from apps.workflows.choices import PauseScope, RunStatus
from apps.workflows.engine.commands import Command, Resume
from apps.workflows.engine.commands import Pause as PauseCommand
from apps.workflows.models import Pause, Run
from apps.workflows.services.kinds import PAUSE_KIND
from apps.workflows.services.transition import lock_run, perform

_ACTOR = Actor.system("pauses")
PORTION = 40


def spread(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Bring some more runs to what holds now; bears running twice, and in any order with other pauses."""
    for item in items:
        pause = Pause.objects.filter(pk=item.ref).first()
        found = _settle_some(pause) if pause is not None else 0
        with unit_of_work(_ACTOR):
            finish([item])
            if found == PORTION:
                enqueue(WorkItemSpec(PAUSE_KIND, item.ref))
    return {}


def _settle_some(noted: Pause) -> int:
    """Not what the row said but what holds now decides, so an old item does no harm."""
    held = Pause.objects.filter(scope=noted.scope, key=noted.key, ended_at=None).first()
    runs = Run.objects.filter(status__in=(RunStatus.RUNNING, RunStatus.ROLLING_BACK), history_length__gt=0)
    if noted.scope == PauseScope.TEMPLATE:
        runs = runs.filter(template_key=noted.key)
    has_it = {"paused_by__contains": [noted.scope]}
    # A run that is being rolled back cannot be paused.
    unpaused = runs.filter(status=RunStatus.RUNNING).exclude(**has_it)
    wrong = runs.filter(**has_it) if held is None else unpaused
    ids = list(wrong.order_by("id").values_list("id", flat=True)[:PORTION])
    command: Command
    if held is None:
        command = Resume(noted.scope, reason=noted.end_reason, actor=noted.ended_by)
    else:
        command = PauseCommand(noted.scope, reason=held.reason, actor=held.began_by, party=held.party)
    for run_id in ids:
        _steer(run_id, command)
    return len(ids)


def _steer(run_id: UUID, command: Command) -> None:
    with unit_of_work(_ACTOR):
        perform(lock_run(run_id), [command])

"""The rows of pauses; what a pause does is with whom it stops (``pauses`` for runs, integrations for connections)."""

from typing import Any
from uuid import UUID

from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Conflict
from apps.ledger.services import record
from apps.ledger.types import DomainEvent
from apps.workflows import events
from apps.workflows.choices import PauseParty, PauseScope
from apps.workflows.models import Pause
from apps.workflows.selectors.pauses import wide_pauses


def open_pause(
    *, scope: PauseScope, key: str, label: str, actor: Actor, reason: str, party: str = PauseParty.US
) -> Pause:
    """Note that something is paused, in the caller's unit of work; raise Conflict (``already_paused``)."""
    pause = Pause(
        scope=scope,
        key=key,
        label=label[:200],
        reason=reason.strip(),
        party=party,
        began_by=actor.to_json(),
    )
    Pause.objects.bulk_create([pause], ignore_conflicts=True)
    held = Pause.objects.get(scope=scope, key=key, ended_at=None)
    if held.id != pause.id:
        who = held.began_by.get("label") or "somebody"
        raise Conflict("already_paused", f"{held.label} is paused already, by {who}.")
    told = DomainEvent(events.PAUSE_BEGAN, f"pause/{pause.id}", pause_data(pause))
    record("pause.begin", pause, after=pause_data(pause), reason=pause.reason, event=told)
    return pause


def close_pause(*, scope: PauseScope, key: str, actor: Actor, reason: str = "") -> Pause:
    """Note that it goes on, in the caller's unit of work; raise Conflict (``not_paused``)."""
    pause = Pause.objects.select_for_update().filter(scope=scope, key=key, ended_at=None).first()
    if pause is None:
        raise Conflict("not_paused", "It is not paused: somebody was quicker, or it never was.")
    _end(pause, actor, reason)
    return pause


def end_pause_of_run(run_id: UUID) -> None:
    """Forget the pause of a run that is over."""
    held = Pause.objects.select_for_update().filter(scope=PauseScope.RUN, key=str(run_id), ended_at=None)
    for pause in held:
        _end(pause, Actor.system("workflow engine"), "The run is over.")


def pauses_at_birth(template_key: str) -> dict[str, Any]:
    """Return what holds new runs of the template, by source, as the engine takes it."""
    return {
        pause.scope: {
            "reason": pause.reason,
            "actor": pause.began_by,
            "since": pause.created_at.isoformat(),
            "party": pause.party,
        }
        for pause in wide_pauses()
        if pause.scope == PauseScope.TENANT or pause.key == template_key
    }


def pause_data(pause: Pause) -> dict[str, Any]:
    """Return what events and the audit tell of a pause."""
    told = {"scope": pause.scope, "key": pause.key, "label": pause.label, "reason": pause.reason}
    return told if pause.scope == PauseScope.CONNECTION else told | {"party": pause.party}


def _end(pause: Pause, actor: Actor, reason: str) -> None:
    pause.ended_at, pause.ended_by, pause.end_reason = now(), actor.to_json(), reason.strip()
    pause.version += 1
    pause.save(update_fields=["ended_at", "ended_by", "end_reason", "version"])
    told = DomainEvent(events.PAUSE_ENDED, f"pause/{pause.id}", pause_data(pause) | {"reason": reason})
    record("pause.end", pause, after=pause_data(pause), reason=reason, event=told)

"""Reactions to events and work items: triggers, waits, timers. Each bears running twice."""

from collections.abc import Iterable, Sequence

import structlog

from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.expressions import expression_view
from apps.core.rows import Rows
from apps.dispatch.types import ClaimedItem, Retry, WorkItemSpec
from apps.ledger.handlers import stored_event
from apps.ledger.models import OutboxMessage
from apps.ledger.services import enqueue, finish, unit_of_work
from apps.ledger.types import StoredEvent
from apps.workflows.definitions import definition_of
from apps.workflows.engine.commands import FireTimer, ReceiveEvent
from apps.workflows.engine.matching import matches
from apps.workflows.engine.triggers import begin_from_event, trigger_matches
from apps.workflows.models import EventArrival, EventWait, Run, RunTimer, StepRun, TemplateVersion
from apps.workflows.selectors.templates import triggered_versions
from apps.workflows.services.kinds import ARRIVAL_KIND
from apps.workflows.services.runs import start_run
from apps.workflows.services.transition import lock_run, perform

log = structlog.get_logger(__name__)
_ACTOR = Actor.system("workflow engine")
_WAITS = Rows(EventWait)
Outcome = dict[int, Retry]


def take_events(events: Sequence[StoredEvent]) -> None:
    """Start the runs that the events trigger and tell the runs that wait for them."""
    types = {event.type for event in events}
    for version in triggered_versions(types):
        for event in events:
            if event.type == version.trigger_event:
                _trigger(version, event)
    waits = _WAITS.find("type = ANY(%s)", [list(types)])
    for event in events:
        _arrive(event, (wait for wait in waits if wait.type == event.type))


def take_arrival(items: Sequence[ClaimedItem]) -> Outcome:
    """Give a run the event that one of its visits waits for."""
    for item in items:
        with unit_of_work(_ACTOR):
            arrival = EventArrival.objects.filter(pk=item.ref).first()
            if arrival is not None:
                message = OutboxMessage.objects.get(pk=arrival.message_id)
                command = ReceiveEvent(arrival.visit, _event_view(stored_event(message)))
                perform(lock_run(arrival.run_id), [command])
            finish([item])
    return {}


def recheck_wait(items: Sequence[ClaimedItem]) -> Outcome:
    """Look for events that came before the wait did, since its run began."""
    for item in items:
        with unit_of_work(_ACTOR):
            wait = EventWait.objects.select_related("run__template_version").filter(pk=item.ref).first()
            if wait is not None:
                since = wait.created_at if _is_recheck(wait) else wait.run.created_at
                earlier = OutboxMessage.objects.filter(type=wait.type, time__gte=since).order_by("id")
                for message in earlier.iterator():
                    _arrive(stored_event(message), [wait])
            finish([item])
    return {}


def fire_timer(items: Sequence[ClaimedItem]) -> Outcome:
    """Tell a run that a timer has come due."""
    for item in items:
        with unit_of_work(_ACTOR):
            timer = RunTimer.objects.filter(pk=item.ref).first()
            if timer is not None:
                _perform_and_forget(timer)
            finish([item])
    return {}


def _trigger(version: TemplateVersion, event: StoredEvent) -> None:
    """Start a run for the event unless the trigger does not want it or has had it."""
    definition, view, at = definition_of(version), _event_view(event), now()
    key = version.template.key
    if Run.objects.filter(template_key=key, trigger_event_id=event.id).exists():
        return
    if not trigger_matches(definition, view, at):
        return
    given = begin_from_event(definition, view, at)
    if given.key and Run.objects.filter(template_key=key, trigger_key=given.key).exists():
        return
    start_run(
        template_key=key,
        input=given.input,
        actor=_ACTOR,
        event=event,
        trigger_key=given.key,
        subject=str(given.subject or ""),
        name=str(event.data.get("title") or event.data.get("name") or version.template.name),
    )


def _arrive(event: StoredEvent, waits: Iterable[EventWait]) -> None:
    view = _event_view(event)
    for wait in waits:
        if not _correlates(wait, view) or not matches(wait.match, wait.scope, view):
            continue
        arrival, made = EventArrival.objects.get_or_create(
            run_id=wait.run_id, visit=wait.visit, message_id=event.id
        )
        if made:
            enqueue(WorkItemSpec(ARRIVAL_KIND, arrival.id))


def _correlates(wait: EventWait, view: dict[str, object]) -> bool:
    for path, expected in wait.correlation.items():
        held: object = view
        for part in path.split("."):
            held = held.get(part) if isinstance(held, dict) else None
        if held != expected:
            return False
    return True


def _is_recheck(wait: EventWait) -> bool:
    """Whether the wait belongs to a failed check: what happened before the check has been seen by it."""
    return StepRun.objects.filter(run_id=wait.run_id, visit=wait.visit, kind="check").exists()


def _perform_and_forget(timer: RunTimer) -> None:
    run = lock_run(timer.run_id)
    timer.delete()
    perform(run, [FireTimer(timer.timer)])


def _event_view(event: StoredEvent) -> dict[str, object]:
    view: dict[str, object] = expression_view(
        {
            "id": str(event.id),
            "type": event.type,
            "subject": event.subject,
            "time": event.time.isoformat(),
            "data": event.data,
        }
    )
    return view

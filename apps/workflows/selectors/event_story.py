"""What happened to an event: which runs it started, which waits it ended or came too early or too late for, and why not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from apps.core.clock import now
from apps.core.errors import NotFound
from apps.core.expressions import ExpressionError, expression_view
from apps.ledger.models import OutboxMessage, SubscriberRetry
from apps.workflows.choices import VersionStatus
from apps.workflows.definitions import definition_of
from apps.workflows.engine.history import STEP_CLOSED, STEP_COMPLETED, STEP_PROGRESSED, STEP_STARTED, step_of
from apps.workflows.engine.matching import differences, matches
from apps.workflows.engine.triggers import begin_from_event, trigger_matches
from apps.workflows.models import EventArrival, EventWait, HistoryEntry, Run, StepRun, TemplateVersion

LOOK_BACK = timedelta(days=30)
"""How long after its end a wait still counts as near."""

SHOWN = 20
_SUBSCRIBER = "workflows"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Started:
    """A run the event started."""

    run: Run


@dataclass(frozen=True, slots=True)
class Told:
    """A wait the event was given to. ``how``: ended, too_late, no_match, on_its_way; ``early`` if it came before."""

    run: Run
    visit: str
    name: str
    how: str
    early: bool
    since: datetime | None
    until: datetime | None
    words: str


@dataclass(frozen=True, slots=True)
class Near:
    """A wait of the type that the event did not end. ``why``: other_values, no_match, ended_before, not_begun."""

    run: Run
    visit: str
    name: str
    why: str
    words: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class NotStarted:
    """A template that starts on the type and did not, or not because of this event."""

    template: str
    name: str
    words: str
    run: Run | None = None


@dataclass(frozen=True, slots=True)
class EventStory:
    """All that is known of an event's way through the workflows. ``problem`` says what holds its handling up."""

    event: OutboxMessage
    started: list[Started] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    near: list[Near] = field(default_factory=list)
    not_started: list[NotStarted] = field(default_factory=list)
    problem: str = ""

    @property
    def outcome(self) -> str:
        """In one word: started, ended_wait, waiting, late, nothing."""
        if self.started:
            return "started"
        if any(one.how == "ended" for one in self.told):
            return "ended_wait"
        if self.problem or any(one.how == "on_its_way" for one in self.told):
            return "waiting"
        if self.told or any(one.why == "ended_before" for one in self.near):
            return "late"
        return "nothing"


def event_story(event_id: UUID) -> EventStory:
    """Return what happened to an event; raise NotFound."""
    event = OutboxMessage.objects.filter(pk=event_id).first()
    if event is None:
        raise NotFound("not_found", "There is no such event.")
    view = _view(event)
    runs = Run.objects.select_related("template_version").defer("state")
    started = [Started(run) for run in runs.filter(trigger_event_id=event.id).order_by("id")]
    told = _told(event)
    known = {(one.run.id, one.visit) for one in told}
    return EventStory(
        event=event,
        started=started,
        told=told,
        near=[*_open_waits(event, view, known), *_ended_waits(event, view, known)],
        not_started=_not_started(event, view, {one.run.template_key for one in started}),
        problem=_problem(event),
    )


def _problem(event: OutboxMessage) -> str:
    retry = SubscriberRetry.objects.filter(message_id=event.id, subscriber__startswith=_SUBSCRIBER).first()
    if retry is not None:
        state = "It is given up until somebody tries it again" if retry.parked else "It is tried again"
        return f"Handling it failed {retry.attempts} times: {retry.error[:300]} {state}."
    return "" if event.delivered_at else "The workflows have not been told of it yet; that takes a moment."


def _told(event: OutboxMessage) -> list[Told]:
    arrivals = list(
        EventArrival.objects.filter(message_id=event.id)
        .select_related("run__template_version")
        .defer("run__state")
        .order_by("id")
    )
    facts = _facts((arrival.run_id, arrival.visit) for arrival in arrivals)
    return [_told_one(event, arrival, facts.get((arrival.run_id, arrival.visit), [])) for arrival in arrivals]


def _told_one(event: OutboxMessage, arrival: EventArrival, facts: list[HistoryEntry]) -> Told:
    since = next((fact.at for fact in facts if fact.kind == STEP_STARTED), None)
    end = next((fact for fact in facts if fact.kind in (STEP_COMPLETED, STEP_CLOSED)), None)
    ended_by_it = any(_carries(fact, event.id) for fact in facts)
    early = since is not None and event.time < since
    came = (
        "It came before the run waited for it and was kept."
        if early
        else "It came while the run waited for it."
    )
    if ended_by_it:
        how, words = "ended", came
    elif end is not None and end.at <= event.time:
        how, words = "too_late", f"It came too late: the wait was over, {_ending(end)}."
    elif end is not None:
        how, words = "too_late", f"Something else was quicker: the wait was over, {_ending(end)}."
    elif now() - arrival.created_at > timedelta(minutes=5):
        how, words = "no_match", "The run looked at it and goes on waiting."
    else:
        how, words = "on_its_way", "It is on its way to the run."
    until = end.at if end else None
    return Told(
        arrival.run, arrival.visit, _name(arrival.run, arrival.visit), how, early, since, until, words
    )


def _open_waits(event: OutboxMessage, view: Json, known: set[tuple[UUID, str]]) -> list[Near]:
    rows = EventWait.objects.filter(type=event.type).select_related("run__template_version")
    found: list[Near] = []
    for wait in rows.defer("run__state").order_by("-id")[: SHOWN * 5]:
        if (wait.run_id, wait.visit) in known or len(found) >= SHOWN:
            continue
        name = _name(wait.run, wait.visit)
        other = differences(wait.correlation, view)
        if other:
            found.append(
                Near(wait.run, wait.visit, name, "other_values", f"It waits for other values: {other}.")
            )
        elif not matches(wait.match, wait.scope, view):
            words = f"Its condition does not hold for this event: {wait.match}"
            found.append(Near(wait.run, wait.visit, name, "no_match", words))
        else:
            words = "It began to wait after this event, which it looks back for only since its run began."
            found.append(Near(wait.run, wait.visit, name, "not_begun", words))
    return found


def _ended_waits(event: OutboxMessage, view: Json, known: set[tuple[UUID, str]]) -> list[Near]:
    """Waits of the type that were over when the event came, those it would have ended first."""
    steps = _waiting_steps(event.type)
    if not steps:
        return []
    rows = StepRun.objects.filter(
        run__template_version_id__in=list(steps),
        step__in={step for ids in steps.values() for step in ids},
        ended_at__lte=event.time,
        ended_at__gte=event.time - LOOK_BACK,
    ).select_related("run__template_version")
    rows = rows.defer("run__state").order_by("-ended_at")[: SHOWN * 5]
    facts = _facts((row.run_id, row.visit) for row in rows)
    found: list[Near] = []
    for row in rows:
        held = facts.get((row.run_id, row.visit), [])
        awaits = _awaits(held)
        if (row.run_id, row.visit) in known or awaits is None or awaits.get("type") != event.type:
            continue
        if not matches(awaits.get("match"), awaits.get("scope", {}), view):
            continue
        end = next((fact for fact in held if fact.kind in (STEP_COMPLETED, STEP_CLOSED)), None)
        words = f"It would have ended this wait, but it was over by then, {_ending(end)}."
        found.append(Near(row.run, row.visit, row.name, "ended_before", words, row.ended_at))
    return found[:SHOWN]


def _not_started(event: OutboxMessage, view: Json, started: set[str]) -> list[NotStarted]:
    rows = TemplateVersion.objects.filter(trigger_event=event.type, status=VersionStatus.PUBLISHED)
    found = []
    for version in rows.select_related("template").order_by("template__key"):
        key, name = version.template.key, version.template.name
        if key in started:
            continue
        run, words = _why_not_started(version, event, view)
        found.append(NotStarted(key, name, words, run))
    return found


def _why_not_started(version: TemplateVersion, event: OutboxMessage, view: Json) -> tuple[Run | None, str]:
    definition = definition_of(version)
    try:
        if not trigger_matches(definition, view, event.time):
            condition = definition.trigger.when if definition.trigger else ""
            return None, f"Its condition does not hold for this event: {condition}"
        given = begin_from_event(definition, view, event.time)
    except ExpressionError as error:
        return None, f"Its trigger cannot be evaluated for this event: {error.message}"
    if given.key:
        earlier = Run.objects.filter(template_key=version.template.key, trigger_key=given.key).first()
        if earlier is not None:
            return earlier, f"Its key “{given.key}” has a run already, so the event is a repeat."
    if version.published_at and version.published_at > event.time:
        return None, "Its current version was published after this event."
    return None, "No run was started; see the exceptions about this event."


def _waiting_steps(event_type: str) -> dict[UUID, set[str]]:
    """Steps that wait for the type, by version: published ones, and those that runs may still follow."""
    found: dict[UUID, set[str]] = {}
    for version in TemplateVersion.objects.exclude(status=VersionStatus.DRAFT).exclude(definition={}):
        steps = {
            place.step.id
            for place in definition_of(version).places.values()
            if getattr(getattr(place.step, "event", None), "type", None) == event_type
        }
        if steps:
            found[version.id] = steps
    return found


def _facts(visits: Iterable[tuple[UUID, str]]) -> dict[tuple[UUID, str], list[HistoryEntry]]:
    wanted = set(visits)
    rows = HistoryEntry.objects.filter(
        run_id__in={run_id for run_id, _ in wanted}, visit__in={visit for _, visit in wanted}
    )
    found: dict[tuple[UUID, str], list[HistoryEntry]] = {}
    for row in rows.order_by("run_id", "seq"):
        found.setdefault((row.run_id, row.visit or ""), []).append(row)
    return found


def _awaits(facts: list[HistoryEntry]) -> Json | None:
    for fact in facts:
        awaits = (
            fact.data.get("work", {}).get("awaits") if fact.kind in (STEP_STARTED, STEP_PROGRESSED) else None
        )
        if awaits:
            return dict(awaits)
    return None


def _carries(fact: HistoryEntry, event_id: UUID) -> bool:
    output: Mapping[str, Any] = fact.data.get("output") or {}
    event = output.get("event") if fact.kind == STEP_COMPLETED else None
    return isinstance(event, dict) and event.get("id") == str(event_id)


def _ending(fact: HistoryEntry | None) -> str:
    if fact is None:
        return "as its history says"
    if fact.kind == STEP_CLOSED:
        return f"closed ({fact.data.get('reason', '')})"
    output = fact.data.get("output") or {}
    if output.get("timed_out"):
        return "because it timed out"
    if fact.data.get("how") == "skipped":
        return "skipped by a person"
    return "ended by another event" if output.get("event") else "completed"


def _name(run: Run, visit: str) -> str:
    place = definition_of(run.template_version).places.get(step_of(visit))
    return place.step.name if place else step_of(visit)


def _view(event: OutboxMessage) -> Json:
    view: Json = expression_view(
        {
            "id": str(event.id),
            "type": event.type,
            "subject": event.subject,
            "time": event.time.isoformat(),
            "data": event.data,
        }
    )
    return view

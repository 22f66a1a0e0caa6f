"""Everything the page of one run shows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse

from apps.approvals.choices import RequestStatus
from apps.approvals.models import ApprovalRequest
from apps.core.clock import now
from apps.core.wording import span_in_words
from apps.integrations.models import ActionIntent
from apps.portal.history_teller import Told, party_of, waiting_on
from apps.portal.history_words import tell
from apps.portal.offers import Offer, Place, offers_of_step
from apps.portal.wording import counted, joined, role_words, system_words
from apps.workflows.choices import CaseStatus, RunStatus, StepStatus, TaskStatus
from apps.workflows.definitions import definition_of
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.history import HistoryEvent, step_of, undo_id
from apps.workflows.models import ExceptionCase, HistoryEntry, Pause, Run, StepRun, UserTask
from apps.workflows.selectors.pauses import pauses_of_run
from apps.workflows.selectors.runs import get_run, versions_followed
from apps.workflows.services.projection import UNDO_PREFIX

MAX_FACTS = 600
_REPLAYS_SHOWN = 20
_WAITING_KINDS = frozenset({"approval", "user_task", "wait"})
_QUIET_KINDS = frozenset({"parallel", "choice", "for_each"})


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A step that has not ended: on whom it waits, the page where that can be mended ("" for none), what can be done."""

    step: StepRun
    on: str
    url: str
    offers: Sequence[Offer] = ()


@dataclass(frozen=True, slots=True)
class Undoing:
    """One compensation of a roll-back: what it undoes, in which word it stands, since or until when."""

    name: str
    word: str
    tone: str
    at: datetime | None
    url: str


@dataclass(frozen=True, slots=True)
class StepDetail:
    """One visit of a step with what it got, what it gave, and the calls it made."""

    step: StepRun
    kind: str
    input: Any
    output: Any
    calls: Sequence[ActionIntent]
    took: str


@dataclass(frozen=True, slots=True)
class RunView:
    """The run, where it stands in one sentence, and its story, the newest first."""

    run: Run
    definition: Definition
    sentence: str
    open_steps: Sequence[OpenStep]
    story: Sequence[Told]
    details: Sequence[StepDetail]
    has_earlier: bool
    pauses: Sequence[Pause]
    places: Sequence[Place]
    undoing: Sequence[Undoing]
    replays: Sequence[Run]


def read_run(run_id: UUID) -> RunView:
    """Return the view; raise UnknownRun. The number of queries does not depend on the length of the run."""
    run = get_run(run_id)
    definition = definition_of(run.template_version)
    entries = list(HistoryEntry.objects.filter(run_id=run.id).order_by("-seq")[:MAX_FACTS])
    facts = [HistoryEvent(entry.kind, entry.visit, entry.at, entry.data) for entry in reversed(entries)]
    steps = list(run.steps.all())
    unended = [step for step in steps if step.ended_at is None and step.kind not in _QUIET_KINDS]
    unended.sort(key=lambda step: step.status != StepStatus.EXCEPTION)
    open_steps = _open_steps(run, definition, unended) if unended else []
    return RunView(
        run=run,
        definition=definition,
        sentence=run_sentence(
            run,
            [item.on for item in open_steps],
            [item.step.started_at for item in open_steps],
            now(),
            [late["name"] for late in run.state.get("late", ())],
        ),
        open_steps=open_steps,
        story=list(reversed(tell(definition, facts, versions_followed(run.template_key, facts)))),
        details=_details(definition, run, steps, facts),
        has_earlier=len(entries) == MAX_FACTS,
        pauses=pauses_of_run(run),
        places=_places(definition, run, steps),
        undoing=_undoing(definition, run, steps, open_steps),
        replays=list(run.replays.only("id", "name", "status", "created_at").order_by("id")[:_REPLAYS_SHOWN]),
    )


def run_sentence(
    run: Run, waits_on: Sequence[str], since: Sequence[datetime], at: datetime, awaited: Sequence[str] = ()
) -> str:
    """Say in one sentence where a run stands, on whom it waits and for how long.

    ``awaited`` names the calls whose outcome a roll-back waits for.
    """
    took = span_in_words((run.finished_at or at) - run.created_at)
    if run.status == RunStatus.COMPLETED:
        ending = (
            "" if run.outcome in ("", "completed") else f" with the outcome “{run.outcome.replace('_', ' ')}”"
        )
        return f"It is completed{ending}, after {took}."
    if run.status == RunStatus.CANCELLED:
        return f"It was cancelled after {took}."
    if run.status == RunStatus.ROLLED_BACK:
        return f"It was rolled back after {took}."
    if run.status == RunStatus.ROLLING_BACK:
        if awaited:
            names = joined(f"“{name}”" for name in dict.fromkeys(awaited))
            return f"It is being rolled back, and waits to hear whether {names} was done before it goes on."
        return "It is being rolled back: what it did is undone, last first."
    if run.paused_by:
        return f"It is paused and begins nothing new. It has been running for {took}."
    stopped = f"{counted(run.open_exceptions, 'exception')} open. " if run.open_exceptions else ""
    parties = joined(dict.fromkeys(party for party in waits_on if party))
    if not parties:
        return f"{stopped}It has been running for {took}."
    return f"{stopped}It waits on {parties}, for {span_in_words(at - min(since))} now."


def _open_steps(run: Run, definition: Definition, unended: Sequence[StepRun]) -> list[OpenStep]:
    links = _links(run.id)
    if any(row.kind == "subflow" for row in unended):
        links |= _child_links(run.id)
    works = {visit["id"]: visit.get("work", {}) for visit in run.state.get("visits", ())}
    found = []
    for row in unended:
        link = links.get(row.visit, Link())
        place = definition.places.get(row.step)
        on = waiting_on(place.step, row.status) if place else row.waiting_on
        work = works.get(row.visit, {})
        given, is_doubted = work.get("input"), _is_doubted(work)
        payload = json.dumps(given, indent=2, ensure_ascii=False) if given is not None else ""
        offers = offers_of_step(
            place.step if place else None, row.visit, row.status, row.epoch, payload, is_doubted=is_doubted
        )
        found.append(OpenStep(row, link.owner or on, link.url, offers))
    return found


def _is_doubted(undo: Mapping[str, Any]) -> bool:
    """Whether a roll-back does not know that what it would undo was done: a person says so."""
    return undo.get("code") == "outcome_unknown"


def _places(definition: Definition, run: Run, steps: Sequence[StepRun]) -> list[Place]:
    """The steps the run has come to, in the template's order."""
    counts = run.state.get("counts", {})
    seen = {row.step for row in steps if not (row.visit.endswith("~undo") or _was_not_needed(row))}
    return [
        Place(step, place.step.name, counts[step])
        for step, place in definition.places.items()
        if step in seen and step in counts
    ]


def _was_not_needed(row: StepRun) -> bool:
    """Whether the template's condition left the step out; one that a person skipped was there before."""
    return row.status == StepStatus.SKIPPED and row.ended_at == row.started_at


def _undoing(
    definition: Definition, run: Run, steps: Sequence[StepRun], open_steps: Sequence[OpenStep]
) -> list[Undoing]:
    """What a roll-back has undone, is undoing and will undo, in that order."""
    urls = {item.step.visit: item.url for item in open_steps}
    begun = [row for row in steps if row.visit.endswith("~undo")]
    doubted = {visit["id"] for visit in run.state.get("visits", ()) if _is_doubted(visit.get("work", {}))}
    found = [
        Undoing(
            row.name.removeprefix(UNDO_PREFIX),
            *_undoing_words(row, doubted),
            row.ended_at or row.started_at,
            urls.get(row.visit, ""),
        )
        for row in begun
    ]
    if run.status == RunStatus.ROLLING_BACK:
        for late in run.state.get("late", ()):
            since = datetime.fromisoformat(late["since"])
            found.append(Undoing(late["name"], "Its outcome is awaited", "warning", since, ""))
        known = {row.visit for row in begun}
        for undo in reversed(run.state.get("undo", ())):
            if undo_id(undo["visit"], undo.get("epoch", 1)) not in known:
                step = undo.get("step") or step_of(undo["visit"])
                place = definition.places.get(step)
                name = place.step.name if place else str(undo.get("name") or step)
                word, tone = _ASKED_LATER if _is_doubted(undo) else ("Waits its turn", "neutral")
                found.append(Undoing(name, word, tone, None, ""))
    return found


def _undoing_words(row: StepRun, doubted: set[str]) -> tuple[str, str]:
    if row.status == StepStatus.EXCEPTION and row.visit in doubted:
        return "May have been done: needs a person", "danger"
    return _UNDOING.get(StepStatus(row.status), ("Under way", "brand"))


_ASKED_LATER = ("May have been done: a person is asked", "warning")

_UNDOING = {
    StepStatus.COMPLETED: ("Undone", "success"),
    StepStatus.SKIPPED: ("Left as it is", "neutral"),
    StepStatus.CLOSED: ("Not undone", "neutral"),
    StepStatus.EXCEPTION: ("Failed: needs a person", "danger"),
    StepStatus.RETRYING: ("Tried again soon", "warning"),
}


@dataclass(frozen=True, slots=True)
class Link:
    """The page where an open visit can be dealt with, and whose it is if that is known."""

    url: str = ""
    owner: str = ""


def _links(run_id: UUID) -> dict[str, Link]:
    """Where each open visit's decision, task or exception can be dealt with; three queries."""
    decisions = ApprovalRequest.objects.filter(run_id=run_id, status=RequestStatus.OPEN)
    links = {
        visit: Link(reverse("portal:approval", args=[pk]))
        for visit, pk in decisions.values_list("visit", "pk")
    }
    tasks = UserTask.objects.filter(run_id=run_id, status=TaskStatus.OPEN)
    for visit, pk in tasks.values_list("visit", "pk"):
        links[visit] = Link(reverse("portal:task", args=[pk]))
    cases = ExceptionCase.objects.filter(run_id=run_id, status=CaseStatus.OPEN)
    for visit, pk, role in cases.values_list("visit", "pk", "owner_role"):
        links[visit] = Link(reverse("portal:exception", args=[pk]), f"the {role_words(role)}" if role else "")
    return links


def _child_links(run_id: UUID) -> dict[str, Link]:
    """The runs that open subflows, or the undoing of closed ones, wait for; one query."""
    unfinished = Run.objects.filter(
        parent_id=run_id, status__in=(RunStatus.RUNNING, RunStatus.ROLLING_BACK)
    ).only("id", "name", "open_exceptions", "parent_visit", "parent_epoch")
    links = {}
    for child in unfinished:
        stopped = (
            f", where {counted(child.open_exceptions, 'exception')} is open" if child.open_exceptions else ""
        )
        link = Link(reverse("portal:run", args=[child.id]), f"the run “{child.name}”{stopped}")
        links[child.parent_visit] = links[undo_id(child.parent_visit, child.parent_epoch)] = link
    return links


def _details(
    definition: Definition, run: Run, steps: Sequence[StepRun], facts: Sequence[HistoryEvent]
) -> list[StepDetail]:
    inputs: dict[str, Any] = {}
    outputs: dict[str, Any] = {}
    for fact in facts:
        if fact.visit is None:
            continue
        work: Mapping[str, Any] = fact.data.get("work") or {}
        if "input" in work:
            inputs[fact.visit] = work["input"]
        if fact.data.get("input") is not None and fact.kind == "step_retried":
            inputs[fact.visit] = fact.data["input"]
        if fact.kind == "step_completed":
            outputs[fact.visit] = fact.data.get("output")
    order = {visit: place for place, visit in enumerate(dict.fromkeys(fact.visit for fact in facts))}
    calls: dict[str, list[ActionIntent]] = {}
    for intent in ActionIntent.objects.filter(run_id=run.id).select_related("connection").order_by("epoch"):
        calls.setdefault(intent.visit, []).append(intent)
    return [
        StepDetail(
            step=row,
            kind=_kind_words(row, calls.get(row.visit)),
            input=inputs.get(row.visit),
            output=outputs.get(row.visit),
            calls=calls.get(row.visit, []),
            took=_took(row, definition),
        )
        for row in sorted(steps, key=lambda row: order.get(row.visit, -1))
        if row.kind not in _QUIET_KINDS and row.status != StepStatus.SKIPPED
    ]


def _took(row: StepRun, definition: Definition) -> str:
    """How long an ended step took, or waited and on whom."""
    if row.ended_at is None:
        return ""
    span = span_in_words(row.ended_at - row.started_at)
    place = definition.places.get(row.step)
    party = party_of(place.step) if place and row.kind in _WAITING_KINDS else ""
    return f"waited {span} on {party}" if party else f"took {span}"


def _kind_words(row: StepRun, calls: Sequence[ActionIntent] | None) -> str:
    if row.kind == "action" and calls:
        return f"call of {system_words(calls[-1].slot)}: {calls[-1].operation}"
    words = {
        "user_task": "task",
        "notify": "message",
        "subflow": "run of its own",
        "set": "values",
        "end": "end",
    }
    return words.get(row.kind, row.kind)


STEP_TONES = {
    StepStatus.OPEN: "brand",
    StepStatus.RETRYING: "warning",
    StepStatus.EXCEPTION: "danger",
    StepStatus.HANDLING: "warning",
    StepStatus.DRAINING: "warning",
    StepStatus.COMPLETED: "success",
    StepStatus.SKIPPED: "neutral",
    StepStatus.CLOSED: "neutral",
}
RUN_TONES = {
    RunStatus.RUNNING: "brand",
    RunStatus.ROLLING_BACK: "warning",
    RunStatus.COMPLETED: "success",
    RunStatus.CANCELLED: "neutral",
    RunStatus.ROLLED_BACK: "neutral",
}

"""Everything the page of one run shows."""

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
from apps.portal.history_teller import Told, waiting_on
from apps.portal.history_words import tell
from apps.portal.wording import counted, joined, role_words, system_words
from apps.workflows.choices import CaseStatus, RunStatus, StepStatus, TaskStatus
from apps.workflows.definitions import definition_of
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.history import HistoryEvent
from apps.workflows.models import ExceptionCase, HistoryEntry, Run, StepRun, UserTask
from apps.workflows.selectors.runs import get_run

MAX_FACTS = 600
_QUIET_KINDS = frozenset({"parallel", "choice", "for_each"})


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A step that has not ended: on whom it waits, and the page where that can be mended ("" for none)."""

    step: StepRun
    on: str
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
            run, [item.on for item in open_steps], [item.step.started_at for item in open_steps], now()
        ),
        open_steps=open_steps,
        story=list(reversed(tell(definition, facts))),
        details=_details(run, steps, facts),
        has_earlier=len(entries) == MAX_FACTS,
    )


def run_sentence(run: Run, waits_on: Sequence[str], since: Sequence[datetime], at: datetime) -> str:
    """Say in one sentence where a run stands, on whom it waits and for how long."""
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
        return "It is being rolled back: what it did is undone, last first."
    stopped = f"{counted(run.open_exceptions, 'exception')} open. " if run.open_exceptions else ""
    parties = joined(dict.fromkeys(party for party in waits_on if party))
    if not parties:
        return f"{stopped}It has been running for {took}."
    return f"{stopped}It waits on {parties}, for {span_in_words(at - min(since))} now."


def _open_steps(run: Run, definition: Definition, unended: Sequence[StepRun]) -> list[OpenStep]:
    links = _links(run.id)
    found = []
    for row in unended:
        link = links.get(row.visit, Link())
        place = definition.places.get(row.step)
        on = waiting_on(place.step, row.status) if place else row.waiting_on
        found.append(OpenStep(row, link.owner or on, link.url))
    return found


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


def _details(run: Run, steps: Sequence[StepRun], facts: Sequence[HistoryEvent]) -> list[StepDetail]:
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
            took=span_in_words(row.ended_at - row.started_at) if row.ended_at else "",
        )
        for row in sorted(steps, key=lambda row: order.get(row.visit, -1))
        if row.kind not in _QUIET_KINDS and row.status != StepStatus.SKIPPED
    ]


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

"""What a set of runs has been through: steps, and the ways that lead on from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from apps.workflows.engine.definition import ChoiceStep, Definition, ParallelStep, Step
from apps.workflows.engine.history import STEP_COMPLETED, STEP_SKIPPED, STEP_STARTED, HistoryEvent, step_of

Json = dict[str, Any]
_SLOTS = {
    "on_error": "when it fails",
    "on_fail": "when the check fails",
    "on_reject": "when it is rejected",
    "on_changes": "when changes are requested",
    "timeout": "when nothing comes in time",
    "otherwise": "otherwise",
    "steps": "its steps",
}


@dataclass(frozen=True, slots=True)
class Way:
    """A way on from a step: a nested list, no case of a choice, or being skipped. `slot` is its name in the template."""

    step: str
    slot: str
    label: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many cases came to each step and took each way; what none did counts 0."""

    steps: dict[str, int]
    ways: dict[Way, int]

    @property
    def covered_steps(self) -> int:
        """Steps at least one case came to."""
        return sum(count > 0 for count in self.steps.values())

    @property
    def covered_ways(self) -> int:
        """Ways at least one case took."""
        return sum(count > 0 for count in self.ways.values())


def measure_coverage(definition: Definition, histories: Iterable[Iterable[HistoryEvent]]) -> Coverage:
    """Count over the histories of many runs; each run counts once."""
    steps: Counter[str] = Counter(dict.fromkeys(definition.places, 0))
    ways: Counter[Way] = Counter(dict.fromkeys(ways_of(definition), 0))
    for history in histories:
        reached, taken = _been(definition, history)
        steps.update(reached)
        ways.update(taken)
    return Coverage(dict(steps), dict(ways))


def coverage_json(coverage: Coverage) -> Json:
    """The coverage as JSON; `coverage_of` reads it back."""
    ways = [
        {"step": way.step, "slot": way.slot, "label": way.label, "cases": count}
        for way, count in coverage.ways.items()
    ]
    return {"steps": coverage.steps, "ways": ways}


def coverage_of(data: Json) -> Coverage:
    """The coverage that `coverage_json` wrote; of an empty object, none."""
    ways = {Way(one["step"], one["slot"], one["label"]): one["cases"] for one in data.get("ways", [])}
    return Coverage(dict(data.get("steps", {})), ways)


def add_coverage(held: Json, more: Json) -> Json:
    """The coverage of two sets of cases of one template together, as JSON."""
    was, adds = coverage_of(held), coverage_of(more)
    steps = {step: was.steps.get(step, 0) + count for step, count in adds.steps.items()}
    return coverage_json(Coverage(steps, {way: was.ways.get(way, 0) + n for way, n in adds.ways.items()}))


def ways_of(definition: Definition) -> list[Way]:
    """Every way of a template, in reading order."""
    found = []
    for place in definition.places.values():
        step = place.step
        if step.when is not None:
            found.append(Way(step.id, "when", "skipped"))
        found.extend(Way(step.id, slot, _label(step, slot)) for slot, _steps in step.blocks())
        if isinstance(step, ChoiceStep) and not step.otherwise:
            found.append(Way(step.id, "otherwise", "no case holds"))
    return found


def _been(definition: Definition, history: Iterable[HistoryEvent]) -> tuple[set[str], set[Way]]:
    reached: set[str] = set()
    taken: set[Way] = set()
    for event in history:
        step = step_of(event.visit or "")
        if step not in definition.places or (event.visit or "").endswith("~undo"):
            continue
        if event.kind == STEP_SKIPPED:
            taken.add(Way(step, "when", "skipped"))
        if event.kind in (STEP_STARTED, STEP_COMPLETED):
            reached.add(step)
        if event.kind in (STEP_STARTED, STEP_COMPLETED, STEP_SKIPPED):
            _came_by(definition, step, taken)
        if event.kind == STEP_COMPLETED and event.data.get("how") == "completed":
            _no_case(definition.step(step), event, taken)
    return reached, taken


def _came_by(definition: Definition, step: str, taken: set[Way]) -> None:
    place = definition.places[step]
    if place.owner is not None and place.index == 0:
        owner = definition.step(place.owner)
        taken.add(Way(owner.id, place.slot, _label(owner, place.slot)))


def _no_case(step: Step, event: HistoryEvent, taken: set[Way]) -> None:
    """An empty list was entered: nothing inside tells of it."""
    if isinstance(step, ChoiceStep):
        slot = str((event.data.get("output") or {}).get("case", "otherwise"))
        if slot == "otherwise" and not step.otherwise:
            taken.add(Way(step.id, "otherwise", "no case holds"))
        elif slot in dict(step.blocks()):
            taken.add(Way(step.id, slot, _label(step, slot)))
    if isinstance(step, ParallelStep):
        taken.update(
            Way(step.id, f"branches.{number}", _label(step, f"branches.{number}"))
            for number, branch in enumerate(step.branches)
            if not branch
        )


def _label(step: Step, slot: str) -> str:
    name, _, number = slot.partition(".")
    if isinstance(step, ChoiceStep) and name == "cases" and number.isdecimal():
        case = step.cases[int(number)]
        return case.label or f"when {case.when}"
    if isinstance(step, ParallelStep) and name == "branches" and number.isdecimal():
        labels = step.labels
        return labels[int(number)] if int(number) < len(labels) else f"branch {int(number) + 1}"
    return _SLOTS.get(name, name)

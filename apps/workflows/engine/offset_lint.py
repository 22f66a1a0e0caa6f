"""Judging what counts time: calendars must exist, and what an offset counts from must have happened by then."""

from __future__ import annotations

from collections.abc import Collection

from apps.workflows.engine.definition import Definition, OffsetUse
from apps.workflows.engine.linting import Lint
from apps.workflows.engine.offsets import STANDARD
from apps.workflows.engine.reader import suggestion


def lint_times(pass_: Lint, dropped: Collection[str]) -> None:
    """Report unknown calendars and anchors, and anchors that cannot have ended when the step begins."""
    for use in pass_.definition.offsets:
        _lint_calendar(pass_, use.offset.calendar, f"{use.path}.calendar")
        if use.offset.anchor.startswith("step."):
            _lint_anchor(pass_, use, use.offset.anchor.removeprefix("step."), dropped)
    for step_id, sla in pass_.definition.slas.items():
        path = f"{pass_.definition.places[step_id].path}.sla" if step_id else "sla"
        _lint_calendar(pass_, sla.calendar, f"{path}.calendar")


def _lint_calendar(pass_: Lint, key: str, path: str) -> None:
    known = pass_.catalogue.calendars()
    if key in STANDARD:
        return
    pass_.known("calendar", key, None if known is None else [*known, *STANDARD], path)


def _lint_anchor(pass_: Lint, use: OffsetUse, target: str, dropped: Collection[str]) -> None:
    places = pass_.definition.places
    path = f"{use.path}.from"
    if target in dropped:
        return
    if target not in places:
        pass_.report.add(
            "anchor_unknown", f"There is no step '{target}' to count from.", path, suggestion(target, places)
        )
    elif (
        use.step is not None and use.step in places and not _comes_before(pass_.definition, target, use.step)
    ):
        message = f"'{target}' has not ended when this step begins."
        pass_.report.add("anchor_later", message, path, "Count from an earlier step.")


def _comes_before(definition: Definition, target: str, step: str) -> bool:
    """Whether a step stands before another one in a list around that one, itself or around the target."""
    places = definition.places
    targets = {}
    current: str | None = target
    while current is not None:
        place = places[current]
        targets[(place.owner, place.slot)] = place.index
        current = place.owner
    current = step
    while current is not None:
        place = places[current]
        index = targets.get((place.owner, place.slot))
        if index is not None:
            return index < place.index
        current = place.owner
    return False

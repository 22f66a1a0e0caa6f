"""What differs between two templates, step by step and field by field, in words and as text.

Works on the documents as stored, so it reads every format and every kind of step: a nested list is any list of mappings
with ``id`` and ``kind``.
"""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

ADDED, REMOVED, MOVED, CHANGED = "added", "removed", "moved", "changed"
_MISSING = object()
_HEAD_ORDER = (
    "name",
    "description",
    "family",
    "owners",
    "classification",
    "trigger",
    "input",
    "sla",
    "connections",
)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field: its path inside the step or the head, and its values; None where there is none."""

    path: str
    before: Any = None
    after: Any = None
    kind: str = CHANGED

    @property
    def words(self) -> str:
        """The change as a clause: ``due P2D → P3D``."""
        label = self.path.replace("_", " ").replace(".", " › ")
        if self.kind == ADDED:
            return f"{label} added: {shown(self.after)}"
        if self.kind == REMOVED:
            return f"{label} removed, was {shown(self.before)}"
        return f"{label} {shown(self.before)} → {shown(self.after)}"

    def to_json(self) -> Json:
        """The change for an API answer."""
        return {
            "path": self.path,
            "change": self.kind,
            "before": self.before,
            "after": self.after,
            "words": self.words,
        }


@dataclass(frozen=True, slots=True)
class StepChange:
    """One step that was added, removed, moved or changed; a step may be both moved and changed.

    ``place`` is where it stands (for a removed one: stood), ``was_at`` where a moved one stood.
    """

    step: str
    name: str
    step_kind: str
    changes: tuple[str, ...]
    place: str
    was_at: str = ""
    fields: tuple[FieldChange, ...] = ()

    @property
    def words(self) -> str:
        """The change as a sentence without the fields."""
        what = f"{self.name} ({self.step_kind.replace('_', ' ')})"
        if ADDED in self.changes:
            return f"{what} is new, {self.place}."
        if REMOVED in self.changes:
            return f"{what} is gone; it stood {self.place}."
        moved = f" moves from {self.was_at} to {self.place}" if MOVED in self.changes else ""
        changed = " changes" if CHANGED in self.changes else ""
        return f"{what}{moved}{' and' if moved and changed else ''}{changed}."

    def to_json(self) -> Json:
        """The change for an API answer."""
        return {
            "step": self.step,
            "name": self.name,
            "kind": self.step_kind,
            "changes": list(self.changes),
            "place": self.place,
            "was_at": self.was_at,
            "words": self.words,
            "fields": [change.to_json() for change in self.fields],
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs: the head field by field, the steps in reading order, and the parts by kind and key."""

    head: tuple[FieldChange, ...] = ()
    steps: tuple[StepChange, ...] = ()
    parts: dict[str, tuple[FieldChange, ...]] = field(default_factory=dict)
    tests: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.head or self.steps or self.parts or self.tests)

    @property
    def summary(self) -> str:
        """The whole in one line: ``2 steps added, 1 changed; 1 setting changed``."""
        found = [
            (kind, sum(kind in step.changes for step in self.steps))
            for kind in (ADDED, REMOVED, MOVED, CHANGED)
        ]
        steps = [f"{count} {_noun(count, 'step')} {kind}" for kind, count in found if count]
        if self.head:
            steps.append(f"{len(self.head)} {_noun(len(self.head), 'setting')} changed")
        if self.parts:
            count = sum(len(changes) for changes in self.parts.values())
            steps.append(f"{count} {_noun(count, 'difference')} in what it holds")
        if self.tests:
            steps.append("its tests changed")
        return ", ".join(steps) or "Nothing differs"

    def to_json(self) -> Json:
        """The difference for an API answer."""
        return {
            "summary": self.summary,
            "head": [change.to_json() for change in self.head],
            "steps": [step.to_json() for step in self.steps],
            "parts": {name: [one.to_json() for one in changes] for name, changes in self.parts.items()},
            "tests_changed": self.tests,
        }


@dataclass(frozen=True, slots=True)
class _Spot:
    step: Json
    owner: str
    slot: str
    index: int
    before: str


def compare(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    parts: tuple[Mapping[str, Any], Mapping[str, Any]] = ({}, {}),
    tests: tuple[str, str] = ("", ""),
) -> Difference:
    """Return what differs between two template documents, and between what two versions hold beside them."""
    return Difference(
        head=tuple(_head(before, after)),
        steps=tuple(_steps(before, after)),
        parts=_parts(*parts),
        tests=tests[0].strip() != tests[1].strip(),
    )


def compare_text(before: str, after: str, *, names: tuple[str, str] = ("before", "after")) -> list[str]:
    """Return the unified difference of two texts, line by line."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), *names, lineterm="")
    return list(lines)


def compare_values(before: Any, after: Any, path: str = "") -> Iterator[FieldChange]:
    """Yield what differs between two values, as deep as both are mappings; lists are compared as a whole."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*after, *(key for key in before if key not in after)]:
            where = f"{path}.{key}" if path else str(key)
            yield from compare_values(before.get(key, _MISSING), after.get(key, _MISSING), where)
    elif before is _MISSING:
        yield FieldChange(path, None, after, ADDED)
    elif after is _MISSING:
        yield FieldChange(path, before, None, REMOVED)
    elif before != after or type(before) is not type(after):
        yield FieldChange(path, before, after)


def shown(value: Any) -> str:
    """Return a value as people read it, cut at 120 characters."""
    if isinstance(value, str):
        text = value or "nothing"
    elif isinstance(value, bool) or value is None:
        text = {True: "yes", False: "no", None: "nothing"}[value]
    elif isinstance(value, Mapping):
        text = ", ".join(f"{key}: {shown(inner)}" for key, inner in value.items()) or "nothing"
    elif isinstance(value, list | tuple):
        text = "; ".join(shown(inner) for inner in value) or "nothing"
    else:
        text = str(value)
    return text if len(text) <= 120 else f"{text[:117]}…"


def _head(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[FieldChange]:
    rest = sorted({*before, *after} - {*_HEAD_ORDER, "steps"})
    for key in (*_HEAD_ORDER, *rest):
        yield from (
            compare_values(before.get(key, _MISSING), after.get(key, _MISSING), key)
            if (key in before or key in after)
            else ()
        )


def _steps(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[StepChange]:
    old, new = _spots(before), _spots(after)
    moved = _moved(old, new)
    for step_id, spot in new.items():
        if step_id not in old:
            yield _change(spot, (ADDED,), new)
            continue
        fields = tuple(compare_values(_own(old[step_id].step), _own(spot.step)))
        kinds = ((MOVED,) if step_id in moved else ()) + ((CHANGED,) if fields else ())
        if kinds:
            was_at = _place(old[step_id], old) if step_id in moved else ""
            yield _change(spot, kinds, new, was_at, fields)
    for step_id, spot in old.items():
        if step_id not in new:
            yield _change(spot, (REMOVED,), old)


def _change(
    spot: _Spot,
    kinds: tuple[str, ...],
    spots: Mapping[str, _Spot],
    was_at: str = "",
    fields: tuple[FieldChange, ...] = (),
) -> StepChange:
    step = spot.step
    return StepChange(
        str(step["id"]), _name(step), str(step["kind"]), kinds, _place(spot, spots), was_at, fields
    )


def _spots(document: Mapping[str, Any]) -> dict[str, _Spot]:
    return {str(spot.step["id"]): spot for spot in _walk(document.get("steps"), "", "steps")}


def _walk(steps: Any, owner: str, slot: str) -> Iterator[_Spot]:
    before = ""
    for index, step in enumerate(steps if _is_block(steps) else ()):
        yield _Spot(step, owner, slot, index, before)
        for inner, block in _blocks(step):
            yield from _walk(block, str(step["id"]), inner)
        before = str(step["id"])


def _blocks(value: Any, path: str = "") -> Iterator[tuple[str, list[Json]]]:
    """Yield the nested lists of steps below a value, with the path that leads there."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _blocks(inner, f"{path}.{key}" if path else str(key))
    elif _is_block(value):
        yield path, value
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _blocks(inner, f"{path}.{index + 1}")


def _is_block(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, Mapping) and "id" in item and "kind" in item for item in value)
    )


def _own(step: Any) -> Any:
    """Return a step without the steps nested in it, which are compared one by one."""
    if isinstance(step, Mapping):
        return {key: _own(inner) for key, inner in step.items()}
    if _is_block(step):
        return []
    return [_own(inner) for inner in step] if isinstance(step, list) else step


def _moved(old: Mapping[str, _Spot], new: Mapping[str, _Spot]) -> set[str]:
    """Return the steps in another list than before, or no longer in the order of most of their neighbours."""
    both = [step_id for step_id in new if step_id in old]
    found = {one for one in both if (old[one].owner, old[one].slot) != (new[one].owner, new[one].slot)}
    lists: dict[tuple[str, str], list[str]] = {}
    for one in both:
        if one not in found:
            lists.setdefault((new[one].owner, new[one].slot), []).append(one)
    for ids in lists.values():
        found |= set(ids) - _in_order(ids, [old[one].index for one in ids])
    return found


def _in_order(ids: Sequence[str], ranks: Sequence[int]) -> set[str]:
    """Return the longest run of ids whose ranks grow: these stayed, the others moved."""
    tails: list[int] = []
    ends: list[int] = []
    links: list[int] = []
    for index, rank in enumerate(ranks):
        at = bisect_left(tails, rank)
        links.append(ends[at - 1] if at else -1)
        tails[at:] = [rank, *tails[at + 1 :]]
        ends[at:] = [index, *ends[at + 1 :]]
    stayed, index = set(), ends[-1] if ends else -1
    while index >= 0:
        stayed.add(ids[index])
        index = links[index]
    return stayed


def _place(spot: _Spot, spots: Mapping[str, _Spot]) -> str:
    inside = f" in {_name(spots[spot.owner].step)}" if spot.owner in spots else ""
    if spot.before:
        return f"after {_name(spots[spot.before].step)}{inside}"
    return f"first{inside}" if inside else "at the beginning"


def _name(step: Mapping[str, Any]) -> str:
    return str(step.get("name") or str(step["id"]).replace("_", " ").capitalize())


def _parts(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[FieldChange, ...]]:
    found = {
        name: tuple(compare_values(before.get(name, {}), after.get(name, {})))
        for name in sorted({*before, *after})
    }
    return {name: changes for name, changes in found.items() if changes}


def _noun(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"

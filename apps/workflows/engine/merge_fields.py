"""Merging the fields of steps: each is taken from the side that changed it; what both changed is a conflict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.workflows.engine.merge3 import Agreed, compare
from apps.workflows.engine.merge_steps import HEAD, MARK, Parts, canonical, same

Json = dict[str, Any]


class _Missing:
    """Stands for a field that is not there, which is another thing than one that holds null."""


MISSING = _Missing()


@dataclass(frozen=True, slots=True)
class Conflict:
    """One thing both sides changed: field ``path`` of ``step`` ("" is the template itself; no path: the whole step).

    Of a value that is not there, ``absent`` names the sides: base, mine, theirs.
    """

    id: str
    step: str
    path: str
    base: Any
    mine: Any
    theirs: Any
    absent: tuple[str, ...] = ()

    def to_json(self) -> Json:
        """The conflict for an API answer."""
        return {
            "id": self.id,
            "step": self.step,
            "path": self.path,
            "base": self.base,
            "mine": self.mine,
            "theirs": self.theirs,
            "absent": list(self.absent),
        }


class FieldMerge:
    """One merge of fields; gathers the conflicts that ``choices`` (by id: mine or theirs) do not settle."""

    def __init__(self, parts: Sequence[Parts], choices: Mapping[str, str]) -> None:
        self.base, self.mine, self.theirs = parts
        self.choices = choices
        self.conflicts: list[Conflict] = []

    def merge(self) -> dict[str, Json]:
        """The fields of every step that remains."""
        ids = dict.fromkeys([*self.theirs.fields, *self.mine.fields])
        merged: dict[str, Json] = {}
        for step in ids:
            fields = self._step(step)
            if fields is not MISSING:
                merged[step] = fields
        return merged

    def settle(self, step: str, path: str, base: Any, mine: Any, theirs: Any) -> Any:
        """The value of the side that changed it; of both, the chosen one, or theirs and a conflict."""
        if _alike(mine, theirs) or _alike(mine, base):
            return theirs
        if _alike(theirs, base):
            return mine
        conflict_id = f"{step}/{path}"
        choice = self.choices.get(conflict_id)
        if choice is None:
            sides = {"base": base, "mine": mine, "theirs": theirs}
            absent = tuple(name for name, value in sides.items() if value is MISSING)
            shown = {
                name: None if value is MISSING else _shown(value, getattr(self, name), step)
                for name, value in sides.items()
            }
            self.conflicts.append(Conflict(conflict_id, step, path, **shown, absent=absent))
        return mine if choice == "mine" else theirs

    def _step(self, step: str) -> Any:
        base = self.base.fields.get(step, MISSING)
        mine = self.mine.fields.get(step, MISSING)
        theirs = self.theirs.fields.get(step, MISSING)
        if mine is MISSING or theirs is MISSING:
            return self.settle(step, "", base, mine, theirs)
        return self._value(step, "", base, mine, theirs)

    def _value(self, step: str, path: str, base: Any, mine: Any, theirs: Any) -> Any:
        if _alike(mine, theirs) or _alike(mine, base):
            return theirs
        if _alike(theirs, base):
            return mine
        if isinstance(mine, dict) and isinstance(theirs, dict) and MARK not in mine and MARK not in theirs:
            return self._mapping(step, path, base if isinstance(base, dict) else {}, mine, theirs)
        if isinstance(mine, list) and isinstance(theirs, list) and isinstance(base, list):
            merged = self._list(step, path, base, mine, theirs)
            if merged is not None:
                return merged
        return self.settle(step, path, base, mine, theirs)

    def _mapping(self, step: str, path: str, base: Json, mine: Json, theirs: Json) -> Json:
        merged: Json = {}
        for name in dict.fromkeys([*theirs, *mine]):
            inner = f"{path}.{name}" if path else name
            values = (side.get(name, MISSING) for side in (base, mine, theirs))
            value = self._value(step, inner, *values)
            if value is not MISSING:
                merged[name] = value
        return merged

    def _list(self, step: str, path: str, base: list[Any], mine: list[Any], theirs: list[Any]) -> Any:
        """Items added, removed and changed by either side; None where they cannot be told apart."""
        held = {canonical(item): item for item in [*base, *mine, *theirs]}
        merged: list[Any] = []
        sides = ([canonical(item) for item in side] for side in (base, mine, theirs))
        for stretch in compare(*sides):
            if isinstance(stretch, Agreed):
                merged += [held[text] for text in stretch.items]
                continue
            if not len(stretch.base) == len(stretch.mine) == len(stretch.theirs):
                return None
            for texts in zip(stretch.base, stretch.mine, stretch.theirs, strict=True):
                values = (held[text] for text in texts)
                merged.append(self._value(step, f"{path}[{len(merged)}]", *values))
        return merged


def _alike(one: Any, other: Any) -> bool:
    if one is MISSING or other is MISSING:
        return one is other
    return same(one, other)


def _shown(value: Any, parts: Parts, step: str) -> Any:
    """The value with its nested lists of steps as their ids, for people to read."""
    if isinstance(value, dict):
        if MARK in value:
            return {"steps": parts.lists.get((step or HEAD, value[MARK]), [])}
        return {name: _shown(item, parts, step) for name, item in value.items()}
    return [_shown(item, parts, step) for item in value] if isinstance(value, list) else value

"""Plans of migration: which step of another version takes the place of each step, and what the runs are given."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Self

from apps.workflows.engine.definition import Definition, Step

Json = dict[str, Any]

_APART = frozenset({"kind", "id", "description", "branches", "cases", "otherwise", "steps", "blocks_inside"})
"""What is no part of a step's own definition: its identity, and the lists inside it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How runs of one version become runs of another.

    `steps` maps each step of the old version to its counterpart (None: it has none). `go_on` says for open steps that
    have none where the run goes on instead. `input`, `vars` and `outputs` (by step of the new version) are given to each
    run that lacks them; strings that start with `=` are expressions over the run, in the names of the new version.
    """

    steps: dict[str, str | None]
    go_on: dict[str, str] = field(default_factory=dict)
    input: Json = field(default_factory=dict)
    vars: Json = field(default_factory=dict)
    outputs: Json = field(default_factory=dict)

    def to_json(self) -> Json:
        """The plan as JSON; `from_json` is the inverse."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read what `to_json` wrote; what is missing is empty."""
        return cls(**{field.name: dict(data.get(field.name) or {}) for field in fields(cls)})

    def anchor(self, name: str) -> str:
        """What an offset of the old version counts from, in the names of the new one."""
        step = name.removeprefix("step.")
        return f"step.{self.steps.get(step) or step}" if step != name else name

    def renamed(self, text: str) -> str:
        """An expression of the old version in the names of the new one."""
        return _REFERENCE.sub(lambda found: f"steps.{self.steps.get(found[1]) or found[1]}", text)


_REFERENCE = re.compile(r"\bsteps\.([a-z][a-z0-9_]*)")


def propose(old: Definition, new: Definition) -> dict[str, str | None]:
    """A counterpart for each step: the same id, else the same name, else the same place; always of the same kind."""
    found: dict[str, str | None] = {
        key: key for key, place in old.places.items() if _kind(new, key) == place.step.kind
    }
    for fits in (_same_name, _same_place):
        for key, candidates in _left(old, new, found):
            fitting = [other for other in candidates if fits(old, new, key, other, found)]
            if len(fitting) == 1 and _is_only(old, new, fitting[0], found, fits):
                found[key] = fitting[0]
    return {key: found.get(key) for key in old.places}


def complete(old: Definition, new: Definition, given: dict[str, str | None]) -> dict[str, str | None]:
    """A whole mapping: what is given, and the proposal for all other steps, without using a counterpart twice."""
    taken = {target for target in given.values() if target}
    proposed = propose(old, new)
    free = {key: target if target not in taken else None for key, target in proposed.items()}
    return {**free, **{key: target for key, target in given.items() if key in old.places}}


def changed_fields(old: Step, new: Step, plan: Plan) -> list[str]:
    """The fields in which two steps differ, apart from their ids and the lists inside them."""
    names = [field.name for field in fields(old) if field.name not in _APART]
    if type(old) is not type(new):
        return names
    return [name for name in names if _plain(getattr(old, name), plan) != _plain(getattr(new, name), None)]


def is_same(old: Any, new: Any, plan: Plan) -> bool:
    """Whether a value of a step of the old version means the same in the new one."""
    return bool(_plain(old, plan) == _plain(new, None))


Fits = Callable[[Definition, Definition, str, str, dict[str, str | None]], bool]


def _left(old: Definition, new: Definition, found: dict[str, str | None]) -> Iterator[tuple[str, list[str]]]:
    for key, place in old.places.items():
        if key not in found:
            free = [other for other in new.places if other not in found.values()]
            yield key, [other for other in free if _kind(new, other) == place.step.kind]


def _is_only(old: Definition, new: Definition, target: str, found: dict[str, str | None], fits: Fits) -> bool:
    """Whether no other step without a counterpart could claim the target too."""
    kind = _kind(new, target)
    others = [key for key in old.places if key not in found and _kind(old, key) == kind]
    return sum(fits(old, new, key, target, found) for key in others) == 1


def _same_name(old: Definition, new: Definition, key: str, other: str, _found: dict[str, str | None]) -> bool:
    return old.step(key).name.casefold() == new.step(other).name.casefold()


def _same_place(old: Definition, new: Definition, key: str, other: str, found: dict[str, str | None]) -> bool:
    """Whether both stand in the same list between the same neighbours."""
    here, there = old.places[key], new.places[other]
    owner = found.get(here.owner) if here.owner else None
    if owner != there.owner or here.slot != there.slot:
        return False
    before, after = _before(old, key), here.next
    fits_before = (found.get(before) if before else None) == _before(new, other)
    fits_after = (found.get(after) if after else None) == there.next
    return fits_before and fits_after


def _before(definition: Definition, key: str) -> str | None:
    return next((other for other, place in definition.places.items() if place.next == key), None)


def _kind(definition: Definition, key: str) -> str | None:
    place = definition.places.get(key)
    return place.step.kind if place else None


def _plain(value: Any, plan: Plan | None) -> Any:
    """A value that can be compared: nested steps are left out, names of steps are those of the new version."""
    if isinstance(value, str):
        return plan.renamed(value) if plan else value
    if isinstance(value, dict):
        return {key: _plain(item, plan) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return (
            ["steps"] if any(isinstance(item, Step) for item in value) else [_plain(v, plan) for v in value]
        )
    if is_dataclass(value) and not isinstance(value, type):
        found = {field.name: _plain(getattr(value, field.name), plan) for field in fields(value)}
        if plan and "step" in found:
            found["step"] = plan.steps.get(str(found["step"])) or found["step"]
        if plan and "anchor" in found:
            found["anchor"] = plan.anchor(str(found["anchor"]))
        return found
    return value

"""Merging where steps stand: in which list, and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from apps.workflows.engine.merge_fields import MISSING, FieldMerge
from apps.workflows.engine.merge_steps import HEAD, MARK, Parts, Slot

Json = dict[str, Any]
STRUCTURE = "~structure"
"""Path of the conflict in which one side removed the list into which the other put something."""


def merge_structure(
    parts: Sequence[Parts], fields: dict[str, Json], merge: FieldMerge
) -> dict[Slot, list[str]]:
    """The lists of the merged document; steps that are in none of them are gone from ``fields`` afterwards."""
    lists = _lists(parts, fields, merge)
    lost = set(fields) - set(_reachable(fields, lists)) - {HEAD}
    if lost and not merge.conflicts:
        lists = _of_one_side(parts, fields, merge, lost)
    for step in set(fields) - set(_reachable(fields, lists)) - {HEAD}:
        del fields[step]
    return lists


def _lists(parts: Sequence[Parts], fields: dict[str, Json], merge: FieldMerge) -> dict[Slot, list[str]]:
    places: dict[str, Slot] = {}
    for step in fields:
        if step != HEAD:
            places[step] = _place(step, parts, merge)
    slots = dict.fromkeys([*parts[2].lists, *parts[1].lists])
    members = {slot: [step for step, place in places.items() if place == slot] for slot in slots}
    return {slot: _ordered(slot, parts, set(members[slot]), merge) for slot in slots}


def _place(step: str, parts: Sequence[Parts], merge: FieldMerge) -> Slot:
    base, mine, theirs = (side.places.get(step) for side in parts)
    if mine is None or theirs is None:
        # One side removed it, or only one has added it: it stands where the other has it.
        found = mine or theirs
        return found if found is not None else (HEAD, "")
    chosen = merge.settle(step, "~place", list(base) if base else MISSING, list(mine), list(theirs))
    return mine if chosen == list(mine) else theirs


def _ordered(slot: Slot, parts: Sequence[Parts], members: set[str], merge: FieldMerge) -> list[str]:
    base, mine, theirs = ([step for step in side.lists.get(slot, []) if step in members] for side in parts)
    common = [step for step in base if step in mine and step in theirs]
    ours, others = ([step for step in side if step in common] for side in (mine, theirs))
    chosen = merge.settle(slot[0], f"{slot[1]}.~order", common, ours, others)
    lead, follow = (mine, theirs) if chosen == ours and chosen != others else (theirs, mine)
    order = list(lead)
    for index, step in enumerate(follow):
        if step not in order:
            before = next((held for held in reversed(follow[:index]) if held in order), None)
            order.insert(order.index(before) + 1 if before is not None else 0, step)
    return order


def _reachable(fields: dict[str, Json], lists: dict[Slot, list[str]]) -> Iterator[str]:
    waiting = [HEAD]
    while waiting:
        owner = waiting.pop()
        yield owner
        for path in _marks(fields[owner]):
            waiting += [step for step in lists.get((owner, path), []) if step in fields]


def _marks(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if MARK in value:
            yield value[MARK]
            return
        for item in value.values():
            yield from _marks(item)
    elif isinstance(value, list):
        for item in value:
            yield from _marks(item)


def _of_one_side(
    parts: Sequence[Parts], fields: dict[str, Json], merge: FieldMerge, lost: set[str]
) -> dict[Slot, list[str]]:
    """Which steps there are, and where, as one side has it: the chosen one, or theirs and a conflict."""
    _, mine, theirs = ({step: side.places[step][0] for step in lost & set(side.places)} for side in parts)
    merge.settle(HEAD, STRUCTURE, MISSING, mine, theirs)
    index = 1 if merge.choices.get(f"{HEAD}/{STRUCTURE}") == "mine" else 2
    side = parts[index]
    for step in set(side.fields) - set(fields):
        fields[step] = side.fields[step]
    for owner in {slot[0] for slot in side.lists}:
        # The lists stand where this side has them, with what else the step says.
        fields[owner] = side.fields[owner]
    return {slot: list(order) for slot, order in side.lists.items()}

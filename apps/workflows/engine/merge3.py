"""Three-way comparison of sequences: what each side changed against the base, and where they changed the same place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True)
class Agreed:
    """A stretch on which there is nothing to decide: unchanged, changed by one side, or by both alike."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clash:
    """A stretch that both sides changed, each in its own way."""

    base: tuple[str, ...]
    mine: tuple[str, ...]
    theirs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Hunk:
    """A replacement of ``base[start:end]`` by one side."""

    start: int
    end: int
    is_mine: bool
    items: tuple[str, ...]


def compare(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> list[Agreed | Clash]:
    """Cut three sequences into stretches, in order. Changes that only touch, without overlapping, do not clash."""
    hunks = sorted(
        [*_hunks(base, mine, is_mine=True), *_hunks(base, theirs, is_mine=False)],
        key=lambda hunk: (hunk.start, hunk.end, hunk.is_mine),
    )
    found: list[Agreed | Clash] = []
    at = 0
    while hunks:
        group = _take_group(hunks)
        start, end = group[0].start, max(hunk.end for hunk in group)
        if start > at:
            found.append(Agreed(tuple(base[at:start])))
        found.append(_settled(base, group, start, end))
        at = end
    if at < len(base):
        found.append(Agreed(tuple(base[at:])))
    return found


def _hunks(base: Sequence[str], side: Sequence[str], *, is_mine: bool) -> list[_Hunk]:
    head = 0
    shorter = min(len(base), len(side))
    while head < shorter and base[head] == side[head]:
        head += 1
    tail = 0
    while tail < shorter - head and base[-1 - tail] == side[-1 - tail]:
        tail += 1
    # What is alike at both ends needs no matching: texts are long, changes small.
    before, after = base[head : len(base) - tail], side[head : len(side) - tail]
    codes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return [
        _Hunk(head + i1, head + i2, is_mine, tuple(after[j1:j2]))
        for tag, i1, i2, j1, j2 in codes
        if tag != "equal"
    ]


def _take_group(hunks: list[_Hunk]) -> list[_Hunk]:
    """Take the first hunk and all that overlap with it, directly or through others."""
    group = [hunks.pop(0)]
    end = group[0].end
    while hunks and (hunks[0].start < end or _same_place(group, hunks[0])):
        group.append(hunks.pop(0))
        end = max(end, group[-1].end)
    return group


def _same_place(group: list[_Hunk], hunk: _Hunk) -> bool:
    """Two insertions at one point overlap although neither covers anything."""
    return hunk.start == hunk.end and any(held.start == held.end == hunk.start for held in group)


def _settled(base: Sequence[str], group: list[_Hunk], start: int, end: int) -> Agreed | Clash:
    mine = [hunk for hunk in group if hunk.is_mine]
    theirs = [hunk for hunk in group if not hunk.is_mine]
    if not theirs:
        return Agreed(_applied(base, mine, start, end))
    if not mine:
        return Agreed(_applied(base, theirs, start, end))
    ours, others = _applied(base, mine, start, end), _applied(base, theirs, start, end)
    return Agreed(ours) if ours == others else Clash(tuple(base[start:end]), ours, others)


def _applied(base: Sequence[str], hunks: list[_Hunk], start: int, end: int) -> tuple[str, ...]:
    items: list[str] = []
    at = start
    for hunk in hunks:
        items += [*base[at : hunk.start], *hunk.items]
        at = hunk.end
    return (*items, *base[at:end])

"""Who decides for whom while people are away: a pure function of the delegations there are, and of the time.

A delegation is a link from the person who is away to the one who decides for him, for all policies or some of them, with
or without a limit in money. Links make chains of at most ``MAX_CHAIN``; where a chain would close to a ring the last
link is refused when it is made, and the ring is named. A person who is away keeps his own right to decide.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.core.money import Money

MAX_CHAIN = 3
"""Links from the person who was asked to the one who decides."""


@dataclass(frozen=True, slots=True)
class Link:
    """One delegation. ``taker`` "" says that the giver is away and nobody decides for him.

    ``ends`` None is until further notice; ``policies`` empty means all; ``limit`` None means any amount. ``id`` grows with
    time: of two links that fit equally well the later one holds.
    """

    id: str
    giver: str
    taker: str
    begins: datetime
    ends: datetime | None = None
    policies: frozenset[str] = frozenset()
    limit: Money | None = None

    def holds_at(self, at: datetime) -> bool:
        return self.begins <= at and (self.ends is None or at < self.ends)

    def covers(self, matter: "Matter") -> bool:
        """Whether the link is for this matter. What is not about money is below every limit."""
        if self.policies and matter.policy not in self.policies:
            return False
        if self.limit is None or matter.amount is None:
            return True
        return (
            matter.amount.currency == self.limit.currency and abs(matter.amount.amount) <= self.limit.amount
        )


@dataclass(frozen=True, slots=True)
class Matter:
    """What is to be decided, as far as delegations look at it: the policy's key and the money at stake."""

    policy: str = ""
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a link cannot be made: ``ring`` or ``chain``, and the persons along it, the giver first."""

    kind: str
    people: tuple[str, ...]


Links = Mapping[str, Sequence[Link]]
"""Links by giver."""


def by_giver(links: Iterable[Link]) -> Links:
    """Return the links by giver, those that hold first of all coming first: the narrower, then the later."""
    found: dict[str, list[Link]] = {}
    for link in sorted(links, key=_precedence):
        found.setdefault(link.giver, []).append(link)
    return found


def link_of(links: Links, person: str, matter: Matter, at: datetime) -> Link | None:
    """Return the link under which the person is away in this matter at that time, or None if he is there."""
    return next((link for link in links.get(person, ()) if link.holds_at(at) and link.covers(matter)), None)


def chain_of(links: Links, person: str, matter: Matter, at: datetime) -> tuple[str, ...]:
    """Return the persons from whom he follows to the one who decides for him; empty if he decides himself.

    The last of them is the deputy. Where the last is away himself and names nobody there is no deputy at all. Rings and
    longer chains cannot be made; should one be there, it ends.
    """
    found: list[str] = []
    current = person
    for _ in range(MAX_CHAIN):
        link = link_of(links, current, matter, at)
        if link is None or not link.taker or link.taker == person or link.taker in found:
            break
        found.append(link.taker)
        current = link.taker
    return () if found and _is_stuck(links, found[-1], matter, at) else tuple(found)


def deputies(links: Links, people: Iterable[str], matter: Matter, at: datetime) -> dict[str, str]:
    """Return who decides for each of the people who are away in this matter at that time."""
    if not links:
        return {}
    chains = {person: chain_of(links, person, matter, at) for person in people}
    return {person: chain[-1] for person, chain in chains.items() if chain}


def givers_through(links: Iterable[Link], person: str) -> frozenset[str]:
    """Return everybody for whom a change of the person's links may change who decides, himself among them."""
    found, edge = {person}, {person}
    pairs = [(link.giver, link.taker) for link in links]
    for _ in range(MAX_CHAIN):
        edge = {giver for giver, taker in pairs if taker in edge} - found
        found |= edge
    return frozenset(found)


def problem_of(links: Iterable[Link], new: Link) -> Problem | None:
    """Return why ``new`` cannot stand beside the others: it would close a ring, or make a chain that is too long.

    Only links that can hold together with it, in time and in what they are for, are looked at.
    """
    if not new.taker:
        return None
    held = [link for link in links if link.taker and link.id != new.id]
    if new.giver == new.taker:
        return Problem("ring", (new.giver, new.giver))
    for before in _paths(held, _Reach.of(new), new.giver, backward=True):
        for after in _paths(held, before.reach, new.taker, backward=False):
            people = (*before.people[::-1], *after.people)
            if len(set(people)) < len(people):
                return Problem("ring", _ring(people))
            if len(people) - 1 > MAX_CHAIN:
                return Problem("chain", people)
    return None


@dataclass(frozen=True, slots=True)
class _Reach:
    """When, and for which policies, several links hold together; ``policies`` None means all."""

    begins: datetime
    ends: datetime | None
    policies: frozenset[str] | None

    @classmethod
    def of(cls, link: Link) -> "_Reach":
        return cls(link.begins, link.ends, link.policies or None)

    def met(self, link: Link) -> "_Reach | None":
        begins = max(self.begins, link.begins)
        ends = min((end for end in (self.ends, link.ends) if end is not None), default=None)
        if ends is not None and ends <= begins:
            return None
        theirs = link.policies or None
        if self.policies is None or theirs is None:
            return _Reach(begins, ends, self.policies or theirs)
        common = self.policies & theirs
        return _Reach(begins, ends, common) if common else None


@dataclass(frozen=True, slots=True)
class _Path:
    people: tuple[str, ...]
    reach: _Reach


def _paths(links: Sequence[Link], reach: _Reach, start: str, *, backward: bool) -> Iterator[_Path]:
    """Every way from a person along links that hold together, up to one link more than a chain may have."""
    waiting = [_Path((start,), reach)]
    while waiting:
        path = waiting.pop()
        yield path
        if len(path.people) > MAX_CHAIN + 1 or len(set(path.people)) < len(path.people):
            continue
        for link in links:
            here, there = (link.taker, link.giver) if backward else (link.giver, link.taker)
            met = path.reach.met(link) if here == path.people[-1] else None
            if met is not None:
                waiting.append(_Path((*path.people, there), met))


def _ring(people: Sequence[str]) -> tuple[str, ...]:
    """The part of a way that comes back to where it was."""
    seen: dict[str, int] = {}
    for at, person in enumerate(people):
        if person in seen:
            return tuple(people[seen[person] : at + 1])
        seen[person] = at
    return tuple(people)


def _is_stuck(links: Links, person: str, matter: Matter, at: datetime) -> bool:
    link = link_of(links, person, matter, at)
    return link is not None and not link.taker


def _precedence(link: Link) -> tuple[bool, bool, tuple[int, ...]]:
    newest_first = tuple(-ord(letter) for letter in link.id)
    return not link.policies, link.limit is None, newest_first

"""Will there be somebody? Approvals that are likely due soon, against the people there are and when they are away. Pure.

Each expected approval is one stage with its members. For every stretch of time between two changes (somebody goes away
or comes back) within the time it is likely to wait, it is asked who could decide it: members who are there, and deputies
of those who are not, without the people whom separation of duties excludes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from apps.approvals.delegation import Link, Links, Matter, chain_of, link_of

EVER = datetime.min.replace(tzinfo=UTC)
EXAMPLES = 5
"""So many of the approvals concerned are named with a finding."""


class Gap(StrEnum):
    """What may go wrong with an approval."""

    NOBODY = "nobody"
    TOO_FEW = "too_few"
    ONE_PERSON = "one_person"
    SELF_APPROVAL = "self_approval"
    RING = "ring"


GRAVE = frozenset({Gap.NOBODY, Gap.TOO_FEW, Gap.RING})
"""Gaps that stop work; the others make it hang on one person, or on a rule that can be walked around."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One stage that is likely to be decided between ``begins`` and ``ends``.

    ``members`` may decide it (within their limits of authority), ``needed`` of them must, ``excluded`` must not: the
    requester where the policy says so, and who has decided before. ``requester`` is "" where no user asked, and
    ``self_allowed`` says that the policy lets him decide. ``ref`` and ``label`` name the request or run.
    """

    ref: str
    label: str
    policy: str
    stage: str
    members: frozenset[str]
    begins: datetime
    ends: datetime
    needed: int = 1
    matter: Matter = field(default_factory=Matter)
    excluded: frozenset[str] = frozenset()
    requester: str = ""
    self_allowed: bool = False
    asks: str = ""
    coming: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One gap in one stage of one policy, for everything it concerns.

    ``people`` are those who are left (or, of a ring or a self-approval, who are part of it), ``away`` the members who are
    away meanwhile, ``since`` when it first is so; ``refs`` the first approvals concerned, ``count`` how many there are.
    """

    gap: Gap
    policy: str
    stage: str
    asks: str
    people: tuple[str, ...]
    away: tuple[str, ...]
    needed: int
    since: datetime
    refs: tuple[tuple[str, str], ...]
    count: int
    coming: bool

    @property
    def is_grave(self) -> bool:
        return self.gap in GRAVE


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Who could decide at some time: voters, and members who are away."""

    at: datetime
    voters: frozenset[str]
    away: frozenset[str]


_Group = tuple[Gap, str, str, str, tuple[str, ...], tuple[str, ...], int, bool]


def forecast(expected: Iterable[Expected], links: Links) -> list[Finding]:
    """Return every gap, the graver ones first, then by how many approvals they concern."""
    groups: dict[_Group, list[tuple[datetime, Expected]]] = {}
    known: dict[tuple[frozenset[str], Matter, datetime, datetime, frozenset[str]], list[_Stretch]] = {}
    changes = _changes(links)
    for one in expected:
        key = (one.members, one.matter, one.begins, one.ends, one.excluded)
        stretches = known.get(key)
        if stretches is None:
            stretches = known[key] = list(_stretches(one, links, changes))
        for gap, stretch, people in _gaps(one, stretches, links):
            away = tuple(sorted(stretch.away))
            group = (gap, one.policy, one.stage, one.asks, people, away, one.needed, one.coming)
            groups.setdefault(group, []).append((stretch.at, one))
    found = [_finding(group, held) for group, held in groups.items()]
    return sorted(
        [*_rings(links), *found], key=lambda one: (not one.is_grave, -one.count, one.policy, one.stage)
    )


def _changes(links: Links) -> list[datetime]:
    moments = {
        moment for held in links.values() for link in held for moment in (link.begins, link.ends) if moment
    }
    return sorted(moments)


def _stretches(one: Expected, links: Links, changes: Sequence[datetime]) -> Iterator[_Stretch]:
    moments = [one.begins]
    if any(member in links for member in one.members):
        moments += [moment for moment in changes if one.begins < moment < one.ends]
    for at in moments:
        voters: set[str] = set()
        away: set[str] = set()
        for member in one.members:
            if member in one.excluded:
                continue
            if link_of(links, member, one.matter, at) is None:
                voters.add(member)
                continue
            away.add(member)
            chain = chain_of(links, member, one.matter, at)
            if chain and chain[-1] not in one.excluded:
                voters.add(chain[-1])
        yield _Stretch(at, frozenset(voters), frozenset(away))


def _gaps(
    one: Expected, stretches: Sequence[_Stretch], links: Links
) -> Iterator[tuple[Gap, _Stretch, tuple[str, ...]]]:
    """The worst shortage, once, and a self-approval, once.

    An approval that can be decided at some time before it is due is covered, however few there are before and after.
    """
    best = max(stretches, key=lambda stretch: len(stretch.voters))
    people = tuple(sorted(best.voters))
    if not people:
        yield Gap.NOBODY, best, ()
    elif len(people) < one.needed:
        yield Gap.TOO_FEW, best, people
    elif len(people) == one.needed:
        yield Gap.ONE_PERSON, best, people
    selfish = _self_approval(one, links)
    if selfish:
        yield Gap.SELF_APPROVAL, stretches[0], selfish


def _self_approval(one: Expected, links: Links) -> tuple[str, ...]:
    """The way on which the requester could decide what he asked for; empty if there is none."""
    if not one.requester or not one.self_allowed:
        return ()
    if one.requester in one.members:
        return (one.requester,)
    for member in sorted(one.members):
        for link in links.get(member, ()):
            if link.begins < one.ends and link.covers(one.matter) and link.taker == one.requester:
                return member, one.requester
    return ()


def _rings(links: Links) -> Iterator[Finding]:
    """Delegations that lead back to where they began, once each."""
    seen: set[frozenset[str]] = set()
    for giver in sorted(links):
        ring = _ring_from(giver, links)
        if ring and frozenset(ring) not in seen:
            seen.add(frozenset(ring))
            since = max(link.begins for person in ring for link in links[person] if link.taker in ring)
            yield Finding(Gap.RING, "", "", "", ring, ring, 0, since, (), 1, coming=False)


def _ring_from(giver: str, links: Links) -> tuple[str, ...]:
    way: list[tuple[tuple[str, ...], datetime, datetime | None]] = [((giver,), EVER, None)]
    while way:
        people, begins, ends = way.pop()
        for link in links.get(people[-1], ()):
            start = link.begins if len(people) == 1 else max(begins, link.begins)
            stop = _sooner(ends, link.ends)
            if not link.taker or (stop is not None and stop <= start):
                continue
            if link.taker == giver:
                return people
            if link.taker not in people and len(people) < 6:
                way.append(((*people, link.taker), start, stop))
    return ()


def _sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    known = [moment for moment in (one, other) if moment is not None]
    return min(known, default=None)


def _finding(group: _Group, held: Sequence[tuple[datetime, Expected]]) -> Finding:
    gap, policy, stage, asks, people, away, needed, coming = group
    refs = tuple((one.ref, one.label) for _at, one in held[:EXAMPLES])
    since = min(at for at, _one in held)
    return Finding(gap, policy, stage, asks, people, away, needed, since, refs, len(held), coming)


def advice(finding: Finding, names: Mapping[str, str]) -> str:
    """Say what to do about a finding, in a sentence; ``names`` holds the people's names by id."""

    def listed(people: Iterable[str]) -> str:
        return ", ".join(sorted(names.get(person, person) for person in people))

    who = finding.asks or "the people it names"
    match finding.gap:
        case Gap.RING:
            return f"End one of the absences of {listed(finding.people)}: each decides for the next."
        case Gap.SELF_APPROVAL:
            return "Let the policy keep the requester from deciding (not_requester), or name another deputy."
        case Gap.ONE_PERSON if finding.away:
            return f"Name a deputy for {listed(finding.away)}, or give somebody else the right to decide."
        case Gap.ONE_PERSON:
            return f"All hangs on {listed(finding.people)}: name a deputy in time, or let others be asked too ({who})."
    if finding.away:
        return f"Name a deputy for {listed(finding.away)}, or reassign what waits for them."
    if finding.gap is Gap.TOO_FEW:
        there = len(finding.people)
        return f"{finding.needed} are needed and {there} can: let more be asked ({who}), or lower the quorum."
    return f"Nobody may decide this: let others be asked ({who}), or change whom the policy asks."


def links_of(rows: Iterable[Link], begins: datetime, ends: datetime) -> list[Link]:
    """Return those of the links that hold at some time between two moments."""
    return [link for link in rows if link.begins < ends and (link.ends is None or link.ends > begins)]

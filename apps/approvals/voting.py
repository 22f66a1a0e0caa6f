"""Counting approvals: a pure function from where a request stands and one vote to where it stands then.

Two promises hold for every order of votes: nobody counts who may not (the requester, a stranger, somebody who has
approved before), and as long as a request is open there is somebody who can move it on. For the second one, a person
whose approval now would leave a later stage without enough people is kept for that stage.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from apps.approvals.choices import DecisionOutcome, RequestStatus, StageStatus


class Refusal(StrEnum):
    """Why a vote does not count."""

    CLOSED = "closed"
    REQUESTER = "requester"
    ALREADY = "already"
    TWICE = "twice"
    RESERVED = "reserved"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Ballot:
    """One stage: who may vote (user ids), how many approvals it needs, and who gave one."""

    status: str
    candidates: frozenset[str] = frozenset()
    needed: int = 1
    approved_by: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Count:
    """Where a request stands. ``requester`` is "" where no user of the tenant asked."""

    ballots: tuple[Ballot, ...]
    requester: str = ""
    not_requester: bool = True
    not_twice: bool = True
    status: str = RequestStatus.OPEN

    @property
    def stage(self) -> int | None:
        """The index of the stage that is open, or None."""
        return next((at for at, ballot in enumerate(self.ballots) if ballot.status == StageStatus.OPEN), None)


@dataclass(frozen=True, slots=True)
class Vote:
    user: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Move:
    """A stage that moves by a command of its transition table."""

    stage: int
    command: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a vote did: the new count and the moves that led there, or why it was refused."""

    count: Count
    moves: tuple[Move, ...] = ()
    refusal: Refusal | None = None


def open_first(count: Count) -> Count:
    """Open the first stage that is not skipped; without any, the request is approved by its policy."""
    at = _next_waiting(count)
    if at is None:
        return replace(count, status=RequestStatus.APPROVED)
    return _with_status(count, at, StageStatus.OPEN)


def shortage(count: Count) -> int | None:
    """Return the first stage that cannot be filled any more, even with the best choice of people; else None."""
    for last in range(len(count.ballots)):
        if not _feasible(count, last):
            return last
    return None


def eligible(count: Count) -> frozenset[str]:
    """Return whose vote would count now."""
    at = count.stage
    if count.status != RequestStatus.OPEN or at is None:
        return frozenset()
    return frozenset(user for user in count.ballots[at].candidates if refusal_of(count, user) is None)


def refusal_of(count: Count, user: str) -> Refusal | None:
    """Return why a vote of ``user`` would not count now, or None if it would."""
    at = count.stage
    if count.status != RequestStatus.OPEN or at is None:
        return Refusal.CLOSED
    ballot = count.ballots[at]
    if count.not_requester and count.requester and user == count.requester:
        return Refusal.REQUESTER
    if user in ballot.approved_by:
        return Refusal.ALREADY
    before = user in _approvers_before(count, at)
    if user not in ballot.candidates:
        return Refusal.ALREADY if before else Refusal.STRANGER
    if before and count.not_twice:
        return Refusal.TWICE
    if count.not_twice and not _feasible(_approved(count, at, user), len(count.ballots) - 1):
        return Refusal.RESERVED
    return None


def evaluate(count: Count, vote: Vote) -> Verdict:
    """Return where the request stands after the vote; a refused vote changes nothing."""
    refusal = refusal_of(count, vote.user)
    at = count.stage
    if refusal is not None or at is None:
        return Verdict(count, refusal=refusal or Refusal.CLOSED)
    if vote.outcome == DecisionOutcome.REJECTED:
        return _close_rest(_with_status(count, at, StageStatus.REJECTED), [Move(at, "reject")])
    counted = _approved(count, at, vote.user)
    ballot = counted.ballots[at]
    if len(ballot.approved_by) < ballot.needed:
        return Verdict(counted)
    passed = _with_status(counted, at, StageStatus.PASSED)
    following = _next_waiting(passed)
    if following is None:
        return Verdict(replace(passed, status=RequestStatus.APPROVED), (Move(at, "pass"),))
    opened = _with_status(passed, following, StageStatus.OPEN)
    return Verdict(opened, (Move(at, "pass"), Move(following, "open")))


def _close_rest(count: Count, moves: list[Move]) -> Verdict:
    for at, ballot in enumerate(count.ballots):
        if ballot.status == StageStatus.WAITING:
            count = _with_status(count, at, StageStatus.CLOSED)
            moves.append(Move(at, "close"))
    return Verdict(replace(count, status=RequestStatus.REJECTED), tuple(moves))


def _approved(count: Count, at: int, user: str) -> Count:
    ballot = count.ballots[at]
    return _with_ballot(count, at, replace(ballot, approved_by=ballot.approved_by | {user}))


def _with_status(count: Count, at: int, status: str) -> Count:
    return _with_ballot(count, at, replace(count.ballots[at], status=status))


def _with_ballot(count: Count, at: int, ballot: Ballot) -> Count:
    return replace(count, ballots=(*count.ballots[:at], ballot, *count.ballots[at + 1 :]))


def _next_waiting(count: Count) -> int | None:
    return next((at for at, ballot in enumerate(count.ballots) if ballot.status == StageStatus.WAITING), None)


def _approvers_before(count: Count, at: int) -> frozenset[str]:
    return frozenset().union(*(ballot.approved_by for ballot in count.ballots[:at]))


def _feasible(count: Count, last: int) -> bool:
    """Whether the unfinished stages up to ``last`` can still be filled, nobody serving twice where that is barred."""
    barred = {count.requester} if count.not_requester and count.requester else set()
    used = (
        frozenset().union(*(ballot.approved_by for ballot in count.ballots))
        if count.not_twice
        else frozenset()
    )
    seats: list[frozenset[str]] = []
    for ballot in count.ballots[: last + 1]:
        if ballot.status not in (StageStatus.OPEN, StageStatus.WAITING):
            continue
        free = ballot.candidates - barred - used - ballot.approved_by
        missing = max(0, ballot.needed - len(ballot.approved_by))
        if not count.not_twice and len(free) < missing:
            return False
        seats += [free] * missing
    return not count.not_twice or _seated(seats)


def _seated(seats: Sequence[frozenset[str]]) -> bool:
    """Whether every seat can have a person of its own (bipartite matching by augmenting paths)."""
    holder: dict[str, int] = {}

    def seat(number: int, tried: set[str]) -> bool:
        for person in sorted(seats[number] - tried):
            tried.add(person)
            if person not in holder or seat(holder[person], tried):
                holder[person] = number
                return True
        return False

    return all(seat(number, set()) for number in range(len(seats)))

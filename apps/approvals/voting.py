"""Counting approvals: a pure function from where a request stands and one vote to where it stands then.

Three promises hold for every order of votes. Nobody counts who may not: the requester, who prepared it, a stranger,
somebody who has counted before, and nobody who acts for another gets round that. No quorum is reached twice. And as
long as a request is open there is somebody who can move it on: a person whose approval now would leave a later stage
without enough people is kept for that stage, nobody abstains without whom it could not be decided, and objections that
put the quorum out of reach decide.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from apps.approvals.ballots import Ballot, Cast, Count, Part
from apps.approvals.choices import DecisionOutcome, RequestStatus, StageStatus
from apps.approvals.filling import can_be_filled, is_reached

__all__ = [
    "Ballot",
    "Cast",
    "Count",
    "Move",
    "Part",
    "Refusal",
    "Verdict",
    "Vote",
    "advance",
    "eligible",
    "evaluate",
    "members_for",
    "open_first",
    "refusal_of",
    "shortage",
    "without_member",
]

APPROVED, REJECTED = DecisionOutcome.APPROVED, DecisionOutcome.REJECTED
CHANGES, ABSTAINED = DecisionOutcome.CHANGES, DecisionOutcome.ABSTAINED


class Refusal(StrEnum):
    """Why a vote does not count."""

    CLOSED = "closed"
    REQUESTER = "requester"
    PREPARER = "preparer"
    ALREADY = "already"
    TWICE = "twice"
    RESERVED = "reserved"
    NEEDED = "needed"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Vote:
    """What ``user`` says, for himself or on behalf of ``member``, whose vote it then is."""

    user: str
    outcome: str
    member: str = ""

    @property
    def whose(self) -> str:
        """Whose vote it is."""
        return self.member or self.user


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
    """Open the first stage that waits; without any, the request is approved by its policy."""
    at = _next_waiting(count)
    if at is None:
        return replace(count, status=RequestStatus.APPROVED)
    return _with_status(count, at, StageStatus.OPEN)


def shortage(count: Count) -> int | None:
    """Return the first stage that cannot be filled any more, even with the best choice of people; else None."""
    for last in range(len(count.ballots)):
        if not can_be_filled(count, last):
            return last
    return None


def eligible(count: Count, principals: Mapping[str, Collection[str]] | None = None) -> frozenset[str]:
    """Return whose vote would count now; ``principals`` says for whom else people may act."""
    at = count.stage
    if count.status != RequestStatus.OPEN or at is None:
        return frozenset()
    acting = principals or {}
    people = count.ballots[at].candidates | frozenset(acting)
    return frozenset(user for user in people if members_for(count, user, acting.get(user, ())))


def members_for(count: Count, user: str, principals: Collection[str] = ()) -> tuple[str, ...]:
    """Return whose vote ``user`` could cast now: his own first, then those of ``principals`` he may act for."""
    whose = dict.fromkeys([user, *sorted(principals)])
    return tuple(member for member in whose if refusal_of(count, user, member) is None)


def refusal_of(count: Count, user: str, member: str = "") -> Refusal | None:
    """Return why a vote of ``user`` (for ``member``, if given) would not count now, or None if it would."""
    at = count.stage
    if count.status != RequestStatus.OPEN or at is None:
        return Refusal.CLOSED
    ballot, whose = count.ballots[at], member or user
    both = frozenset({user, whose})
    if count.not_requester and count.requester in both:
        return Refusal.REQUESTER
    if count.not_preparer and both & count.preparers:
        return Refusal.PREPARER
    if both & ballot.acted:
        return Refusal.ALREADY
    before = both & _spent_elsewhere(count, at)
    if whose not in ballot.candidates:
        return Refusal.ALREADY if before else Refusal.STRANGER
    if before and count.not_twice:
        return Refusal.TWICE
    if _matters_elsewhere(count, at, both) and not _is_feasible(
        _cast(count, at, Cast(whose, user, APPROVED))
    ):
        return Refusal.RESERVED
    return None


def evaluate(count: Count, vote: Vote) -> Verdict:
    """Return where the request stands after the vote; a refused vote changes nothing."""
    refusal = refusal_of(count, vote.user, vote.member)
    at = count.stage
    if refusal is not None or at is None:
        return Verdict(count, refusal=refusal or Refusal.CLOSED)
    counted = _cast(count, at, Cast(vote.whose, vote.user, vote.outcome))
    if vote.outcome in (REJECTED, CHANGES):
        return _object(counted, at)
    if vote.outcome == ABSTAINED and not _is_feasible(counted):
        return Verdict(count, refusal=Refusal.NEEDED)
    return advance(counted)


def advance(count: Count) -> Verdict:
    """Pass the open stage if its quorum is reached, and open the next; else nothing moves."""
    at = count.stage
    if count.status != RequestStatus.OPEN or at is None or not is_reached(count.ballots[at]):
        return Verdict(count)
    passed = _with_status(count, at, StageStatus.PASSED)
    following = _next_waiting(passed)
    if following is None:
        return Verdict(replace(passed, status=RequestStatus.APPROVED), (Move(at, "pass"),))
    opened = _with_status(passed, following, StageStatus.OPEN)
    return Verdict(opened, (Move(at, "pass"), Move(following, "open")))


def without_member(count: Count, member: str) -> Count:
    """Take somebody off the stages that are not over, where he has not voted; what he decided stands.

    ``shortage`` says whether enough people are left, ``advance`` whether those who are left had agreed already.
    """
    ballots = tuple(
        ballot.without(member) if ballot.is_unfinished and member not in ballot.voted else ballot
        for ballot in count.ballots
    )
    return replace(count, ballots=ballots)


def _object(count: Count, at: int) -> Verdict:
    ballot = count.ballots[at]
    if not (ballot.is_objected or not _is_feasible(count)):
        return Verdict(count)
    if ballot.is_rejected or not ballot.who(CHANGES):
        return _close(count, at, RequestStatus.REJECTED, StageStatus.REJECTED, "reject")
    return _close(count, at, RequestStatus.CHANGES, StageStatus.RETURNED, "return")


def _close(count: Count, at: int, status: str, stage: str, command: str) -> Verdict:
    moves = [Move(at, command)]
    count = _with_status(count, at, stage)
    for later, ballot in enumerate(count.ballots):
        if ballot.status == StageStatus.WAITING:
            count = _with_status(count, later, StageStatus.CLOSED)
            moves.append(Move(later, "close"))
    return Verdict(replace(count, status=status), tuple(moves))


def _is_feasible(count: Count) -> bool:
    return can_be_filled(count, len(count.ballots) - 1)


def _matters_elsewhere(count: Count, at: int, people: frozenset[str]) -> bool:
    """Whether an approval that spends these people could take somebody from where he is needed."""
    if len(people) > 1:
        return True
    others = (ballot for later, ballot in enumerate(count.ballots) if later != at and ballot.is_unfinished)
    return count.not_twice and any(people & ballot.candidates for ballot in others)


def _spent_elsewhere(count: Count, at: int) -> frozenset[str]:
    spent: frozenset[str] = frozenset()
    return spent.union(*(ballot.spent for index, ballot in enumerate(count.ballots) if index != at))


def _cast(count: Count, at: int, cast: Cast) -> Count:
    ballot = count.ballots[at]
    return _with_ballot(count, at, replace(ballot, casts=(*ballot.casts, cast)))


def _with_status(count: Count, at: int, status: str) -> Count:
    return _with_ballot(count, at, replace(count.ballots[at], status=status))


def _with_ballot(count: Count, at: int, ballot: Ballot) -> Count:
    return replace(count, ballots=(*count.ballots[:at], ballot, *count.ballots[at + 1 :]))


def _next_waiting(count: Count) -> int | None:
    return next((at for at, ballot in enumerate(count.ballots) if ballot.status == StageStatus.WAITING), None)

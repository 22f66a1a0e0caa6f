"""Whether the stages of a request can still be filled with people. Pure.

Every stage needs so many seats: one for each approval, of which some admit only the members of a part. Who has approved
a stage, or is mandatory in it, sits in that stage or nowhere. The stages can be filled if every seat finds a person of
its own; then whoever holds a seat of the open stage in that arrangement can approve without spoiling it.
"""

from apps.approvals.ballots import Ballot, Count
from apps.approvals.choices import StageStatus
from apps.approvals.seating import all_seated


def is_reached(ballot: Ballot) -> bool:
    """Whether the approvals given fill the stage."""
    approved = ballot.approved_by
    return ballot.mandatory <= approved and all_seated(_seats(ballot, approved))


def can_be_filled(count: Count, last: int) -> bool:
    """Whether the unfinished stages up to ``last`` can be filled, nobody serving twice where that is barred."""
    unfinished = [ballot for ballot in count.ballots[: last + 1] if ballot.is_unfinished]
    if not all(_has_its_mandatory(ballot, count) for ballot in unfinished):
        return False
    if not count.not_twice:
        return all(all_seated(_seats(ballot, _present(ballot, count.barred))) for ballot in unfinished)
    spent: frozenset[str] = frozenset().union(*(ballot.spent for ballot in count.ballots))
    bound = [ballot.mandatory - ballot.approved_by for ballot in unfinished]
    missing: frozenset[str] = frozenset().union(*bound)
    if missing & spent or len(missing) < sum(len(people) for people in bound):
        return False
    seats: list[frozenset[str]] = []
    for ballot, own in zip(unfinished, bound, strict=True):
        people = _present(ballot, count.barred | spent | (missing - own))
        seats += _seats(ballot, people)
    return all_seated(seats)


def _has_its_mandatory(ballot: Ballot, count: Count) -> bool:
    """Whether those who must agree still can."""
    open_ones = ballot.mandatory - ballot.approved_by
    return open_ones <= ballot.candidates and not open_ones & (count.barred | ballot.acted)


def _present(ballot: Ballot, absent: frozenset[str]) -> frozenset[str]:
    """Who has approved the stage, or still can."""
    return ballot.approved_by | (ballot.candidates - absent - ballot.acted)


def _seats(ballot: Ballot, people: frozenset[str]) -> list[frozenset[str]]:
    if ballot.status not in (StageStatus.OPEN, StageStatus.WAITING):
        return []
    seats = [people & part.members for part in ballot.parts for _seat in range(part.needed)]
    return seats + [people] * (ballot.required - len(seats))

"""Any order of votes, for oneself and for others, and of people leaving and coming in: the promises of the count hold."""

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from apps.approvals.choices import DecisionOutcome, RequestStatus, StageStatus
from apps.approvals.filling import can_be_filled
from apps.approvals.quorum import Quorum, Rejection
from apps.approvals.voting import (
    Ballot,
    Count,
    Part,
    Refusal,
    Vote,
    advance,
    eligible,
    evaluate,
    members_for,
    open_first,
    refusal_of,
    shortage,
    without_member,
)

PEOPLE = "abcdefg"
SOME = st.frozensets(st.sampled_from(PEOPLE))

quorums = st.one_of(
    st.sampled_from([Quorum(), Quorum("all")]),
    st.builds(Quorum, st.just("n"), st.integers(1, 4)),
    st.builds(Quorum, st.just("percent"), st.integers(1, 100)),
)
rejections = st.one_of(
    st.sampled_from([Rejection(), Rejection("mandatory")]),
    st.builds(Rejection, st.just("n"), st.integers(1, 4)),
    st.builds(Rejection, st.just("percent"), st.integers(1, 100)),
)


@st.composite
def ballots(draw: Any) -> Ballot:
    people = draw(SOME)
    inside = st.frozensets(st.sampled_from(sorted(people)), max_size=2) if people else st.just(frozenset())
    parts = draw(st.lists(st.builds(Part, st.just("p"), inside, st.integers(1, 2)), max_size=2))
    mandatory = draw(st.one_of(st.just(frozenset[str]()), inside))
    skipped = draw(st.sampled_from([StageStatus.WAITING] * 4 + [StageStatus.SKIPPED, StageStatus.PASSED]))
    rejection = draw(rejections)
    if rejection.kind == "mandatory" and not mandatory:
        rejection = Rejection()
    return Ballot(
        skipped,
        people,
        rule=draw(quorums),
        parts=tuple(parts),
        mandatory=mandatory,
        rejection=rejection,
    )


class Schedules(RuleBasedStateMachine):
    """One request, and everything that can happen to it."""

    def __init__(self) -> None:
        super().__init__()
        self.count = Count(())
        self.passed: Counter[int] = Counter()
        self.people: set[tuple[int, str]] = set()
        self.approvals: list[tuple[int, str, str]] = []

    @initialize(
        stages=st.lists(ballots(), min_size=1, max_size=4),
        requester=st.sampled_from(["", *PEOPLE]),
        preparers=SOME.filter(lambda people: len(people) < 3),
        flags=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    )
    def opens(
        self,
        stages: list[Ballot],
        requester: str,
        preparers: frozenset[str],
        flags: tuple[bool, bool, bool],
    ) -> None:
        count = Count(
            tuple(stages),
            requester,
            flags[0],
            flags[1],
            preparers=preparers,
            not_preparer=flags[2],
        )
        # As opening a request does: who may never decide is not asked.
        asked = tuple(
            replace(ballot, candidates=ballot.candidates - count.barred) for ballot in count.ballots
        )
        self.count = open_first(replace(count, ballots=asked))
        assume(shortage(self.count) is None)
        self.somebody_can_move_it_on()

    @precondition(lambda self: bool(self.count.ballots))
    @rule(
        user=st.sampled_from(PEOPLE + "x"),
        member=st.sampled_from([""] * 6 + [*PEOPLE, "y"]),
        outcome=st.sampled_from(
            [DecisionOutcome.APPROVED] * 8
            + [DecisionOutcome.ABSTAINED] * 2
            + [DecisionOutcome.REJECTED, DecisionOutcome.CHANGES]
        ),
    )
    def votes(self, user: str, member: str, outcome: str) -> None:
        self.cast(Vote(user, outcome, member))

    @precondition(lambda self: bool(eligible(self.count)))
    @rule(choice=st.randoms(use_true_random=False))
    def somebody_eligible_approves(self, choice: Any) -> None:
        user = choice.choice(sorted(eligible(self.count)))
        assert self.cast(Vote(user, DecisionOutcome.APPROVED)) is None

    @precondition(lambda self: self.count.status == RequestStatus.OPEN and self.count.ballots)
    @rule(member=st.sampled_from(PEOPLE))
    def leaves(self, member: str) -> None:
        left = without_member(self.count, member)
        if shortage(left) is not None:
            return  # The shell gives such a request to its owner as an exception.
        verdict = advance(left)
        self.count = verdict.count
        self.note_passed(verdict.moves)
        self.somebody_can_move_it_on()

    @precondition(lambda self: self.count.status == RequestStatus.OPEN and self.count.ballots)
    @rule(member=st.sampled_from(PEOPLE + "x"), gone=st.sampled_from(["", *PEOPLE]))
    def somebody_is_asked_too_or_instead(self, member: str, gone: str) -> None:
        """As escalation and passing on do it: nobody who must not decide comes in, no stage is left unfillable."""
        at = self.count.stage
        assert at is not None
        ballot = self.count.ballots[at]
        if member in ballot.candidates | ballot.acted | self.count.barred or gone in ballot.acted:
            return
        asked = replace(ballot, candidates=(ballot.candidates | {member}) - {gone})
        stages = (*self.count.ballots[:at], asked, *self.count.ballots[at + 1 :])
        changed = replace(self.count, ballots=stages)
        if shortage(changed) is not None:
            return  # Refused: too few would be left.
        verdict = advance(changed)
        self.count = verdict.count
        self.note_passed(verdict.moves)
        self.somebody_can_move_it_on()

    @precondition(lambda self: self.count.status == RequestStatus.OPEN and self.count.ballots)
    @rule(deputy=st.sampled_from(PEOPLE), away=st.frozensets(st.sampled_from(PEOPLE), max_size=2))
    def a_deputy_votes_for_whom_he_may(self, deputy: str, away: frozenset[str]) -> None:
        """Whoever may act for somebody counts for exactly those the rules let him count for."""
        members = members_for(self.count, deputy, away)
        assert not {deputy, *members} & self.count.barred or not members
        for member in members:
            assert refusal_of(self.count, deputy, member) is None
        if members:
            assert self.cast(Vote(deputy, DecisionOutcome.APPROVED, members[-1])) is None

    def cast(self, vote: Vote) -> Refusal | None:
        before, verdict = self.count, evaluate(self.count, vote)
        self.count = verdict.count
        if verdict.refusal is not None:
            assert verdict.count == before
            assert not verdict.moves
            return verdict.refusal
        at = before.stage
        assert at is not None
        assert before.status == RequestStatus.OPEN
        assert vote.whose in before.ballots[at].candidates
        assert not {vote.user, vote.whose} & before.barred
        for person in {vote.user, vote.whose}:
            assert (at, person) not in self.people, "nobody has a part in two votes of a stage"
            self.people.add((at, person))
        if vote.outcome == DecisionOutcome.APPROVED:
            for stage, user, whose in self.approvals:
                assert stage == at or not before.not_twice or not {vote.user, vote.whose} & {user, whose}
            self.approvals.append((at, vote.user, vote.whose))
        self.note_passed(verdict.moves)
        self.somebody_can_move_it_on()
        return None

    def note_passed(self, moves: Any) -> None:
        for move in moves:
            self.passed[move.stage] += move.command == "pass"
        assert max(self.passed.values(), default=0) <= 1, "a quorum is reached once"
        for stage in +self.passed:
            counted = {whose for at, _user, whose in self.approvals if at == stage}
            ballot = self.count.ballots[stage]
            assert len(counted) >= max(ballot.required, sum(part.needed for part in ballot.parts))
            assert ballot.mandatory <= counted
            assert all(len(counted & part.members) >= part.needed for part in ballot.parts)

    def somebody_can_move_it_on(self) -> None:
        if self.count.status == RequestStatus.OPEN:
            assert eligible(self.count), "an open request waits for nobody"
            assert can_be_filled(self.count, len(self.count.ballots) - 1)
        else:
            assert not eligible(self.count)
            assert self.count.stage is None or self.count.status == RequestStatus.APPROVED


Schedules.TestCase.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)
TestSchedules = Schedules.TestCase

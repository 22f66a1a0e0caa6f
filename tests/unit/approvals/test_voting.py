"""No schedule of votes lets a forbidden person count, a quorum be reached twice, or a request wait for nobody."""

from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from apps.approvals.choices import DecisionOutcome, RequestStatus, StageStatus
from apps.approvals.voting import (
    Ballot,
    Count,
    Refusal,
    Vote,
    eligible,
    evaluate,
    open_first,
    refusal_of,
    shortage,
)

PEOPLE = "abcdef"
WAITING = StageStatus.WAITING

ballots = st.builds(
    lambda people, needed, skipped: Ballot(
        StageStatus.SKIPPED if skipped else WAITING, frozenset(people), min(needed, max(1, len(people)))
    ),
    st.sets(st.sampled_from(PEOPLE), max_size=5),
    st.integers(1, 4),
    st.sampled_from([False, False, False, True]),
)
counts = st.builds(
    Count,
    ballots=st.lists(ballots, min_size=1, max_size=4).map(tuple),
    requester=st.sampled_from(["", *PEOPLE]),
    not_requester=st.booleans(),
    not_twice=st.booleans(),
)
votes = st.builds(
    Vote,
    user=st.sampled_from(PEOPLE + "x"),
    outcome=st.sampled_from([DecisionOutcome.APPROVED] * 6 + [DecisionOutcome.REJECTED]),
)


def count(*stages: tuple[str, int], requester: str = "", not_twice: bool = True) -> Count:
    made = tuple(Ballot(WAITING, frozenset(people), needed) for people, needed in stages)
    return open_first(Count(made, requester=requester, not_twice=not_twice))


def approve(held: Count, *users: str) -> Count:
    for user in users:
        verdict = evaluate(held, Vote(user, DecisionOutcome.APPROVED))
        assert verdict.refusal is None, (user, verdict.refusal)
        held = verdict.count
    return held


@settings(max_examples=400)
@given(counts, st.lists(votes, max_size=30))
def test_no_schedule_breaks_a_promise(start: Count, schedule: list[Vote]) -> None:
    held = open_first(start)
    assume(shortage(held) is None)
    passed: list[int] = []
    counted: set[tuple[int, str]] = set()
    for vote in schedule:
        before, verdict = held, evaluate(held, vote)
        held = verdict.count
        if verdict.refusal is not None:
            assert held == before
            assert not verdict.moves
            continue
        at = before.stage
        assert at is not None
        assert before.status == RequestStatus.OPEN
        assert vote.user in before.ballots[at].candidates
        assert not (start.not_requester and start.requester and vote.user == start.requester)
        assert (at, vote.user) not in counted
        if start.not_twice:
            assert all(user != vote.user for _stage, user in counted)
        counted.add((at, vote.user))
        passed += [move.stage for move in verdict.moves if move.command == "pass"]
        if held.status == RequestStatus.OPEN:
            assert eligible(held), "an open request waits for nobody"
    assert len(passed) == len(set(passed))
    for at in passed:
        assert len(held.ballots[at].approved_by) == held.ballots[at].needed
    if held.status == RequestStatus.APPROVED:
        assert passed == [
            at for at, ballot in enumerate(held.ballots) if ballot.status != StageStatus.SKIPPED
        ]


@settings(max_examples=200)
@given(counts, st.randoms())
def test_whoever_is_eligible_can_carry_a_request_to_its_end(start: Count, random: object) -> None:
    held = open_first(start)
    assume(shortage(held) is None)
    for _ in range(40):
        if held.status != RequestStatus.OPEN:
            break
        user = random.choice(sorted(eligible(held)))  # type: ignore[attr-defined]
        held = approve(held, user)
    assert held.status == RequestStatus.APPROVED


@given(counts, votes)
def test_a_closed_request_takes_no_vote(start: Count, vote: Vote) -> None:
    closed = replace(open_first(start), status=RequestStatus.REJECTED)
    verdict = evaluate(closed, vote)
    assert verdict.refusal is Refusal.CLOSED
    assert verdict.count == closed
    assert not eligible(closed)


def test_any_one_approval_passes_a_stage_and_opens_the_next() -> None:
    verdict = evaluate(count(("ab", 1), ("c", 1)), Vote("b", DecisionOutcome.APPROVED))
    assert [(move.stage, move.command) for move in verdict.moves] == [(0, "pass"), (1, "open")]
    assert approve(verdict.count, "c").status == RequestStatus.APPROVED


def test_one_rejection_closes_everything() -> None:
    verdict = evaluate(count(("ab", 2), ("c", 1), ("d", 1)), Vote("a", DecisionOutcome.REJECTED))
    assert verdict.count.status == RequestStatus.REJECTED
    assert [(move.stage, move.command) for move in verdict.moves] == [
        (0, "reject"),
        (1, "close"),
        (2, "close"),
    ]


def test_the_requester_a_stranger_and_a_second_vote_do_not_count() -> None:
    held = approve(count(("abc", 2), requester="c"), "a")
    assert refusal_of(held, "a") is Refusal.ALREADY
    assert refusal_of(held, "c") is Refusal.REQUESTER
    assert refusal_of(held, "x") is Refusal.STRANGER
    assert eligible(held) == {"b"}


def test_nobody_approves_in_two_stages() -> None:
    held = approve(count(("ab", 1), ("abc", 1)), "a")
    assert refusal_of(held, "a") is Refusal.TWICE
    assert refusal_of(approve(count(("ab", 1), ("c", 1)), "a"), "a") is Refusal.ALREADY
    assert approve(count(("ab", 1), ("abc", 1), not_twice=False), "a", "a").status == RequestStatus.APPROVED


def test_a_person_whom_a_later_stage_needs_is_kept_for_it() -> None:
    held = count(("ab", 1), ("b", 1))
    assert refusal_of(held, "b") is Refusal.RESERVED
    assert approve(held, "a", "b").status == RequestStatus.APPROVED


def test_a_stage_that_cannot_be_filled_is_found_before_anybody_is_asked() -> None:
    assert shortage(count(("a", 1), ("a", 1))) == 1
    assert shortage(count(("ab", 1), ("ab", 1), ("ab", 1))) == 2
    assert shortage(count(("a", 1), requester="a")) == 0
    assert shortage(count(("", 1))) == 0
    assert shortage(count(("ab", 3))) == 0
    assert shortage(count(("a", 1), ("a", 1), not_twice=False)) is None


def test_without_any_stage_that_applies_the_policy_itself_approves() -> None:
    assert open_first(Count((Ballot(StageStatus.SKIPPED),))).status == RequestStatus.APPROVED

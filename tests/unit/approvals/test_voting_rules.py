"""Quorums with parts and mandatory members, objections, abstentions, and votes cast for others."""

from dataclasses import replace

import pytest

from apps.approvals.choices import DecisionOutcome, RequestStatus, StageStatus
from apps.approvals.quorum import Quorum, Rejection
from apps.approvals.seating import all_seated
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

YES, NO = DecisionOutcome.APPROVED, DecisionOutcome.REJECTED
CHANGES, ABSTAIN = DecisionOutcome.CHANGES, DecisionOutcome.ABSTAINED


def ballot(people: str, quorum: Quorum | None = None, **more: object) -> Ballot:
    return Ballot(StageStatus.WAITING, frozenset(people), rule=quorum or Quorum(), **more)  # type: ignore[arg-type]


def request(*ballots: Ballot, **more: object) -> Count:
    return open_first(Count(ballots, **more))  # type: ignore[arg-type]


def say(count: Count, *votes: tuple[str, str] | Vote) -> Count:
    for vote in votes:
        given = vote if isinstance(vote, Vote) else Vote(*vote)
        verdict = evaluate(count, given)
        assert verdict.refusal is None, (given, verdict.refusal)
        count = verdict.count
    return count


def part(name: str, members: str, needed: int = 1) -> Part:
    return Part(name, frozenset(members), needed)


@pytest.mark.parametrize(
    ("percent", "asked", "needed"), [(50, 4, 2), (50, 5, 3), (1, 3, 1), (100, 3, 3), (66, 3, 2)]
)
def test_a_percentage_is_rounded_up(percent: int, asked: int, needed: int) -> None:
    assert Quorum("percent", percent).needed(asked) == needed


def test_who_abstains_is_not_counted_among_those_asked() -> None:
    held = say(request(ballot("abcd", Quorum("percent", 75))), ("a", ABSTAIN), ("b", YES), ("c", YES))
    assert held.status == RequestStatus.OPEN
    assert say(held, ("d", YES)).status == RequestStatus.APPROVED
    assert say(held, ("d", ABSTAIN)).status == RequestStatus.APPROVED, "two of the two who did not abstain"


def test_nobody_abstains_without_whom_it_could_not_be_decided() -> None:
    held = say(request(ballot("ab")), ("a", ABSTAIN))
    assert evaluate(held, Vote("b", ABSTAIN)).refusal is Refusal.NEEDED
    assert say(held, ("b", NO)).status == RequestStatus.REJECTED
    later = request(ballot("a"), ballot("bc", Quorum("n", 2)))
    assert evaluate(say(later, ("a", YES)), Vote("b", ABSTAIN)).refusal is Refusal.NEEDED


def test_mandatory_members_must_be_among_those_who_approve() -> None:
    held = request(ballot("abc", Quorum("n", 2), mandatory=frozenset("c")))
    held = say(held, ("a", YES), ("b", YES))
    assert held.status == RequestStatus.OPEN
    assert say(held, ("c", YES)).status == RequestStatus.APPROVED


def test_a_mandatory_member_who_is_barred_or_needed_twice_is_a_shortage() -> None:
    mandatory = ballot("ab", mandatory=frozenset("a"))
    assert shortage(request(mandatory, requester="a")) == 0
    assert shortage(request(mandatory, mandatory)) == 1
    assert shortage(request(mandatory, mandatory, not_twice=False)) is None
    assert shortage(request(ballot("b", mandatory=frozenset("a")))) == 0


def test_parts_need_people_of_their_own() -> None:
    parts = (part("finance", "ab"), part("legal", "bc"))
    both = request(ballot("abcd", parts=parts))
    assert say(both, ("b", YES)).status == RequestStatus.OPEN, "one person wears one hat"
    assert say(both, ("d", YES), ("b", YES)).status == RequestStatus.OPEN
    assert say(both, ("b", YES), ("a", YES)).status == RequestStatus.APPROVED
    assert say(both, ("b", YES), ("c", YES)).status == RequestStatus.APPROVED
    assert shortage(request(ballot("ad", parts=parts))) == 0


def test_a_mandatory_member_may_fill_a_part() -> None:
    held = request(ballot("ab", parts=(part("finance", "a"),), mandatory=frozenset("a")))
    assert say(held, ("a", YES)).status == RequestStatus.APPROVED


def test_several_must_object_where_the_policy_says_so() -> None:
    held = request(ballot("abcde", Quorum("n", 2), rejection=Rejection("n", 2)))
    one = say(held, ("a", NO))
    assert one.status == RequestStatus.OPEN
    assert say(one, ("b", NO)).status == RequestStatus.REJECTED
    assert say(one, ("b", YES), ("c", YES)).status == RequestStatus.APPROVED
    assert say(one, ("b", CHANGES)).status == RequestStatus.CHANGES, "rejections alone do not suffice"


def test_objections_that_put_the_quorum_out_of_reach_decide() -> None:
    held = request(ballot("abc", Quorum("n", 2), rejection=Rejection("n", 3)))
    assert say(held, ("a", NO), ("b", NO)).status == RequestStatus.REJECTED
    assert say(held, ("a", NO), ("b", CHANGES)).status == RequestStatus.CHANGES
    everybody = request(ballot("ab", Quorum("all"), rejection=Rejection("percent", 100)))
    assert say(everybody, ("a", NO)).status == RequestStatus.REJECTED


def test_only_mandatory_members_may_turn_it_down_where_the_policy_says_so() -> None:
    held = request(ballot("abc", mandatory=frozenset("c"), rejection=Rejection("mandatory")))
    assert say(held, ("a", NO)).status == RequestStatus.OPEN
    assert say(held, ("c", NO)).status == RequestStatus.REJECTED


def test_changes_send_it_back_and_close_what_follows() -> None:
    verdict = evaluate(request(ballot("a"), ballot("b")), Vote("a", CHANGES))
    assert verdict.count.status == RequestStatus.CHANGES
    assert [(move.stage, move.command) for move in verdict.moves] == [(0, "return"), (1, "close")]


def test_who_prepared_it_does_not_decide() -> None:
    held = request(ballot("abc"), preparers=frozenset("a"))
    assert refusal_of(held, "a") is Refusal.PREPARER
    assert eligible(held) == {"b", "c"}
    assert eligible(replace(held, not_preparer=False)) == {"a", "b", "c"}
    assert shortage(request(ballot("a"), preparers=frozenset("a"))) == 0


def test_a_vote_may_be_cast_for_somebody_and_is_his() -> None:
    held = request(ballot("ab", Quorum("all")))
    assert members_for(held, "x", ["a", "b"]) == ("a", "b")
    assert eligible(held, {"x": ["a"]}) == {"a", "b", "x"}
    held = say(held, Vote("x", YES, "a"))
    assert held.ballots[0].approved_by == {"a"}
    assert refusal_of(held, "a") is Refusal.ALREADY
    assert members_for(held, "x", ["b"]) == (), "one person, one vote in a stage"
    assert say(held, ("b", YES)).status == RequestStatus.APPROVED


def test_acting_for_others_gets_round_nothing() -> None:
    held = request(ballot("abr"), ballot("cd"), requester="r", preparers=frozenset("p"))
    assert refusal_of(held, "r", "a") is Refusal.REQUESTER
    assert refusal_of(held, "x", "r") is Refusal.REQUESTER
    assert refusal_of(held, "p", "a") is Refusal.PREPARER
    assert refusal_of(held, "x", "z") is Refusal.STRANGER
    held = say(held, Vote("c", YES, "a"))
    assert refusal_of(held, "c") is Refusal.TWICE
    assert refusal_of(held, "a", "d") is Refusal.TWICE
    assert say(held, ("d", YES)).status == RequestStatus.APPROVED


def test_who_is_needed_later_does_not_spend_himself_for_another() -> None:
    held = request(ballot("ab"), ballot("c"))
    assert refusal_of(held, "c", "a") is Refusal.RESERVED
    alone = request(ballot("ab", Quorum("all")), not_twice=False)
    assert refusal_of(alone, "b", "a") is Refusal.RESERVED, "b has a vote of his own that is needed"


def test_when_somebody_leaves_the_others_may_have_agreed_already() -> None:
    held = say(request(ballot("abc", Quorum("all"))), ("a", YES), ("b", YES))
    left = without_member(held, "c")
    assert shortage(left) is None
    assert advance(left).count.status == RequestStatus.APPROVED
    assert without_member(held, "a") == held, "what was decided stands"
    assert shortage(without_member(request(ballot("a")), "a")) == 0


def test_a_stage_its_rule_approved_is_not_asked() -> None:
    passed = replace(ballot("a"), status=StageStatus.PASSED)
    assert request(passed, ballot("b")).stage == 1
    assert request(passed).status == RequestStatus.APPROVED


def test_seats_move_along_a_chain() -> None:
    assert all_seated([frozenset("ab"), frozenset("ac"), frozenset("a")])
    assert not all_seated([frozenset("ab"), frozenset("ab"), frozenset("ab")])
    assert all_seated([frozenset(f"{n:04}" for n in (i, i + 1)) for i in range(2000)])
    assert not all_seated([frozenset()])

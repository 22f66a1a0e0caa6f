"""Who decides for whom: the narrower delegation holds, chains are followed and bounded, rings are refused and named."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.approvals.delegation import (
    MAX_CHAIN,
    Link,
    Matter,
    by_giver,
    chain_of,
    deputies,
    givers_through,
    problem_of,
)
from apps.core.money import Money

DAY = datetime(2026, 12, 1, tzinfo=UTC)
ANY = Matter("staffing", Money(Decimal(500), "EUR"))
_numbers = iter(range(10_000))


def link(giver: str, taker: str, begins: int = 0, ends: int | None = 10, **scope: object) -> Link:
    until = DAY + timedelta(days=ends) if ends is not None else None
    return Link(f"{next(_numbers):06}", giver, taker, DAY + timedelta(days=begins), until, **scope)  # type: ignore[arg-type]


def decides(links: list[Link], person: str, matter: Matter = ANY, day: float = 1) -> str:
    chain = chain_of(by_giver(links), person, matter, DAY + timedelta(days=day))
    return chain[-1] if chain else person


def test_the_deputy_decides_while_the_person_is_away_and_not_a_moment_longer() -> None:
    links = [link("ada", "bob", begins=1, ends=3)]
    found = {day: decides(links, "ada", day=day) for day in (0.999, 1, 2.999, 3)}
    assert found == {0.999: "ada", 1: "bob", 2.999: "bob", 3: "ada"}
    assert decides([link("ada", "bob", ends=None)], "ada", day=5000) == "bob"


def test_a_delegation_is_for_what_it_names() -> None:
    some = [link("ada", "bob", policies=frozenset({"billing"}))]
    assert decides(some, "ada") == "ada"
    assert decides(some, "ada", Matter("billing")) == "bob"
    limited = [link("ada", "bob", limit=Money(Decimal(500), "EUR"))]
    found = [
        decides(limited, "ada", Matter("x", money))
        for money in (
            Money(Decimal(500), "EUR"),
            Money(Decimal("500.01"), "EUR"),
            Money(Decimal(1), "USD"),
            Money(Decimal(-600), "EUR"),
            None,
        )
    ]
    assert found == ["bob", "ada", "ada", "ada", "bob"]


def test_the_narrower_delegation_holds_and_of_two_alike_the_later() -> None:
    links = [
        link("ada", "all"),
        link("ada", "later"),
        link("ada", "small", limit=Money(Decimal(1000), "EUR")),
        link("ada", "named", policies=frozenset({"staffing"})),
    ]
    assert decides(links, "ada") == "named"
    assert decides(links, "ada", Matter("other", Money(Decimal(10), "EUR"))) == "small"
    assert decides(links, "ada", Matter("other", Money(Decimal(5000), "EUR"))) == "later"


def test_chains_are_followed_to_who_is_there() -> None:
    links = [link("ada", "bob"), link("bob", "cid"), link("cid", "dora", begins=5)]
    assert (decides(links, "ada"), decides(links, "ada", day=6)) == ("cid", "dora")
    assert deputies(by_giver(links), ["ada", "bob", "eve"], ANY, DAY) == {"ada": "cid", "bob": "cid"}


def test_who_is_away_without_a_deputy_decides_for_nobody() -> None:
    links = [link("ada", "bob"), link("bob", "", begins=2)]
    assert (decides(links, "ada"), decides(links, "ada", day=3)) == ("bob", "ada")
    assert deputies(by_giver(links), ["ada", "bob"], ANY, DAY + timedelta(days=3)) == {}


def test_rings_are_refused_and_named() -> None:
    held = [link("ada", "bob"), link("bob", "cid")]
    problem = problem_of(held, link("cid", "ada"))
    assert problem is not None
    assert (problem.kind, set(problem.people), problem.people[0]) == (
        "ring",
        {"ada", "bob", "cid"},
        problem.people[-1],
    )
    own = problem_of([], link("ada", "ada"))
    assert own is not None
    assert own.people == ("ada", "ada")


@pytest.mark.parametrize(
    "new",
    [
        link("cid", "ada", begins=10, ends=20),
        link("cid", "ada", policies=frozenset({"other"})),
        link("cid", ""),
        link("cid", "eve"),
    ],
    ids=["another time", "another policy", "nobody", "another person"],
)
def test_what_never_holds_together_is_no_ring(new: Link) -> None:
    held = [link("ada", "bob", policies=frozenset({"staffing"})), link("bob", "cid")]
    assert problem_of(held, new) is None


def test_chains_are_bounded() -> None:
    held = [link("b", "c"), link("c", "d")]
    assert problem_of(held, link("a", "b")) is None
    held.append(link("a", "b"))
    for new in (link("d", "e"), link("z", "a")):
        problem = problem_of(held, new)
        assert problem is not None
        assert (problem.kind, len(problem.people)) == ("chain", MAX_CHAIN + 2)
    assert problem_of(held, link("d", "e", begins=30, ends=40)) is None


def test_whom_a_change_concerns() -> None:
    links = [link("a", "b"), link("b", "c"), link("x", "y")]
    assert givers_through(links, "c") == {"a", "b", "c"}
    assert givers_through(links, "b") == {"a", "b"}


PEOPLE = "abcdef"


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(
            st.sampled_from(PEOPLE),
            st.sampled_from(PEOPLE),
            st.integers(0, 8),
            st.integers(1, 6),
            st.sets(st.sampled_from(["p", "q"])),
        ),
        max_size=14,
    ),
    st.integers(0, 14),
    st.sampled_from(["p", "q", "r"]),
)
def test_what_may_be_made_never_leads_back_nor_too_far(
    wanted: list[tuple[str, str, int, int, set[str]]], day: int, policy: str
) -> None:
    held: list[Link] = []
    for giver, taker, begins, length, policies in wanted:
        new = link(giver, taker, begins=begins, ends=begins + length, policies=frozenset(policies))
        if problem_of(held, new) is None:
            held.append(new)
    at = DAY + timedelta(days=day)
    links = by_giver(held)
    for person in PEOPLE:
        chain = chain_of(links, person, Matter(policy), at)
        assert person not in chain
        assert len(set(chain)) == len(chain) <= MAX_CHAIN
        # The last one is there: nobody decides for him in turn.
        assert not chain or chain_of(links, chain[-1], Matter(policy), at) == ()

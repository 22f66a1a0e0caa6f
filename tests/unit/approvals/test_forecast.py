"""Will there be somebody? Every shortage is found once, with what to do; who is back in time covers."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.approvals.delegation import Link, Matter, by_giver, problem_of
from apps.approvals.forecast import Expected, Finding, Gap, advice, forecast
from apps.core.money import Money

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return NOW + timedelta(days=number)


def link(giver: str, taker: str, begins: float = 0, ends: float | None = 30, **scope: Any) -> Link:
    return Link(
        f"{giver}{taker}{begins}", giver, taker, day(begins), None if ends is None else day(ends), **scope
    )


def expected(members: str, needed: int = 1, ends: float = 14, **values: Any) -> Expected:
    given: dict[str, Any] = {
        "ref": "1",
        "label": "One",
        "policy": "p",
        "stage": "s",
        "asks": "finance",
        **values,
    }
    return Expected(members=frozenset(members), begins=NOW, ends=day(ends), needed=needed, **given)


def found(one: Expected, *links: Link) -> list[tuple[Gap, str, str]]:
    return [
        (finding.gap, "".join(finding.people), "".join(finding.away))
        for finding in forecast([one], by_giver(links))
    ]


@pytest.mark.parametrize(
    ("one", "links", "gaps"),
    [
        (expected("ab"), [], []),
        (expected("a"), [], [(Gap.ONE_PERSON, "a", "")]),
        (expected(""), [], [(Gap.NOBODY, "", "")]),
        (expected("ab", needed=2), [], [(Gap.ONE_PERSON, "ab", "")]),
        (expected("ab", needed=3), [], [(Gap.TOO_FEW, "ab", "")]),
        (expected("ab", excluded=frozenset("b")), [], [(Gap.ONE_PERSON, "a", "")]),
        (expected("a", excluded=frozenset("a")), [], [(Gap.NOBODY, "", "")]),
        (expected("ab"), [link("a", "")], [(Gap.ONE_PERSON, "b", "a")]),
        (expected("ab"), [link("a", ""), link("b", "")], [(Gap.NOBODY, "", "ab")]),
        (expected("ab"), [link("a", "c")], []),
        (expected("ab"), [link("a", "b")], [(Gap.ONE_PERSON, "b", "a")]),
        (expected("ab", excluded=frozenset("c")), [link("a", "c")], [(Gap.ONE_PERSON, "b", "a")]),
        # Away at first, back before it is due.
        (expected("ab"), [link("a", "", 0, 3)], []),
        (expected("ab", ends=2), [link("a", "", 0, 3)], [(Gap.ONE_PERSON, "b", "a")]),
        # Goes away before it is due, but is there now.
        (expected("ab"), [link("a", "", 3, 30)], []),
        (
            expected("a", matter=Matter("p", Money(Decimal(900), "EUR"))),
            [link("a", "", limit=Money(Decimal(500), "EUR"))],
            [(Gap.ONE_PERSON, "a", "")],
        ),
        (
            expected("ab", requester="a", self_allowed=True),
            [],
            [(Gap.SELF_APPROVAL, "a", "")],
        ),
        (
            expected("bc", requester="a", self_allowed=True),
            [link("b", "a", 5, 9)],
            [(Gap.SELF_APPROVAL, "ba", "")],
        ),
        (expected("bc", requester="a", excluded=frozenset("a")), [link("b", "a", 5, 9)], []),
    ],
)
def test_gaps(one: Expected, links: list[Link], gaps: list[tuple[Gap, str, str]]) -> None:
    assert found(one, *links) == gaps


def test_what_concerns_many_is_found_once_and_the_graver_first() -> None:
    many = [expected("a", ref=str(number), label=f"Request {number}") for number in range(9)]
    (thin, grave) = sorted(forecast([*many, expected("", stage="t")], {}), key=lambda one: one.is_grave)
    assert (thin.count, len(thin.refs), thin.refs[0]) == (9, 5, ("0", "Request 0"))
    assert [finding.gap for finding in forecast([*many, expected("", stage="t")], {})] == [
        Gap.NOBODY,
        Gap.ONE_PERSON,
    ]
    assert grave.gap is Gap.NOBODY


def test_rings_are_named() -> None:
    ring = by_giver([link("a", "b"), link("b", "c"), link("c", "a"), link("x", "a")])
    (finding,) = [one for one in forecast([], ring) if one.gap is Gap.RING]
    assert set(finding.people) == {"a", "b", "c"}
    apart = by_giver([link("a", "b", 0, 2), link("b", "a", 2, 4)])
    assert forecast([], apart) == []


@pytest.mark.parametrize("gap", list(Gap))
@pytest.mark.parametrize("away", [(), ("a",)], ids=["there", "away"])
def test_every_gap_has_a_way_out(gap: Gap, away: tuple[str, ...]) -> None:
    finding = Finding(gap, "p", "s", "finance", ("b",), away, 2, NOW, (), 1, coming=False)
    words = advice(finding, {"a": "Ada", "b": "Bob"})
    assert words.endswith(".")
    assert "Ada" in words or "finance" in words or "Bob" in words or gap is Gap.SELF_APPROVAL


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcdef"), st.sampled_from("abcdef"), st.integers(0, 10), st.integers(1, 9)
        ),
        max_size=8,
    ),
    st.sets(st.sampled_from("abcdef"), max_size=4),
    st.sets(st.sampled_from("abcdef"), max_size=2),
    st.integers(1, 3),
)
def test_nobody_excluded_is_ever_counted_on(
    pairs: list[tuple[str, str, int, int]], members: set[str], excluded: set[str], needed: int
) -> None:
    links: list[Link] = []
    for giver, taker, begins, length in pairs:
        new = link(giver, taker, begins, begins + length)
        if problem_of(links, new) is None:
            links.append(new)
    one = expected("".join(members), needed, excluded=frozenset(excluded))
    findings = forecast([one], by_giver(links))
    assert len(findings) <= 1
    for finding in findings:
        assert not set(finding.people) & excluded
        assert (finding.gap is Gap.NOBODY) == (not finding.people)
        assert len(finding.people) <= needed
    if not links and len(members - excluded) > needed:
        assert findings == []

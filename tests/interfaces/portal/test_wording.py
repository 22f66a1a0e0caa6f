"""Values out of data as people read them."""

from datetime import UTC, datetime

import pytest

from apps.approvals.models import ApprovalStage
from apps.core.errors import Invalid
from apps.portal.json_text import read_json
from apps.portal.selectors.approval_view import ground_of
from apps.portal.wording import (
    facts_of,
    joined,
    label_of,
    role_words,
    since_words,
    system_words,
    titled,
    value_words,
)

NOW = datetime(2026, 3, 12, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"amount": "12500", "currency": "EUR"}, "12,500.00"),
        (
            [{"role": "project_manager", "count": 1}, {"role": "consultant", "count": 2}],
            "1 × project manager, 2 × consultant",
        ),
        ({"name": "Nordwind", "country": "DE"}, "Nordwind (DE)"),
        ("2026-03-01", "1 Mar 2026"),
        ("2026-03-01T10:00:00+00:00", "Sun 1 Mar 2026, 10:00 UTC"),
        ("2026-99-99", "2026-99-99"),
        (True, "yes"),
        (None, "—"),
        (["a", "b"], "a, b"),
        ({"x": 1, "y": {"z": None}}, "x: 1, y: z: —"),
        ("<script>", "&lt;script&gt;"),
        ([{"name": "<b>", "count": 2}], "2 × &lt;b&gt;"),
        ({"<i>": "<u>"}, "&lt;i&gt;: &lt;u&gt;"),
    ],
)
def test_values(value, text):
    assert text in str(value_words(value))


@pytest.mark.parametrize(
    ("rule", "asked", "said"),
    [
        ({"role": "finance", "approvers": [{"role": "finance"}]}, {"why": "finance"}, "you are finance"),
        (
            {"role": "finance", "region": "EU", "approvers": [{"role": "finance", "region": "EU"}]},
            {},
            "you are finance for EU",
        ),
        (
            {"role": "finance", "approvers": [{"role": "finance"}, {"group": "board"}]},
            {"why": "group board"},
            "the policy names you: group board",
        ),
        ({"approvers": [{"user": "a@b.example"}]}, {"why": "a@b.example"}, "the policy names you"),
        (
            {"role": "finance", "approvers": [{"role": "finance"}]},
            {"why": "asked by hand", "added": True},
            "somebody had you asked besides",
        ),
    ],
)
def test_why_somebody_is_asked(rule, asked, said):
    stage = ApprovalStage(rule=rule, candidates=[{"id": "other", "why": "x"}, {"id": "me", **asked}])
    assert ground_of(stage, "me") == said


def test_words():
    assert label_of("start_date") == "Start date"
    assert label_of("erp-id") == "ERP ID"
    assert role_words("delivery_manager") == "delivery manager"
    assert [system_words(slot) for slot in ("psa", "erp", "ticketing", "kb")] == [
        "the PSA",
        "the ERP",
        "the ticketing",
        "the KB",
    ]
    assert [joined([]), joined(["a"]), joined(["a", "", "b"]), joined(["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert [titled("Ready?", "X"), titled("Ready", "X"), titled("Ready", "")] == [
        "Ready? X",
        "Ready: X",
        "Ready",
    ]
    assert [
        name
        for name, _value in facts_of({"a_b": 1, "empty": "", "no": None, "amount": 2}, without=["amount"])
    ] == ["A b"]


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 3, 12, 9, 14, tzinfo=UTC), "09:14"),
        (datetime(2026, 3, 11, 23, 0, tzinfo=UTC), "yesterday"),
        (datetime(2026, 3, 10, 1, 0, tzinfo=UTC), "Tuesday"),
        (datetime(2026, 2, 1, 1, 0, tzinfo=UTC), "1 February"),
        (datetime(2024, 2, 1, 1, 0, tzinfo=UTC), "1 February 2024"),
    ],
)
def test_since_when(moment, text):
    assert since_words(moment, NOW) == text


@pytest.mark.parametrize("text", ["{", '{"a": Infinity}', '"\\ud800"', "[" * 70 + "]" * 70, "x" * 300_000])
def test_json_that_cannot_be_kept(text):
    with pytest.raises(Invalid):
        read_json(text)

"""Placeholders are values and nothing but values."""

import pytest

from apps.messaging.builtin import BUILTIN
from apps.messaging.placeholders import fill, fill_line, fill_path, missing_in, problems_in

VALUES = {
    "customer": {
        "name": "Ada & Söhne <GmbH>",
        "amount": {"amount": "12500.00", "currency": "EUR"},
        "tags": ["a", "b"],
    },
    "evil": "a\r\nBcc: x@y.example",
    "path": "../../admin?x=1",
    "none": None,
    "zero": 0,
}


def test_values_are_put_in_by_path() -> None:
    assert (
        fill("Dear {{ customer.name }}: {{customer.amount}}", VALUES)
        == "Dear Ada & Söhne <GmbH>: 12500.00 EUR"
    )
    assert fill("{{ customer.tags }} {{ zero }}", VALUES) == "a, b 0"


def test_a_missing_value_is_found() -> None:
    assert missing_in("{{ customer.name }} {{ customer.city }} {{ none }} {{ customer }}", VALUES) == [
        "customer.city",
        "none",
        "customer",
    ]


def test_a_header_stays_one_line() -> None:
    assert fill_line("Hello {{ evil }}", VALUES) == "Hello a Bcc: x@y.example"
    assert len(fill_line("x" * 300, VALUES)) == 200


def test_a_value_in_a_path_leads_nowhere_else() -> None:
    assert fill_path("/approvals/{{ path }}/", VALUES) == "/approvals/..%2F..%2Fadmin%3Fx%3D1/"


@pytest.mark.parametrize(
    "text", ["{% load x %}", "{{ a|safe }}", "{{ a.b() }}", "{{ a", "}}", "{{ __class__.x y }}"]
)
def test_there_is_no_template_language(text: str) -> None:
    assert [problem.pointer for problem in problems_in(text, "/body")] == ["/body"]


def test_what_comes_built_in_is_well_formed() -> None:
    for wording in BUILTIN.values():
        for text in (wording.subject, wording.body, wording.action_path):
            assert problems_in(text, "/x") == [], wording.key
        assert wording.why

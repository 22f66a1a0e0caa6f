"""Approval policies as pages: the list, the form that needs no script, trying on a sample, publishing."""

from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from apps.approvals.models import ApprovalPolicy
from apps.approvals.policies import DECIDERS
from apps.approvals.policy import parse_policy
from apps.approvals.services import save_draft
from apps.portal.policy_form import PolicyFields, definition_of, fields_of
from tenants.types import TenantRef
from tests.integration.approvals.conftest import SYSTEM, Staff, begin, publish, request_of, staff  # noqa: F401
from tests.interfaces.pages import signed_in

FULL: dict[str, Any] = {
    "stages": [
        {
            "name": "Board",
            "approvers": [
                {"group": "board"},
                {"role": "finance", "region": "EU"},
                {"owner_of": "customer", "id": "K-1"},
            ],
            "when": "amount.value > 5.0",
            "quorum": {"n": 2, "roles": {"finance": 1}, "mandatory": [{"user": "ada@x.example"}]},
            "reject": "mandatory",
            "approve_when": [{"name": "Renewal", "when": "renewal"}],
            "escalation": [
                {"after": "PT4H", "do": "remind"},
                {"after": "P1D", "add": [{"role": "finance", "region": "EU"}, {"group": "board"}]},
                {"after": "P2D", "do": "up"},
                {"after": "P2D", "replace": {"manager_of": "requester"}},
            ],
            "timeout": {"after": "P5D", "then": "reject"},
            "step_up": "never",
        },
        {
            "name": "Customer",
            "approvers": {"contact": "sponsor", "customer": "= subject.customer"},
            "quorum": {"of": "all", "roles": {"finance": 1}},
            "reject": {"percent": 50},
        },
    ],
    "separation": {"not_requester": True, "not_preparer": False, "not_twice": True},
    "limits": [{"role": "finance", "amount": "100.00", "currency": "EUR"}],
    "approve_when": [{"name": "Small", "when": "amount.value < 5.0"}],
    "escalation": [{"after": "P3D", "do": "remind"}],
    "timeout": {"after": "P9D", "then": "escalate"},
    "step_up": {"above": "10000.00", "currency": "EUR", "for": ["financial"]},
}


def sent(fields: PolicyFields) -> dict[str, str]:
    """What a browser sends of a form that nobody has touched."""
    rows = [*fields.limits, *fields.rules, *fields.ladder.rows]
    named: dict[str, str] = {}
    for stage in fields.stages:
        named |= {f"{stage.path}.{name}": value for name, value in stage.values.items()}
        rows += [*stage.approvers, *stage.mandatory, *stage.roles, *stage.rules, *stage.ladder.rows]
    for row in rows:
        named |= {f"{row.path}.{name}": value for name, value in row.values.items()}
    for again in (fields.step_up, *(stage.step_up for stage in fields.stages)):
        named |= {f"{again.path}.{name}": getattr(again, name) for name in ("mode", "above", "currency")}
        named |= {f"{again.path}.for.{kind}": "1" for kind, _words, is_on in again.kinds if is_on}
    return named | {f"sep.{name}": "1" for name, _words, is_on in fields.separation if is_on}


def test_the_form_holds_everything_the_format_knows() -> None:
    parse_policy(FULL, roles=DECIDERS)
    assert definition_of(sent(fields_of(FULL))) == FULL


class _Form(HTMLParser):
    """What a browser would send of the form of a page: its fields with the values they show."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self.select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        if tag == "select":
            self.select = held.get("name") or ""
        elif tag == "option" and "selected" in held:
            self.sent[self.select] = held.get("value") or ""
        elif tag == "input" and held.get("name") and (held.get("type") != "checkbox" or "checked" in held):
            self.sent[str(held["name"])] = held.get("value") or ""


@given(
    st.dictionaries(
        st.sampled_from(["s0.name", "s0.a0.kind", "s0.q0.role", "s0.number", "l0.kind"]),
        st.sampled_from(["", "0", "7", "x", "role", "= y", "{}", "n"]),
    )
)
def test_whatever_is_sent_becomes_a_definition_that_can_be_shown(given_fields: dict[str, str]) -> None:
    assert fields_of(definition_of(given_fields)).stages


@pytest.fixture
def page(staff: Staff, in_alpha: TenantRef) -> Any:  # noqa: F811
    def ask(method: str, path: str, by: str = "Tina", **data: str) -> Any:
        browser = signed_in(staff.user(by), in_alpha)
        try:
            return getattr(browser, method)(f"/settings/policies/{path}", data)
        finally:
            connection.set_schema(in_alpha.schema_name)  # type: ignore[attr-defined]

    return ask


def test_an_administrator_makes_tries_and_publishes_a_policy(page: Any) -> None:
    publish()
    request = request_of(begin(amount="60000.00"))
    assert "Make" not in page("get", "").content.decode()
    assert page("get", "new/").status_code == 200
    fields = {
        "name": "Large",
        "key": "large",
        "s0.name": "Director",
        "s0.a0.kind": "role",
        "s0.a0.value": "delivery_director",
        "sep.not_requester": "1",
    }
    added = page("post", "new/", command="add", **fields).content.decode()
    assert 'name="s1.name"' in added
    assert _Form(added).sent["s0.a0.value"] == "delivery_director"
    assert not ApprovalPolicy.objects.filter(key="large").exists()
    tried = page("post", "new/", command="try", sample=str(request.id), **fields).content.decode()
    assert "Dora, as delivery director" in tried
    wrong = page("post", "new/", command="save", **(fields | {"s0.a0.value": "delivery_directr"}))
    assert wrong.status_code == 422
    assert "Stage 1, approvers, role: " in wrong.content.decode()
    assert "Did you mean &#x27;delivery_director&#x27;?" in wrong.content.decode()
    assert page("post", "new/", command="save", **fields).status_code == 303
    assert ApprovalPolicy.objects.get(key="large").status == "draft"
    looked = page("post", "of/large/", command="publish", **fields)
    assert looked.status_code == 200
    said = looked.content.decode()
    assert "Only Dora can decide it." in said
    assert "Publish all the same" in said
    assert ApprovalPolicy.objects.get(key="large").status == "draft"
    read = _Form(said).sent["accepted"]
    assert page("post", "of/large/", command="publish", accepted="x", **fields).status_code == 200
    assert page("post", "of/large/", command="publish", accepted=read, **fields).status_code == 303
    row = ApprovalPolicy.objects.get(key="large")
    assert (row.status, row.number) == ("published", 1)
    assert row.definition["separation"] == {"not_requester": True, "not_preparer": False, "not_twice": False}
    assert "In use" in page("get", "").content.decode()


def test_the_page_shows_all_of_a_policy_and_sends_it_back_as_it_is(page: Any, staff: Staff) -> None:  # noqa: F811
    save_draft(key="full", name="Full", definition=FULL, actor=SYSTEM)
    html = page("get", "of/full/").content.decode()
    assert definition_of(_Form(html).sent) == FULL


def test_others_read_and_change_nothing(page: Any) -> None:
    assert "Save and publish" not in page("get", "of/staffing-approval/", by="Rita").content.decode()
    assert page("post", "of/staffing-approval/", by="Rita", command="publish", name="Mine").status_code == 200
    assert ApprovalPolicy.objects.count() == 1
    assert page("get", "of/no-such/").status_code == 404
    assert page("post", "new/", command="save", name="x", key="a b").status_code == 422
    assert page("post", "of/staffing-approval/", command="try", sample="x").status_code == 422


def test_the_queries_of_the_pages_do_not_grow(page: Any, staff: Staff) -> None:  # noqa: F811
    publish()
    page("get", "of/staffing-approval/")
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            page("get", "of/staffing-approval/")
        counts.append(len(captured))
        for _more in range(3):
            begin()
    assert counts[0] == counts[1] <= 14, counts

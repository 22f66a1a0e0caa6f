"""Groups, managers, owners and contacts over REST: what policies need to know of people."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.accounts.services import create_api_key
from apps.core.ids import new_id
from apps.delivery.models import Contact, Customer
from tenants.types import TenantRef
from tests.integration.approvals.conftest import SYSTEM, Staff

Api = Callable[..., Any]


@pytest.fixture
def api(staff: Staff, in_alpha: TenantRef, client: Client) -> Api:
    """Ask as Tina, who administers, unless another is named."""
    keys: dict[str, str] = {}

    def call(method: str, path: str, body: Any = None, by: str = "Tina", **headers: str) -> Any:
        if by not in keys:
            keys[by] = create_api_key(user_id=staff.user(by).id, name=by, scopes=["*"], actor=SYSTEM)[1]
        given = {"host": f"{in_alpha.primary_host}:8000", "authorization": f"Bearer {keys[by]}", **headers}
        sent = {} if body is None else {"data": body, "content_type": "application/json"}
        try:
            return getattr(client, method)(f"/api/v1/{path}", headers=given, **sent)
        finally:
            connection.set_schema(in_alpha.schema_name)  # type: ignore[attr-defined]

    return call


def test_groups_are_made_changed_and_removed(api: Api, staff: Staff) -> None:
    made = api("post", "groups", {"key": "board", "name": "Board"})
    assert (made.status_code, made.json()["members"]) == (201, [])
    path = f"groups/{made.json()['id']}"
    rita = str(staff.user("Rita").id)
    assert api("post", f"{path}/members", {"user_id": rita}).json()["members"] == [
        {"user_id": rita, "name": "Rita"}
    ]
    assert api("post", f"{path}/members", {"user_id": rita}).json()["members"][1:] == []
    assert api("patch", path, {"name": "The board"}, **{"if-match": '"1"'}).status_code == 412
    assert api("patch", path, {"name": "The board"}).json()["name"] == "The board"
    assert [row["key"] for row in api("get", "groups").json()["results"]] == ["board"]
    assert api("delete", path).json()["code"] == "group_in_use"
    assert api("post", f"{path}/members/remove", {"user_id": rita}).json()["members"] == []
    assert api("delete", path).status_code == 204
    assert api("get", path).status_code == 404


def test_what_groups_refuse_is_explained(api: Api, staff: Staff) -> None:
    board = api("post", "groups", {"key": "board", "name": "Board"}).json()["id"]
    for method, path, body, status, code in (
        ("post", "groups", {"key": "board", "name": "Again"}, 409, "group_exists"),
        ("post", "groups", {"key": "a b", "name": "Odd"}, 422, "invalid_input"),
        ("post", "groups", {"key": "b", "name": " "}, 422, "invalid_input"),
        ("post", f"groups/{board}/members", {"user_id": str(new_id())}, 404, "not_found"),
        ("patch", f"groups/{new_id()}", {"name": "x"}, 404, "not_found"),
    ):
        answer = api(method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.json()
    assert api("post", "groups", {"key": "x", "name": "X"}, by="Mona").status_code == 403
    assert api("get", "groups", by="Mona").status_code == 200


def test_managers_form_no_circle(api: Api, staff: Staff) -> None:
    rita, dora = str(staff.user("Rita").id), str(staff.user("Dora").id)
    assert api("patch", f"users/{rita}", {"manager_id": dora}).json()["manager_id"] == dora
    for manager, code in ((rita, "manager_cycle"), (dora, "manager_cycle"), (str(new_id()), "unknown_user")):
        answer = api("patch", f"users/{dora}", {"manager_id": manager})
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert api("patch", f"users/{rita}", {"name": "Rita R.", "manager_id": None}).json()["manager_id"] is None
    assert api("patch", f"users/{rita}", {}).status_code == 422


def test_owners_of_customers_and_parts_of_contacts(api: Api, staff: Staff) -> None:
    customer = Customer.objects.create(external_id="K-1", name="Nordwind")
    contact = Contact.objects.create(customer=customer, name="Ada", email="ada@nordwind.example")
    mona = str(staff.user("Mona").id)
    changed = api("patch", f"customers/{customer.id}", {"owner_id": mona})
    assert (changed.status_code, changed.json()["owner_id"]) == (200, mona)
    wrong = api("patch", f"customers/{customer.id}", {"owner_id": str(new_id())})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/owner_id")
    assert api("patch", f"customers/{customer.id}", {"owner_id": None}).json()["owner_id"] is None
    assert api("patch", f"contacts/{contact.id}", {"role": "sponsor"}).json()["role"] == "sponsor"
    assert api("patch", f"contacts/{contact.id}", {"role": "a b"}).status_code == 422
    assert api("patch", f"contacts/{new_id()}", {"role": ""}).status_code == 404
    assert api("patch", f"contacts/{contact.id}", {"role": ""}, by="Rita").status_code == 403


def test_a_policy_is_drafted_tried_and_published_over_rest(api: Api, staff: Staff) -> None:
    definition = {"stages": [{"name": "Director", "approvers": {"role": "delivery_director"}}]}
    wrong = api(
        "post", "approval-policies", {"key": "large", "name": "Large", "definition": {"stages": [{}]}}
    )
    assert wrong.status_code == 422
    assert {error["pointer"] for error in wrong.json()["errors"]} == {"/stages/0/name", "/stages/0/approvers"}
    made = api("post", "approval-policies", {"key": "large", "name": "Large", "definition": definition})
    assert (made.status_code, made.json()["status"], made.json()["version"]) == (201, "draft", 1)
    show = {"amount": {"amount": "5.00", "currency": "EUR"}}
    dora = str(staff.user("Dora").id)
    tried = api(
        "post", "approval-policies/try", {"definition": definition, "show": show, "requested_by": dora}
    )
    assert (tried.status_code, tried.json()["outcome"]) == (200, "nobody")
    assert tried.json()["stages"][0]["left_out"][0]["reason"] == "asked for this"
    assert api("post", "approval-policies/try", {"key": "large", "show": show}).status_code == 404
    assert api("post", "approval-policies/large/publish", {}).json()["status"] == "published"
    assert api("post", "approval-policies/try", {"key": "large", "show": show}).json()["outcome"] == "asked"
    assert api("post", "approval-policies/large/publish", {}).status_code == 404
    assert api("post", "approval-policies/large/publish", {}, by="Mona").status_code == 403

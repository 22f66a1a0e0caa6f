"""Delivery over REST, as staff, as a customer's contact, and as somebody who has no business there."""

import base64
from typing import Any, cast

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from apps.accounts.services import create_api_key
from apps.core.actor import Actor
from apps.delivery.models import Document, DocumentRequirement, Project
from tenants.types import TenantRef
from tests.integration.delivery.contracts import (
    PDF,
    SYSTEM,
    another_customer,
    contact_actor,
    contract,
    in_days,
    project,
    staff,
)

LISTS = ("customers", "contacts", "deals", "projects", "milestones", "documents", "staffing-requests")


class Api:
    """One actor's key on the tenant's host."""

    def __init__(self, tenant: TenantRef, actor: Actor, scopes: tuple[str, ...] = ("*",)) -> None:
        _key, text = create_api_key(user_id=actor.id, name="test", scopes=scopes, actor=SYSTEM)  # type: ignore[arg-type]
        self.client = Client(HTTP_HOST=tenant.primary_host, HTTP_AUTHORIZATION=f"Bearer {text}")

        self.schema = tenant.schema_name

    def get(self, path: str, **query: Any) -> Any:
        return self.back(self.client.get(f"/api/v1/{path}", query))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        body = body or {}
        url = f"/api/v1/{path}"
        return self.back(self.client.post(url, body, content_type="application/json", headers=headers))

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        url = f"/api/v1/{path}"
        return self.back(self.client.patch(url, body, content_type="application/json", headers=headers))

    def send_form(self, path: str, form: dict[str, Any]) -> Any:
        return self.back(self.client.post(f"/api/v1/{path}", form))

    def back(self, answer: Any) -> Any:
        """A request leaves its tenant; the test goes on in it."""
        cast(Any, connection).set_schema(self.schema)
        return answer


@pytest.fixture
def made(in_alpha: TenantRef) -> Project:
    return project(contract(without=("security_annex",)))


@pytest.fixture
def manager(made: Project, in_alpha: TenantRef) -> Api:
    return Api(in_alpha, staff("delivery_manager"))


@pytest.fixture
def ada(made: Project, in_alpha: TenantRef) -> Api:
    return Api(in_alpha, contact_actor())


@pytest.fixture
def grace(made: Project, in_alpha: TenantRef) -> Api:
    project(another_customer())
    return Api(in_alpha, contact_actor("grace@suedwind.example"))


@pytest.mark.parametrize("name", LISTS)
def test_lists_and_single_rows(manager: Api, name: str):
    answer = manager.get(name)
    assert answer.status_code == 200, answer.content
    results = answer.json()["results"]
    assert answer.json()["next"] is None
    for row in results:
        assert manager.get(f"{name}/{row['id']}").status_code == 200
    assert results or name == "staffing-requests"
    refused = manager.get(name, colour="blue")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/colour")
    assert manager.get(f"{name}/{'0' * 8}-0000-7000-8000-{'0' * 12}").status_code == 404


def test_filters(manager: Api, grace: Api, made: Project):
    assert [
        row["id"] for row in manager.get("projects", customer_id=str(made.customer_id)).json()["results"]
    ] == [str(made.id)]
    assert manager.get("projects", status="sleeping").status_code == 422
    assert len(manager.get("milestones", project_id=str(made.id)).json()["results"]) == 2
    assert (
        len(manager.get("documents", deal_id=str(made.deal_id), kind="purchase_order").json()["results"]) == 1
    )
    assert [row["name"] for row in manager.get("customers", name="nord").json()["results"]] == [
        "Nordwind GmbH"
    ]


def test_a_customer_sees_his_own_and_nothing_internal(ada: Api, grace: Api, made: Project):
    assert [row["id"] for row in ada.get("projects").json()["results"]] == [str(made.id)]
    assert [row["name"] for row in ada.get("customers").json()["results"]] == ["Nordwind GmbH"]
    detail = ada.get(f"projects/{made.id}").json()
    assert not {"tier", "psa_id", "manager_id"} & detail.keys()
    assert detail["summary"]["expected"][0]["text"] == "Send the security annex"
    assert grace.get(f"projects/{made.id}").status_code == 404
    assert grace.get(f"deals/{made.deal_id}/document-requirements").status_code == 404
    assert ada.get("staffing-requests").status_code == 403
    milestone = made.milestones.get(sequence=1)
    assert ada.get(f"milestones/{milestone.id}/billing-readiness").status_code == 403


def test_complete_and_accept(manager: Api, ada: Api, grace: Api, made: Project):
    path = f"milestones/{made.milestones.get(sequence=1).id}"
    assert ada.post(f"{path}/complete").status_code == 403
    assert ada.post(f"{path}/accept").json()["code"] == "illegal_transition"
    first = manager.post(f"{path}/complete", {"note": "Done"}, **{"Idempotency-Key": "a"})
    again = manager.post(f"{path}/complete", {"note": "Done"}, **{"Idempotency-Key": "a"})
    assert (first.status_code, first.json()["status"]) == (200, "completed")
    assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")
    assert manager.post(f"{path}/accept").status_code == 403
    assert grace.post(f"{path}/accept").status_code == 404
    assert ada.post(f"{path}/send-back", {"reason": ""}).status_code == 422
    assert ada.post(f"{path}/send-back", {"reason": "No minutes"}).json()["status"] == "active"
    manager.post(f"{path}/complete")
    assert ada.post(f"{path}/accept").json()["accepted_by"] == "test"


def test_what_one_is_shown_does_not_hang_on_who_asked_before(manager: Api, ada: Api, made: Project):
    """Shapes are kept for the next answer; what they leave out is decided for each."""
    for path, internal in (
        (f"customers/{made.customer_id}", {"erp_id", "external_refs", "owner_id"}),
        (f"projects/{made.id}", {"tier", "manager_id", "psa_id"}),
    ):
        for asker, expected in ((manager, internal), (ada, set()), (manager, internal), (ada, set())):
            assert internal & set(asker.get(path).json()) == expected
            listed = asker.get(path.partition("/")[0]).json()["results"]
            assert [internal & set(row) for row in listed] == [expected]


def test_customers_and_projects_are_edited_by_version(manager: Api, ada: Api, made: Project):
    for path, change in (
        (f"customers/{made.customer_id}", {"erp_id": "CUS-9"}),
        (f"projects/{made.id}", {"psa_id": "PRJ-9", "forecast_on": "2030-01-31"}),
    ):
        held = manager.get(path)["ETag"]
        changed = manager.patch(path, change, **{"If-Match": held})
        assert (changed.status_code, changed["ETag"] != held) == (200, True)
        assert change.items() <= changed.json().items()
        assert manager.patch(path, change, **{"If-Match": held}).status_code == 412
        assert manager.patch(path, {"status": "completed"}).status_code == 422
        assert ada.patch(path, change).status_code == 403


def test_upload_as_json_and_as_form(ada: Api, made: Project):
    annex = DocumentRequirement.objects.get(kind="security_annex")
    body = {"requirement_id": str(annex.id), "name": "annex.pdf", "content": base64.b64encode(PDF).decode()}
    created = ada.post("documents", body | {"valid_until": in_days(30).isoformat()})
    assert created.status_code == 201, created.content
    file = ada.get(f"documents/{created.json()['id']}/content")
    assert (file.content, file["Content-Type"]) == (PDF, "application/pdf")
    assert file["Content-Disposition"] == 'attachment; filename="annex.pdf"'
    assert file["X-Content-Type-Options"] == "nosniff"

    form = {"requirement_id": str(annex.id), "file": SimpleUploadedFile("scan.png", b"\x89PNG\r\n\x1a\n...")}
    sent = ada.send_form("documents", form)
    assert (sent.status_code, sent.json()["content_type"]) == (201, "image/png")
    assert Document.objects.filter(requirement=annex).count() == 2


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"content": "not base64!"}, 422, "invalid_input"),
        ({"content": ""}, 422, "invalid_input"),
        ({"content": base64.b64encode(b"MZ...").decode()}, 422, "document_type_refused"),
        ({"name": ""}, 422, "invalid_input"),
        ({"valid_until": "2020-01-01"}, 422, "document_expired"),
        ({"requirement_id": "0" * 8 + "-0000-7000-8000-" + "0" * 12}, 404, "not_found"),
        ({"extra": 1}, 422, "invalid_input"),
    ],
)
def test_what_is_refused(ada: Api, change: dict[str, Any], status: int, code: str):
    annex = DocumentRequirement.objects.get(kind="security_annex")
    body = {"requirement_id": str(annex.id), "name": "a.pdf", "content": base64.b64encode(PDF).decode()}
    answer = ada.post("documents", body | change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_key_without_the_scope_and_nobody_at_all(in_alpha: TenantRef, made: Project):
    reader = Api(in_alpha, staff("delivery_manager"), scopes=("projects:read",))
    assert reader.get("projects").status_code == 200
    assert reader.get("customers").status_code == 403
    assert reader.post(f"milestones/{made.milestones.get(sequence=1).id}/complete").status_code == 403
    nobody = Client(HTTP_HOST=in_alpha.primary_host)
    for name in LISTS:
        assert nobody.get(f"/api/v1/{name}").status_code == 401

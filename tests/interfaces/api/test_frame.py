"""What all resources have in common: pages, problems, versions, limits, the document."""

import json
from uuid import uuid4

import pytest
import redis
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from apps.accounts.models import User
from apps.accounts.policies import list_actions
from apps.api import throttling
from apps.core.api.views import Resource
from apps.ledger.models import AuditEntry
from tenants.context import tenant_context
from tests.integration.accounts.people import person
from tests.interfaces.api.conftest import Program


def views(patterns=None, prefix=""):
    """Yield every REST view of a tenant's host with its address."""
    for entry in get_resolver(settings.TENANT_URLCONF).url_patterns if patterns is None else patterns:
        address = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from views(entry.url_patterns, address)
        elif isinstance(entry, URLPattern) and hasattr(entry.callback, "cls"):
            yield address, entry.callback.cls


def test_every_method_of_every_resource_names_a_registered_action():
    known, seen = list_actions(), 0
    for address, view in views():
        assert issubclass(view, Resource), address
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            if hasattr(view, method.lower()) and not view.public:
                assert method in view.actions, f"{method} {address} asks no policy"
                assert view.actions[method] == "" or view.actions[method] in known, f"{method} {address}"
                seen += 1
    assert seen > 10


@pytest.fixture
def crowd(alpha):
    with tenant_context(alpha):
        User.objects.exclude(email="integrator@people.example").delete()
        return [str(person(f"p{number:02}").pk) for number in range(12)]


def walk(program, path, direction="next"):
    """Return the ids of all pages in the order met."""
    found = []
    while path:
        page = program.get(path).json()
        found.append([row["id"] for row in page["results"]])
        path = page[direction] and page[direction].split("/api/v1/")[1]
    return found


def test_pages_show_each_row_once_in_both_directions(program, crowd):
    pages = walk(program, "users?limit=5")
    assert [len(page) for page in pages] == [5, 5, 3]
    ids = [row for page in pages for row in page]
    assert ids == sorted(ids, reverse=True)
    assert set(crowd) < set(ids)
    last = f"users?limit=5&{program.get('users?limit=5').json()['next'].split('?')[1]}"
    second = program.get(last).json()
    third = program.get(second["next"].split("/api/v1/")[1]).json()
    assert third["next"] is None
    back = program.get(third["previous"].split("/api/v1/")[1]).json()
    assert [row["id"] for row in back["results"]] == [row["id"] for row in second["results"]]
    first = program.get(back["previous"].split("/api/v1/")[1]).json()
    assert [row["id"] for row in first["results"]] == pages[0]
    assert first["previous"] is None


def test_rows_added_meanwhile_shift_no_page(program, crowd, alpha):
    first = program.get("users?limit=5").json()
    with tenant_context(alpha):
        person("late")
    second = program.get(first["next"].split("/api/v1/")[1]).json()
    assert not {row["id"] for row in first["results"]} & {row["id"] for row in second["results"]}


def test_filters_survive_in_the_links(program, crowd):
    page = program.get("users?limit=1&is_active=true").json()
    assert "is_active=true" in page["next"]
    assert program.get("users?email=P03@people.example").json()["results"][0]["id"] == crowd[3]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=x",
        "limit=%D9%A1",
        "cursor=x",
        "cursor=AAAA",
        "cursor=%00",
        "cursor=é",
        "colour=red",
    ],
)
def test_unreadable_queries_are_refused(program, query):
    answer = program.get(f"users?{query}")
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"


def test_the_shape_of_a_problem(program):
    answer = program.post("users", {"email": "nonsense", "roles": "x"})
    body = answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert set(body) == {"type", "title", "status", "detail", "code", "request_id", "errors"}
    assert (body["status"], body["code"]) == (422, "invalid_input")
    assert body["request_id"] == answer["X-Request-Id"]
    assert {error["pointer"] for error in body["errors"]} == {"/email", "/roles"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "nothing", None, 404, "not_found"),
        ("GET", "users/not-a-uuid", None, 404, "not_found"),
        ("GET", "users/8fd94698-0165-4477-80af-4ecd1e3ffa92", None, 404, "not_found"),
        ("DELETE", "users", None, 405, "method_not_allowed"),
        ("POST", "users", b"{", 400, "malformed_body"),
        ("POST", "users", b"[" * 5000, 400, "malformed_body"),
        ("POST", "users", b'{"email": "\\u0000@x.example"}', 400, "malformed_body"),
        ("POST", "users", b'{"email": "\\ud800"}', 400, "malformed_body"),
        ("POST", "users", b'{"email": NaN}', 400, "malformed_body"),
        ("POST", "users", b"\xff", 400, "malformed_body"),
        ("POST", "users", b"[]", 422, "invalid_input"),
        ("POST", "users", b"null", 422, "invalid_input"),
        ("GET", "event-types/%00", None, 404, "not_found"),
        ("GET", "event-types/no.such", None, 404, "not_found"),
    ],
)
def test_refusals(program, method, path, body, status, code):
    answer = program.send(method, path, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"


def test_another_media_type_is_refused(program):
    answer = program.client.post(
        "/api/v1/users", "a=b", content_type="text/plain", headers={"Authorization": f"Bearer {program.key}"}
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_defect_gives_nothing_away(program, monkeypatch):
    def broken(*_args):
        raise RuntimeError("the secret recipe")

    monkeypatch.setattr("apps.accounts.api.views.visible_users", broken)
    answer = program.get("users")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "recipe" not in answer.content.decode()


def test_nobody_anonymous(alpha):
    answer = Program("alpha.localhost:8000").get("users")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


@pytest.mark.isolation
def test_ids_that_are_not_here_are_audited_within_bounds(program, alpha, beta):
    with tenant_context(beta):
        foreign = person("foreign").pk
    for _ in range(3):
        assert program.get(f"users/{foreign}").status_code == 404
    for _ in range(30):
        program.get(f"users/{uuid4()}")
    with tenant_context(alpha):
        noted = AuditEntry.objects.filter(action="access.not_found")
        assert noted.filter(after__path=f"/api/v1/users/{foreign}").count() == 1
        assert noted.count() == 20


def test_versions_guard_edits(program, crowd):
    path = f"users/{crowd[0]}"
    read = program.get(path)
    assert program.get(path, If_None_Match=read["ETag"]).status_code == 304
    changed = program.patch(path, {"name": "Zoë"}, If_Match=read["ETag"])
    assert (changed.status_code, changed.json()["name"]) == (200, "Zoë")
    assert changed["ETag"] != read["ETag"]
    stale = program.patch(path, {"name": "Old"}, If_Match=read["ETag"])
    assert (stale.status_code, stale.json()["code"]) == (412, "version_mismatch")


def test_the_allowance_is_told_and_kept(program, settings):
    settings.API_RATE_PER_MINUTE = 3
    answers = [program.get("me") for _ in range(5)]
    told = answers[0]
    assert told["RateLimit-Limit"] == "3"
    assert int(told["RateLimit-Remaining"]) == 2
    assert 1 <= int(told["RateLimit-Reset"]) <= 60
    if {answer.status_code for answer in answers} != {200, 429}:
        pytest.fail("the minute changed twice within five requests")
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["code"] == "too_many_requests"
    assert 1 <= int(refused["Retry-After"]) <= 60


def test_without_redis_nobody_is_held_up(program, monkeypatch):
    away = redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.1)
    monkeypatch.setattr(throttling, "_counter", throttling._Counter(away))
    answer = program.get("me")
    assert answer.status_code == 200
    assert "RateLimit-Limit" not in answer


def test_events_and_their_catalogue(program, alpha):
    catalogue = program.get("event-types").json()["results"]
    assert catalogue
    for entry in catalogue[:3]:
        assert program.get(f"event-types/{entry['type']}/schema").json() == entry["schema"]
    assert program.get("events").status_code == 200


def test_the_audit_can_be_read_and_searched(program, crowd, alpha):
    program.patch(f"users/{crowd[1]}", {"name": "Renamed"})
    page = program.get(f"audit-entries?subject_id={crowd[1]}&action=user.update").json()
    (entry,) = page["results"]
    assert (entry["before"], entry["after"]) == ({"name": "P01"}, {"name": "Renamed"})
    assert entry["actor"]["kind"] == "key"
    assert program.get(f"audit-entries/{entry['id']}").json() == entry
    assert (
        program.get(f"audit-entries?until={entry['at']}&subject_id={crowd[1]}&action=user.update").json()[
            "results"
        ]
        == []
    )


def test_a_page_session_needs_the_csrf_token(alpha):
    from django.test import Client  # noqa: PLC0415 - the strict one, for this test only

    from tests.integration.accounts.people import PASSWORD  # noqa: PLC0415

    with tenant_context(alpha):
        person("admin", "tenant_admin", password=PASSWORD)
    browser = Client(HTTP_HOST="alpha.localhost:8000", enforce_csrf_checks=True)
    token = browser.get("/sign-in/").cookies["csrf"].value
    signed_in = browser.post(
        "/sign-in/", {"login": "admin@people.example", "password": PASSWORD, "csrfmiddlewaretoken": token}
    )
    assert signed_in.status_code == 302
    body = json.dumps({"email": "made@people.example"})
    bare = browser.post("/api/v1/users", body, content_type="application/json")
    assert (bare.status_code, bare.json()["code"]) == (403, "forbidden")
    token = browser.cookies["csrf"].value
    sent = browser.post(
        "/api/v1/users", body, content_type="application/json", headers={"X-CSRFToken": token}
    )
    assert sent.status_code == 201


@pytest.mark.parametrize("host", ["alpha.localhost:8000", "northmsp.localhost:8000"])
def test_the_document_and_the_reference_page(alpha, host):
    program = Program(host)
    document = program.get("openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/users" in document["paths"]
    operations = [op["operationId"] for methods in document["paths"].values() for op in methods.values()]
    assert len(operations) == len(set(operations))
    page = program.get("docs/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "<script>" not in text
    assert 'style="' not in text
    for methods in document["paths"].values():
        for operation in methods.values():
            assert f'id="{operation["operationId"].replace("_", "-")}"' in text

"""The inbox over REST: what waits, counts, marks, filters, the calendar address, notices and preferences."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from apps.accounts.models import User
from apps.approvals.models import ApprovalRequest
from apps.core.clock import now
from tenants.context import tenant_context
from tests.integration.approvals.conftest import begin, publish
from tests.interfaces.api.conftest import Program, make_key

POLICY = "{stages: [{name: Money, approvers: {role: finance}}]}"


@pytest.fixture
def asked(alpha):
    """Three requests before finance, and finance's key; the ids in order of urgency."""
    program = Program(alpha.primary_host, make_key(alpha, role="finance", name="fin"))
    with tenant_context(alpha):
        publish(policy=POLICY)
        requests = [
            ApprovalRequest.objects.get(run=begin(amount=f"{amount}.00")) for amount in (10, 5_000_000, 200)
        ]
    by_urgency = [requests[1], requests[0], requests[2]]
    return program, [str(request.id) for request in by_urgency]


def test_what_waits_in_order_and_in_pages(asked):
    program, ids = asked
    first = program.get("inbox?limit=2").json()
    assert [row["id"] for row in first["results"]] == ids[:2]
    row = first["results"][0]
    assert (row["kind"], row["customer"], row["amount"]) == (
        "decision",
        "Nordwind",
        {"amount": "5000000.00", "currency": "EUR"},
    )
    assert row["urgent_at"] < row["due_at"]
    assert (row["is_unread"], row["waits_for_you_as"], row["template"]) == (True, "Money", "staffing")
    rest = program.get(f"inbox?{first['next'].split('?')[1]}").json()
    assert [row["id"] for row in rest["results"]] == ids[2:]
    assert rest["next"] is None
    back = program.get(f"inbox?{rest['previous'].split('?')[1]}").json()
    assert [row["id"] for row in back["results"]] == ids[:2]
    shown = {"outcome": "approved", "show_hash": row["show_hash"]}
    assert program.post(f"approvals/{ids[0]}/decisions", shown).status_code == 201


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("cursor=x", "/cursor"), ("limit=0", "/limit"), ("kind=moon", "/kind"), ("moon=1", "/moon")],
)
def test_queries_that_cannot_be_read(asked, query, pointer):
    answer = asked[0].get(f"inbox?{query}")
    assert answer.status_code == 422
    assert pointer in {problem["pointer"] for problem in answer.json()["errors"]}


def test_counts_and_marks(asked):
    program, ids = asked
    assert program.get("inbox/counts").json()["decision"]["waiting"] == 3
    assert program.post("inbox/read", {"items": ids[:1]}).json() == {"count": 1}
    until = (now() + timedelta(hours=5)).isoformat()
    assert program.post("inbox/snooze", {"items": ids[1:2], "until": until}).json() == {"count": 1}
    held = program.get("inbox/counts").json()["all"]
    assert (held["waiting"], held["snoozed"], held["unread"], held["overdue"]) == (2, 1, 1, 0)
    asleep = program.get("inbox?show=snoozed").json()["results"]
    assert [row["id"] for row in asleep] == ids[1:2]
    assert datetime.fromisoformat(asleep[0]["snoozed_until"]).astimezone(UTC) == datetime.fromisoformat(until)
    assert program.post("inbox/wake", {"items": ids[1:2]}).json() == {"count": 1}
    assert program.get("inbox?show=unread").json()["results"][0]["id"] == ids[1]


def test_refusals(asked):
    program, ids = asked
    past = (now() - timedelta(hours=5)).isoformat()
    answer = program.post("inbox/snooze", {"items": ids[:1], "until": past})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_until")
    nobody = "01900000-0000-7000-8000-000000000000"
    later = (now() + timedelta(hours=5)).isoformat()
    answer = program.post("inbox/snooze", {"items": [nobody], "until": later})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_waiting")
    assert program.post("inbox/read", {"items": []}).status_code == 422


def test_filters_are_each_ones_own(asked, alpha):
    program, _ids = asked
    made = program.post("inbox-filters", {"name": "Big", "query": {"search": "Nord", "group": "due"}})
    assert made.status_code == 201
    saved = made.json()
    assert saved["query"] == {"search": "Nord", "group": "due"}
    assert program.post("inbox-filters", {"name": "Empty", "query": {}}).status_code == 422
    other = Program(alpha.primary_host, make_key(alpha, role="approver", name="other"))
    assert other.get("inbox-filters").json()["results"] == []
    assert other.get(f"inbox-filters/{saved['id']}").status_code == 404
    assert other.send("DELETE", f"inbox-filters/{saved['id']}").status_code == 404
    assert program.send("DELETE", f"inbox-filters/{saved['id']}").status_code == 204
    assert program.get("inbox-filters").json()["results"] == []


def test_workload_is_for_whoever_has_a_team(asked, alpha):
    assert asked[0].get("inbox/workload").status_code == 403
    director = Program(alpha.primary_host, make_key(alpha, role="delivery_director", name="director"))
    (load,) = director.get("inbox/workload").json()["results"]
    with tenant_context(alpha):
        assert load["user_id"] == str(User.objects.get(role_assignments__role="finance").pk)
    assert (load["waiting"], load["overdue"]) == (3, 0)


def test_a_calendar_address(asked):
    program, _ids = asked
    made = program.post("calendar-feed", {})
    assert made.status_code == 201
    path = made.json()["url"].split("/", 3)[3]
    assert program.client.get(f"/{path}").content.count(b"BEGIN:VEVENT") == 3
    assert program.send("DELETE", "calendar-feed").status_code == 204
    assert program.client.get(f"/{path}").status_code == 404
    assert program.send("DELETE", "calendar-feed").status_code == 404


def test_notices_and_preferences(asked, drain, settings):
    program, _ids = asked
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    wishes = {"zone": "Europe/Rome", "digest_at": "07:30", "ways": {"asked": {"mail": "never"}}}
    kept = program.send("PUT", "notification-preferences", wishes)
    assert kept.status_code == 200
    assert program.get("notification-preferences").json() == kept.json()
    assert kept.json()["ways"] == {"asked": {"mail": "never", "chat": False}}
    drain()
    told = program.get("notifications?unread=true").json()["results"]
    assert len(told) == 3
    assert {(row["kind"], row["mail"], row["read_at"]) for row in told} == {("asked", "kept", None)}
    assert told[0]["path"].startswith("/approvals/")
    assert program.post("notifications/read", {"notices": [told[0]["id"]]}).json() == {"count": 1}
    assert program.post("notifications/read", {}).json() == {"count": 2}
    assert program.get("notifications?unread=true").json()["results"] == []
    answer = program.send("PUT", "notification-preferences", {"zone": "Nowhere"})
    assert (answer.status_code, json.loads(answer.content)["errors"][0]["pointer"]) == (422, "/zone")

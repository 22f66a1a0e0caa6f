"""What people do in their inbox: put off, mark, keep filters, review several; the lists beside it; being told."""

import re
from datetime import timedelta

import pytest

from apps.approvals.models import ApprovalRequest, Decision
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.ids import new_id
from apps.delivery.models import DocumentRequirement
from apps.delivery.services.documents import upload_document
from apps.inbox.models import CalendarFeed, Mark, SavedFilter
from apps.messaging.models import Message
from tests.integration.delivery.contracts import PDF, another_customer, contact_actor

PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)


@pytest.fixture
def requests(office):
    """Three decisions before the resource manager, the most urgent first."""
    for number in range(3):
        office.sign(another_customer(f"C-50{number}"))
    return list(ApprovalRequest.objects.filter(status="open").order_by("due_at", "id"))


def ids(*requests):
    return {"items": [str(request.id) for request in requests]}


def test_an_open_page_asks_whether_its_list_has_changed(office, requests, resource_manager):
    page = resource_manager.get("/")
    etag = page.html.split('data-etag="')[1].split('"')[0].replace("&quot;", '"')
    headers = {"HX-Request": "true", "HX-Target": "inbox-live"}
    same = resource_manager.client.get("/", headers={**headers, "If-None-Match": etag})
    assert (same.status_code, same.content) == (304, b"")
    resource_manager.post("/inbox/marks/", ids(requests[0]) | {"command": "read"})
    changed = resource_manager.client.get("/", headers={**headers, "If-None-Match": etag})
    assert changed.status_code == 200
    assert changed["ETag"] != etag
    assert b"<html" not in changed.content
    assert b'id="inbox-live"' in changed.content


def test_what_has_not_changed_costs_one_statement(office, requests, resource_manager):
    page = resource_manager.get("/")
    etag = page.html.split('data-etag="')[1].split('"')[0].replace("&quot;", '"')
    headers = {"HX-Request": "true", "HX-Target": "inbox-live", "If-None-Match": etag}
    page = resource_manager._visit(lambda: resource_manager.client.get("/", headers=headers))
    assert page.status == 304
    about_the_inbox = [sql for sql in resource_manager.asked if "approvals_approvalrequest" in sql]
    assert len(about_the_inbox) == 1
    assert page.queries <= 4


def test_unread_until_looked_at(office, requests, resource_manager):
    assert resource_manager.get("/").html.count("item-unread") == 3
    here = f"/approvals/{requests[0].id}/"
    page = resource_manager.get(here)
    assert "data-looked" in page.html
    assert not Mark.objects.exists()
    resource_manager.post("/inbox/marks/", ids(requests[0]) | {"command": "read"})
    assert resource_manager.get("/").html.count("item-unread") == 2
    assert "data-looked" not in resource_manager.get(here).html
    resource_manager.post("/inbox/marks/", ids(requests[0]) | {"command": "unread"})
    assert resource_manager.get("/").html.count("item-unread") == 3


def test_snooze_and_bring_back(office, requests, resource_manager):
    page = resource_manager.post(
        "/inbox/marks/", ids(*requests[:2]) | {"command": "snooze", "until": "3h"}, follow=True
    )
    assert page.has("2 items snoozed.", "1 decision waits for you", "Snoozed 2")
    asleep = resource_manager.get("/", show="snoozed")
    assert asleep.has("snoozed until", "Bring back")
    page = resource_manager.post("/inbox/marks/", ids(requests[0]) | {"command": "wake"}, follow=True)
    assert page.has("1 item back in the list.", "2 decisions wait for you")


def test_what_is_overdue_cannot_be_put_off(office, requests, resource_manager):
    ApprovalRequest.objects.filter(pk=requests[0].pk).update(due_at=now() - timedelta(hours=1))
    sent = {"command": "snooze", "until": "tomorrow"}
    page = resource_manager.post("/inbox/marks/", ids(*requests) | sent, follow=True)
    assert page.has("2 items snoozed.", "1 item stayed: what is overdue cannot be put off.")
    page = resource_manager.post("/inbox/marks/", ids(requests[0]) | sent, follow=True)
    assert page.has("It is overdue, and what is overdue cannot be put off.")


@pytest.mark.parametrize("until", ["", "next year", "2020-01-01T10:00", "9999-12-31T23:59"])
def test_a_moment_that_will_not_do(office, requests, resource_manager, until):
    sent = ids(requests[0]) | {"command": "snooze", "until": until}
    page = resource_manager.post("/inbox/marks/", sent, follow=True)
    assert page.status == 200
    assert "Choose" in page.words
    assert not Mark.objects.exists()


def test_nothing_chosen_and_nonsense(office, requests, resource_manager):
    for sent in ({}, {"items": ["x", "0" * 32]}, ids(requests[0]) | {"command": "nonsense"}):
        assert resource_manager.post("/inbox/marks/", sent).status == 303
    page = resource_manager.post("/inbox/marks/", {"next": "//evil.example/"})
    assert page.to == "/"


def test_search_and_a_saved_filter(office, requests, resource_manager, director):
    page = resource_manager.get("/", search="C-501", group="customer")
    assert page.has("Save this filter")
    assert page.html.count("data-row") == 1
    sent = {"name": " Mine ", "search": "C-501", "group": "customer", "next": "/?search=C-501"}
    assert resource_manager.post("/inbox/filters/", sent).to == "/?search=C-501"
    saved = SavedFilter.objects.get()
    assert (saved.name, saved.query) == ("Mine", {"search": "C-501", "group": "customer"})
    assert resource_manager.get("/").has("Mine")
    assert "Mine" not in director.get("/").words
    assert director.post("/inbox/filters/", {"delete": str(saved.id)}, follow=True).has(
        "no such saved filter"
    )
    resource_manager.post("/inbox/filters/", {"delete": str(saved.id)})
    assert not SavedFilter.objects.exists()
    assert resource_manager.post("/inbox/filters/", {"name": "x"}, follow=True).has("set a filter first")
    assert resource_manager.get("/", search="nothing at all").has("Nothing of this kind waits for you")


def test_several_are_looked_at_before_any_is_decided(office, requests, resource_manager):
    sent = ids(*requests) | {"outcome": "approved"}
    page = resource_manager.post("/inbox/review/", sent)
    assert page.status == 303
    shown = resource_manager.get(page.to)
    assert shown.has(
        "3 decisions to look at", "Nothing is decided before you send this page.", "You decide as"
    )
    assert shown.html.count('value="approved" checked') == 3
    assert shown.has("Together at stake: 360,000.00 EUR", "Documents: statement_of_work.pdf")
    assert resource_manager.cost("/inbox/review/", **ids(*requests)) == resource_manager.cost(
        "/inbox/review/", **ids(requests[0])
    )
    assert not Decision.objects.exists()


def test_a_document_that_came_meanwhile_was_not_reviewed(office, requests, resource_manager):
    shown = resource_manager.get("/inbox/review/", **ids(*requests[:2])).html
    hashes = dict(re.findall(r'name="((?:show|view)_hash-[^"]+)" value="([^"]*)"', shown))
    assert len(hashes) == 4
    annex = DocumentRequirement.objects.get(kind="security_annex", deal__run_id=requests[0].run_id)
    upload_document(requirement_id=annex.id, actor=Actor.system("test"), name="annex.pdf", content=PDF)
    form = ids(*requests[:2]) | hashes | {"decide": "1"}
    form |= {f"outcome-{request.id}": "approved" for request in requests[:2]}
    assert resource_manager.post("/inbox/review/", form).has("1 decision taken and 1 not taken")
    assert Decision.objects.get().request_id == requests[1].id


def test_each_is_decided_by_itself_and_the_answer_is_honest(office, requests, resource_manager, director):
    first, second, third = requests
    ApprovalRequest.objects.filter(pk=second.pk).update(show_hash="1" * 64)
    form = ids(*requests) | {"decide": "1", "comment": "All of it is fine."}
    for request in requests:
        form |= {f"outcome-{request.id}": "approved", f"show_hash-{request.id}": request.show_hash}
    form |= {f"outcome-{third.id}": "rejected", f"comment-{third.id}": "Nobody is free."}
    page = resource_manager.post("/inbox/review/", form)
    assert page.has("2 decisions taken and 1 not taken", "What is asked has changed since you opened it.")
    decided = {row.request_id: (row.outcome, row.comment) for row in Decision.objects.all()}
    assert decided == {
        first.id: ("approved", "All of it is fine."),
        third.id: ("rejected", "Nobody is free."),
    }


def test_a_rejection_among_many_needs_its_reason(office, requests, resource_manager):
    form = ids(*requests) | {"decide": "1", f"outcome-{requests[0].id}": "rejected"}
    page = resource_manager.post("/inbox/review/", form)
    assert page.status == 422
    assert page.has("Say why, for each one that you reject.")
    assert not Decision.objects.exists()


def test_what_is_not_mine_is_shown_and_cannot_be_answered(office, requests, director):
    page = director.get("/inbox/review/", items=str(requests[0].id))
    assert page.has("This waits for somebody else.")
    form = ids(requests[0]) | {"decide": "1", f"outcome-{requests[0].id}": "approved"}
    assert director.post("/inbox/review/", form).has("No decision taken and 1 not taken")
    assert director.get("/inbox/review/").has("Nothing was chosen")


def test_after_a_decision_the_next_one_is_offered(office, requests, resource_manager):
    here = f"/approvals/{requests[0].id}/"
    resource_manager.post(here, {"outcome": "approved", "comment": "", "show_hash": requests[0].show_hash})
    page = resource_manager.get(here)
    assert page.has("You approved this.", "Next decision")
    assert f'href="/approvals/{requests[1].id}/"' in page.html
    assert "data-decision" not in page.html


def test_the_lists_beside_the_inbox(office, requests, resource_manager, director, manager, finance):
    assert manager.get("/inbox/requested/").has(
        "3 requests of yours wait for an answer", "Waiting for a decision"
    )
    decided = {"outcome": "rejected", "comment": "No", "show_hash": requests[0].show_hash}
    resource_manager.post(f"/approvals/{requests[0].id}/", decided)
    page = resource_manager.get("/inbox/decided/")
    assert page.has("What you decided", "Rejected")
    assert director.get("/inbox/team/").has("2 decisions wait for your team")
    assert resource_manager.get("/inbox/team/").has("2 decisions wait for your team")
    workload = director.get("/inbox/workload/")
    assert workload.has("Resource Manager holds the most: 2 decisions", "The same as a table")
    (one,) = re.findall(r'href="/inbox/team/\?person=([^"]+)"', workload.html)
    assert director.get("/inbox/team/", person=one).has(
        "2 decisions wait for Resource Manager", "waits for Resource Manager"
    )
    for stranger in ("x", str(director.user.id), str(new_id())):
        assert director.get("/inbox/team/", person=stranger).has("Nobody of your team is waited for")
    assert finance.get("/inbox/team/").status == 403
    assert "My team holds" not in finance.get("/").words
    assert finance.get("/inbox/decided/").has("You have decided nothing yet")


def test_the_lists_ask_the_same_whatever_they_hold(office, manager, director):
    office.sign(another_customer("C-600"))
    paths = ("/inbox/requested/", "/inbox/team/", "/inbox/workload/", "/notifications/")
    before = [
        visitor.cost(path) for path in paths for visitor in (manager, director) if self_may(visitor, path)
    ]
    for number in range(3):
        office.sign(another_customer(f"C-60{number + 1}"))
    after = [
        visitor.cost(path) for path in paths for visitor in (manager, director) if self_may(visitor, path)
    ]
    assert after == before
    assert max(after) <= 11


def self_may(visitor, path):
    return visitor.get(path).status == 200


def test_similar_requests_in_numbers(office, requests, resource_manager):
    office.approve(requests[0].run, office.resource_manager)
    for request in requests[:1]:
        ApprovalRequest.objects.filter(pk=request.pk).update(
            status="approved", decided_at=request.created_at + timedelta(hours=5)
        )
    page = resource_manager.get(f"/approvals/{requests[1].id}/")
    assert page.has(
        "In the last year the policy asked once: it was approved.", "Policy staffing-approval, version 1"
    )


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [("annex.pdf", PDF, "application/pdf"), ("annex.png", PNG, "image/png")],
)
def test_evidence_can_be_looked_at_within_the_page(office, run, resource_manager, name, content, kind):
    annex = DocumentRequirement.objects.get(kind="security_annex")
    document = upload_document(requirement_id=annex.id, actor=contact_actor(), name=name, content=content)
    request = ApprovalRequest.objects.get(run=run, status="open")
    address = f"/documents/{document.id}/preview/"
    assert address in resource_manager.get(f"/approvals/{request.id}/").html
    answer = resource_manager.client.get(address)
    assert (answer.status_code, answer["Content-Type"], answer.content) == (200, kind, content)
    assert answer["Content-Disposition"].startswith("inline")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "script-src" not in answer["Content-Security-Policy"]


def test_notices(office, run, manager):
    page = manager.get("/notifications/")
    assert page.has("1 new notice", "Needs attention")
    notice = Message.objects.get(key="exception-raised")
    manager.post("/notifications/", {"notices": [str(notice.id)]})
    assert manager.get("/notifications/").has("Nothing new")
    assert manager.get("/notifications/", show="unread").has("Nothing unread")
    assert manager.post("/notifications/", {"notices": ["x"]}).status == 303


def test_how_one_is_told(office, manager):
    assert manager.get("/settings/notifications/").has("How you are told", "No chat is connected")
    form = {
        "mail-asked": "digest",
        "quiet_from": "20:00",
        "quiet_to": "07:00",
        "digest_at": "07:30",
        "zone": "Europe/Rome",
    }
    assert manager.post("/settings/notifications/", form, follow=True).has("Saved.")
    page = manager.get("/settings/notifications/")
    assert 'value="20:00"' in page.html
    assert '<option value="digest" selected>' in page.html
    page = manager.post("/settings/notifications/", form | {"zone": "Nowhere", "quiet_to": ""})
    assert page.status == 422
    assert page.has("There is no time zone 'Nowhere'.", "Quiet hours need a beginning and an end.")
    assert manager.post("/settings/notifications/", form | {"digest_at": "soon"}).has("Write a time of day")


def test_the_calendar_address(office, requests, resource_manager, nobody):
    page = resource_manager.post("/settings/notifications/", {"command": "make_feed"})
    secret = page.html.split("/calendar/")[1].split(".ics")[0]
    answer = nobody.get(f"/calendar/{secret}.ics").response
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    text = answer.content.decode()
    assert text.count("BEGIN:VEVENT") == 3
    assert "Approve the team" in text
    assert "120000" not in text
    assert secret not in resource_manager.get("/settings/notifications/").html
    assert CalendarFeed.objects.get().secret_hash != secret
    again = resource_manager.post("/settings/notifications/", {"command": "make_feed"}).html
    assert nobody.get(f"/calendar/{secret}.ics").status == 404
    newer = again.split("/calendar/")[1].split(".ics")[0]
    assert nobody.get(f"/calendar/{newer}.ics").status == 200
    resource_manager.post("/settings/notifications/", {"command": "revoke_feed"})
    assert nobody.get(f"/calendar/{newer}.ics").status == 404
    assert resource_manager.post("/settings/notifications/", {"command": "revoke_feed"}).status == 303

"""Absences, what somebody holds, and coverage on pages: as people write them, without a script."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.accounts.models import User
from apps.approvals.models import AbsenceFeed, ApprovalRequest, CoverageForecast, Delegation, HandOver
from apps.core.clock import now
from tests.integration.delivery.contracts import staff

ICS = (
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:{first}\r\nDTEND;VALUE=DATE:{after}\r\n"
    "SUMMARY:Away\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def day(days: int) -> str:
    return f"{(now() + timedelta(days=days)):%Y-%m-%d}"


def form(office, **values: object) -> dict[str, object]:
    return {
        "command": "create",
        "deputy": office.director.id,
        "begins": day(0),
        "ends": day(5),
        "amount": "",
        "currency": "",
        "reason": "",
        **values,
    }


def test_somebody_goes_away_and_comes_back(office, resource_manager):
    empty = resource_manager.get("/settings/absences/")
    assert empty.has("You are here, and no absence is planned", "Nobody is away")
    made = resource_manager.post("/settings/absences/", form(office, reason="skiing"), follow=True)
    director = User.objects.get(pk=office.director.id).label
    assert made.has(
        f"{director} decides for", "You are away until", f"{director} decides meanwhile", "skiing"
    )
    row = Delegation.objects.get()
    over = resource_manager.post(
        "/settings/absences/", {"command": "withdraw", "delegation": row.id}, follow=True
    )
    assert over.has("Ended. Decisions go to the person himself again.", "You are here")
    late = resource_manager.post("/settings/absences/", {"command": "withdraw", "delegation": row.id})
    assert late.has("This absence is over already.")
    assert resource_manager.get("/settings/absences/?when=over").has("Called off")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"begins": ""}, "Say from which day on."),
        ({"begins": "tomorrow"}, "Write a day like 2026-12-24."),
        ({"begins": "2030-02-01", "ends": "2030-01-01"}, "The end must be after the beginning."),
        ({"ends": "2020-01-01", "begins": "2019-01-01"}, "This is in the past."),
        ({"amount": "100"}, "Say in which currency."),
        ({"amount": "-1", "currency": "EUR"}, "greater than or equal to"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(office, resource_manager, values, words):
    answer = resource_manager.post("/settings/absences/", form(office, **values))
    assert answer.status == 422
    assert answer.has(words)
    assert not Delegation.objects.exists()


def test_a_ring_is_named_beside_the_deputy(office, resource_manager, director):
    resource_manager.post("/settings/absences/", form(office))
    answer = director.post(
        "/settings/absences/", form(office, deputy=office.resource_manager.id, person=office.director.id)
    )
    assert answer.status == 409
    assert answer.has("Nobody would be left to decide")


def test_an_administrator_sets_it_for_others(office, admin, resource_manager):
    made = admin.post(
        "/settings/absences/", form(office, person=office.resource_manager.id, deputy=""), follow=True
    )
    assert made.has("Nobody decides for", "Set by somebody else")
    assert resource_manager.get("/settings/absences/").has("You are away until", "nobody decides for you")


def test_a_calendar_file_is_taken_over(office, resource_manager):
    text = ICS.format(first=day(20).replace("-", ""), after=day(24).replace("-", ""))
    sent = {"command": "feed", "deputy": "", "url": "", "keyword": ""}
    taken = resource_manager.post(
        "/settings/absences/", {**sent, "file": SimpleUploadedFile("a.ics", text.encode())}, follow=True
    )
    assert taken.has("The file is taken over.", "From a calendar: a calendar file")
    wrong = resource_manager.post(
        "/settings/absences/", {**sent, "file": SimpleUploadedFile("a.ics", b"nothing")}
    )
    assert (wrong.status, wrong.has("it is no iCalendar text")) == (422, True)
    private = resource_manager.post("/settings/absences/", {**sent, "url": "https://127.0.0.1/x.ics"})
    assert private.status == 422
    feed = AbsenceFeed.objects.get()
    gone = resource_manager.post("/settings/absences/", {"command": "forget", "feed": feed.id}, follow=True)
    assert gone.has("The calendar is forgotten")


def test_a_leaver_hands_over(office, admin, run):
    leaver, taker = office.resource_manager.id, office.director.id
    held = admin.get(f"/settings/users/{leaver}/")
    assert held.has("holds 1 approval", "Close the account")
    url = f"/settings/users/{leaver}/"
    nobody = admin.post(url, {"command": "give", "taker": "", "reason": "leaves"})
    assert (nobody.status, nobody.has("Choose to whom it goes.")) == (422, True)
    item = ApprovalRequest.objects.get(status="open").id
    going = admin.post(
        url, {"command": "give", "taker": taker, "reason": "leaves", "item": item}, follow=True
    )
    assert going.has("is being given to", "leaves")
    office.drain()
    row = HandOver.objects.get()
    done = admin.get(f"/settings/hand-overs/{row.id}/")
    assert done.has("Finished")
    closed = admin.post(url, {"command": "deactivate", "reason": ""}, follow=True)
    assert closed.has("This person cannot sign in any more.")
    assert closed.has("Deactivated")


def test_who_may_not_lead_does_not_see_what_others_hold(office, manager, resource_manager):
    assert manager.get(f"/settings/users/{office.resource_manager.id}/").status == 403
    assert resource_manager.get(f"/settings/users/{office.resource_manager.id}/").status == 200


def test_coverage_is_looked_at(office, admin, run, resource_manager):
    assert admin.get("/settings/coverage/").has("Nobody has looked ahead yet")
    looked = admin.post("/settings/coverage/", {"policy": ""}, follow=True)
    assert looked.has("Looked at")
    assert CoverageForecast.objects.get().checked >= 1
    one = admin.post("/settings/coverage/", {"policy": "staffing-approval"}, follow=True)
    assert one.has("Staffing approval")
    assert admin.post("/settings/coverage/", {"policy": "nothing"}).status == 404
    assert resource_manager.get("/settings/coverage/").status == 403


def test_an_approval_is_passed_on_and_recalled(office, resource_manager, admin, run):
    request = ApprovalRequest.objects.get(status="open")
    url = f"/approvals/{request.id}/people/"
    passed = resource_manager.post(
        url, {"command": "reassign", "to": office.finance.id, "reason": "she knows it"}, follow=True
    )
    assert passed.has("Passed on, with your reason.", "she knows it")
    missing = admin.post(url, {"command": "add", "to": office.director.id, "reason": " "}, follow=True)
    assert missing.has("reason")
    besides = admin.post(
        url, {"command": "add", "to": staff("approver").id, "reason": "for safety"}, follow=True
    )
    assert besides.has("Asked besides, with your reason.", "for safety")
    recalled = admin.post(url, {"command": "recall", "reason": "wrong customer"}, follow=True)
    assert recalled.has("Recalled. Nobody decides it any more")
    assert recalled.has("recalled it, so nobody needs to decide it any more.")
    assert admin.post(url, {"command": "recall", "reason": "again"}, follow=True).has("already")


def test_the_pages_cost_a_fixed_number_of_statements(
    office, resource_manager, admin, django_assert_max_num_queries
):
    for number in range(3):
        resource_manager.post(
            "/settings/absences/",
            form(office, begins=f"2030-0{number + 1}-01", ends=f"2030-0{number + 1}-05"),
        )
    with django_assert_max_num_queries(18):
        admin.get("/settings/absences/")
    with django_assert_max_num_queries(14):
        admin.get("/settings/coverage/")
    with django_assert_max_num_queries(18):
        admin.get(f"/settings/users/{office.resource_manager.id}/")

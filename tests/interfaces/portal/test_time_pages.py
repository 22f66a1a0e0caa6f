"""Calendars, schedules and clocks on pages: hours as people write them, next times, who had a run when."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.delivery.models import Customer
from apps.ledger.models import OutboxMessage
from apps.workflows.models import Calendar, CalendarAssignment, Run, Schedule
from apps.workflows.services.calendars import save_calendar
from apps.workflows.services.schedules import save_schedule
from tests.integration.delivery.contracts import SYSTEM

FORM = {
    "name": "Berlin office",
    "key": "office-berlin",
    "zone": "Europe/Berlin",
    **{f"day{number}": "9:00-12:30, 13:30 – 17:00" for number in range(5)},
    "day5": "",
    "day6": "",
    "extends": "",
    "holidays": "every 12-25 Christmas\n2027-05-01 Labour Day\n\n",
}
ICS = b"""BEGIN:VCALENDAR\r
BEGIN:VEVENT\r
DTSTART;VALUE=DATE:20270101\r
DTEND;VALUE=DATE:20270103\r
SUMMARY:New Year\\, and\r
  the day after\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART;VALUE=DATE:20261003\r
RRULE:FREQ=YEARLY\r
SUMMARY:Unity\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART:20270101T090000Z\r
SUMMARY:A meeting\r
END:VEVENT\r
END:VCALENDAR\r
"""


def test_a_calendar_is_made_as_people_write_hours(office, manager):
    made = manager.post("/settings/calendars/new/", FORM, follow=True)
    assert made.has("Berlin office", "09:00-12:30, 13:30-17:00", "Saturday closed", "The next days")
    held = Calendar.objects.get(key="office-berlin")
    assert held.hours[0] == [["09:00", "12:30"], ["13:30", "17:00"]]
    assert held.holidays == [
        {"date": "2024-12-25", "name": "Christmas", "yearly": True},
        {"date": "2027-05-01", "name": "Labour Day", "yearly": False},
    ]
    listed = manager.get("/settings/calendars/")
    assert listed.has("Berlin office", "Monday to Friday 09:00-12:30, 13:30-17:00", "2 holidays", "Default")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"day2": "nine to five"}, "“nine to five” is no opening"),
        ({"day0": "09:00-12:00, 11:00-13:00"}, "two openings of a day overlap"),
        ({"holidays": "2027-05-01 x\n2027-02-30 y"}, "Line 2 is no day"),
        ({f"day{number}": "" for number in range(7)}, "closed for ever"),
        ({"key": "business"}, "has a meaning of its own"),
        ({"key": "Bad Key"}, "Use small letters"),
        ({"name": ""}, "Give it a name"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(office, manager, change, words):
    page = manager.post("/settings/calendars/new/", FORM | change)
    assert page.status == 422
    assert page.has(words)
    assert not Calendar.objects.filter(key="office-berlin").exists()


def test_holidays_come_from_a_file_and_late_changes_are_said(office, manager):
    manager.post("/settings/calendars/new/", FORM)
    here = "/settings/calendars/of/office-berlin/"
    sent = {"command": "import", "file": SimpleUploadedFile("days.ics", ICS, "text/calendar")}
    assert manager.post(here, sent, follow=True).has("The calendar has 5 holidays now")
    names = {item["date"]: item["name"] for item in Calendar.objects.get(key="office-berlin").holidays}
    assert names["2027-01-01"] == names["2027-01-02"] == "New Year, and the day after"
    again = manager.post(here, FORM | {"version": "1", "name": "Late"}, follow=True)
    assert again.has("Somebody has changed this calendar meanwhile")
    empty = {"command": "import", "file": SimpleUploadedFile("x.ics", b"nothing", "text/calendar")}
    assert manager.post(here, empty).has("No holidays can be read")
    assert manager.post(here, {"command": "import"}).status == 422


def test_customers_work_by_a_calendar_of_their_own(office, manager, auditor, run):
    manager.post("/settings/calendars/new/", FORM)
    customer = Customer.objects.get()
    sent = {
        "command": "assign",
        "subject": f"customer/{customer.id}",
        "calendar": "office-berlin",
        "zone": "",
    }
    assert manager.post("/settings/calendars/", sent, follow=True).has("Assigned", customer.name)
    in_use = manager.post("/settings/calendars/of/office-berlin/", {"command": "delete"}, follow=True)
    assert in_use.has("work by it")
    assert auditor.get("/settings/calendars/").has("Berlin office")
    assert auditor.post("/settings/calendars/", sent).status == 403
    held = CalendarAssignment.objects.get()
    gone = {"command": "unassign", "assignment": str(held.id)}
    assert manager.post("/settings/calendars/", gone, follow=True).has("They work by the default again")
    assert manager.post("/settings/calendars/", gone | {"assignment": "nonsense"}).status == 404
    made_default = manager.post("/settings/calendars/of/office-berlin/", {"command": "default"}, follow=True)
    assert made_default.has("It holds now")


def test_a_schedule_is_made_paused_and_resumed(office, manager, auditor):
    form = {
        "name": "Morning",
        "key": "morning",
        "template": "contract-to-project",
        "cron": "0 6 * * 1-5",
        "zone": "Europe/Berlin",
        "catch_up": "once",
        "catch_up_limit": "10",
        "input": "",
    }
    here = "/settings/schedules/of/morning/"
    for change, words in (
        ({"cron": "0 6 * *"}, "it needs five fields"),
        ({"input": "[1]"}, "Write an object"),
        ({"input": "{"}, "This is no JSON"),
        ({"template": "none"}, "none"),
    ):
        page = manager.post("/settings/schedules/new/", form | change)
        assert page.status == 422
        assert page.has(words)
    page = manager.post("/settings/schedules/new/", form, follow=True)
    assert page.has("Saved", "Next times", "06:00", "Europe/Berlin")
    assert manager.post(here, {"command": "pause", "reason": ""}).status == 422
    paused = manager.post(here, {"command": "pause", "reason": "audit week"}, follow=True)
    assert paused.has("Paused by", "audit week", "None while it is paused")
    assert manager.post(here, {"command": "pause", "reason": "again"}, follow=True).status == 200
    assert manager.get("/settings/schedules/").has("Morning", "audit week", "Paused")
    assert auditor.post(here, {"command": "resume"}).status == 403
    assert manager.post(here, {"command": "resume"}, follow=True).has("It goes on with its next time")
    assert manager.post(here, {"command": "delete"}, follow=True).has("Removed")
    assert not Schedule.objects.exists()
    assert manager.get("/settings/schedules/").has("Nothing starts by the clock yet")


def test_the_run_says_who_had_it_when(office, manager, run):
    page = manager.get(f"/runs/{run.id}/")
    assert page.has("Who had it when", "The whole run", "used", "The same as a table")
    assert 'class="party-' in page.html
    assert "style=" not in page.html[page.html.index('class="band"') :][:2_000]


def test_pages_of_time_ask_few_queries(office, manager, run):
    for number in range(6):
        save_calendar(
            key=f"c{number}",
            name=f"C {number}",
            zone="UTC",
            hours=[[["08:00", "16:00"]]] * 7,
            holidays=[],
            actor=SYSTEM,
        )
        save_schedule(
            key=f"s{number}", name=f"S {number}", template="contract-to-project", cron="@daily", actor=SYSTEM
        )
    assert Run.objects.exists()
    assert manager.cost("/settings/calendars/") <= 14
    assert manager.cost("/settings/calendars/of/c1/") <= 12
    assert manager.cost("/settings/schedules/") <= 10
    assert manager.cost("/settings/schedules/of/s1/") <= 12


def test_an_event_says_what_it_did(office, manager, run):
    event = OutboxMessage.objects.get(type="contract.signed", subject="contract/C-1001")
    assert f"/events/{event.id}/" in manager.get("/events/", type="contract.signed").html
    page = manager.get(f"/events/{event.id}/")
    assert page.has("contract.signed started 1 run", "Runs it started", run.name)
    other = OutboxMessage.objects.filter(type="run.started").latest("id")
    assert manager.get(f"/events/{other.id}/").has("No workflow takes events of this type")
    assert manager.cost(f"/events/{event.id}/") <= 20

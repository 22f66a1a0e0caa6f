"""Working calendars over REST: made, changed, asked, assigned, removed; what is wrong, who may, and whose they are."""

import pytest

from apps.accounts.choices import Role
from apps.workflows.services.calendars import DEFAULT_KEY
from tests.interfaces.api.conftest import Program, make_key
from tests.interfaces.api.orders import HOST, UNKNOWN

WEEK = [[["09:00", "12:30"], ["13:30", "17:00"]]] * 5 + [[], []]
BERLIN = {
    "key": "berlin",
    "name": "Berlin office",
    "zone": "Europe/Berlin",
    "hours": WEEK,
    "holidays": [{"date": "2026-12-25", "name": "Christmas", "yearly": True}],
}
ICS = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20270101\r\nSUMMARY:New Year\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def berlin(program):
    made = program.post("calendars", BERLIN)
    assert made.status_code == 201, made.json()
    return made


def put(program, body, **headers):
    return program.send("PUT", "calendars/berlin", body, **headers)


def changed(**values):
    return {name: value for name, value in {**BERLIN, **values}.items() if name != "key"}


def pointers(answer):
    assert answer.status_code == 422, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    return [problem["pointer"] for problem in answer.json()["errors"]]


def test_a_calendar_is_made_read_changed_and_removed(program, berlin):
    assert berlin["Location"] == "/api/v1/calendars/berlin"
    made = berlin.json()
    assert made == {
        **BERLIN,
        "extends": "",
        "is_default": False,
        "created_at": made["created_at"],
    }
    read = program.get("calendars/berlin")
    assert (read.json(), read["ETag"]) == (made, berlin["ETag"])
    assert program.get("calendars/berlin", If_None_Match=read["ETag"]).status_code == 304
    saved = put(program, changed(name="Office", holidays=[]), If_Match=read["ETag"])
    assert (saved.status_code, saved.json()["name"], saved.json()["holidays"]) == (200, "Office", [])
    stale = put(program, changed(), If_Match=read["ETag"])
    assert (stale.status_code, stale.json()["code"]) == (412, "version_mismatch")
    assert {row["key"] for row in program.get("calendars").json()["results"]} == {DEFAULT_KEY, "berlin"}
    assert program.send("DELETE", "calendars/berlin", None).status_code == 204
    assert program.get("calendars/berlin").status_code == 404
    assert put(program, changed()).status_code == 404


def test_one_takes_over_hours_and_holidays_of_another(program, berlin):
    made = program.post(
        "calendars", {"key": "north", "name": "North", "zone": "Europe/Berlin", "extends": "berlin"}
    ).json()
    assert (made["hours"], made["extends"]) == (None, "berlin")
    in_use = program.send("DELETE", "calendars/berlin", None)
    assert (in_use.status_code, in_use.json()["code"]) == (409, "calendar_in_use")
    third = {"key": "third", "name": "Third", "zone": "UTC", "extends": "north"}
    assert pointers(program.post("calendars", third)) == ["/extends"]
    assert pointers(put(program, changed(extends="berlin"))) == ["/extends"]


def test_its_coming_days_show_openings_and_holidays(program, berlin):
    days = program.get("calendars/berlin/days?days=370").json()["days"]
    assert len(days) == 370
    christmas = next(day for day in days if day["date"].endswith("-12-25"))
    assert (christmas["openings"], christmas["holiday"]) == ([], "Christmas")
    assert {len(day["openings"]) for day in days} == {0, 2}
    assert program.get("calendars/berlin/days").json()["days"][:14] == days[:14]
    for wrong in ("days=0", "days=401", "days=x", "weeks=2"):
        assert program.get(f"calendars/berlin/days?{wrong}").status_code == 422


def test_one_holds_wherever_no_other_does(program, berlin):
    assert program.post("calendars/berlin/default").json()["is_default"] is True
    assert program.get(f"calendars/{DEFAULT_KEY}").json()["is_default"] is False
    refused = program.send("DELETE", "calendars/berlin", None)
    assert (refused.status_code, refused.json()["code"]) == (409, "calendar_in_use")
    assert program.post("calendars/none/default").status_code == 404


def test_holidays_come_from_a_file(program, berlin):
    for _ in range(2):
        held = program.post("calendars/berlin/holidays", {"text": ICS}).json()["holidays"]
    assert [(day["date"], day["name"]) for day in held] == [
        ("2026-12-25", "Christmas"),
        ("2027-01-01", "New Year"),
    ]
    assert pointers(program.post("calendars/berlin/holidays", {"text": "nothing"})) == ["/text"]
    assert pointers(program.post("calendars/berlin/holidays", {})) == ["/text"]


def test_people_and_customers_work_by_a_calendar(program, berlin):
    me = program.get("users").json()["results"][0]["id"]
    sent = {"subject": f"user/{me}", "calendar": "berlin", "zone": "Europe/Lisbon"}
    made = program.post("calendar-assignments", sent)
    assert made.status_code == 200, made.json()
    assert {name: made.json()[name] for name in sent} == sent
    again = program.post("calendar-assignments", {**sent, "calendar": DEFAULT_KEY, "zone": ""}).json()
    assert (again["id"], again["calendar"], again["zone"]) == (made.json()["id"], DEFAULT_KEY, "")
    assert [row["subject"] for row in program.get("calendar-assignments").json()["results"]] == [
        sent["subject"]
    ]
    one = f"calendar-assignments/{again['id']}"
    assert program.send("DELETE", one, None).status_code == 204
    assert program.send("DELETE", one, None).status_code == 404
    for wrong, pointer in (
        ({"subject": f"user/{UNKNOWN}"}, "/subject"),
        ({"subject": f"project/{me}"}, "/subject"),
        ({"calendar": "none"}, "/calendar"),
        ({"zone": "Mars/Olympus"}, "/zone"),
    ):
        assert pointers(program.post("calendar-assignments", {**sent, **wrong})) == [pointer]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"zone": "Nowhere/Land"}, "/zone"),
        ({"zone": "../etc/passwd"}, "/zone"),
        ({"hours": None}, "/hours"),
        ({"hours": WEEK[:6]}, "/hours"),
        ({"hours": [[]] * 7}, "/hours"),
        ({"hours": [[["17:00", "09:00"]], *WEEK[1:]]}, "/hours"),
        ({"hours": [[["09:00", "12:00"], ["11:00", "13:00"]], *WEEK[1:]]}, "/hours"),
        ({"hours": [[["9:00", "12:00"]], *WEEK[1:]]}, "/hours/0/0/0"),
        ({"hours": [[["09:00", "25:00"]], *WEEK[1:]]}, "/hours/0/0/1"),
        ({"holidays": [{"date": "2026-02-30"}]}, "/holidays/0/date"),
        ({"holidays": [{"name": "Some day"}]}, "/holidays/0/date"),
        ({"extends": "none"}, "/extends"),
        ({"key": "business"}, "/key"),
        ({"key": "Berlin Office"}, "/key"),
        ({"name": ""}, "/name"),
    ],
)
def test_what_cannot_be_is_said_with_its_place(program, wrong, pointer):
    found = pointers(program.post("calendars", {**BERLIN, **wrong}))
    assert all(one.startswith(pointer) for one in found), found
    assert program.get("calendars/berlin").status_code == 404


def test_a_key_is_given_once(program, berlin):
    again = program.post("calendars", BERLIN)
    assert (again.status_code, again.json()["code"]) == (409, "calendar_exists")
    assert program.post("calendars", b"{").status_code == 400
    assert program.post("calendars", [BERLIN]).status_code == 422


def test_who_may_read_and_who_may_write(program, berlin, auditor, finance):
    for reader in (auditor, finance):
        assert reader.get("calendars/berlin").status_code == 200
        assert reader.get("calendars/berlin/days").status_code == 200
        assert reader.get("calendar-assignments").status_code == 200
        for answer in (
            reader.post("calendars", {**BERLIN, "key": "mine"}),
            put(reader, changed(name="Mine")),
            reader.send("DELETE", "calendars/berlin", None),
            reader.post("calendars/berlin/default"),
            reader.post("calendars/berlin/holidays", {"text": ICS}),
            reader.post("calendar-assignments", {"subject": f"user/{UNKNOWN}", "calendar": "berlin"}),
            reader.send("DELETE", f"calendar-assignments/{UNKNOWN}", None),
        ):
            assert answer.status_code == 403
    assert program.get("calendars/berlin").json()["name"] == "Berlin office"
    assert Program(HOST).get("calendars").status_code == 401


def test_a_key_needs_the_scope(alpha, berlin):
    narrow = Program(HOST, make_key(alpha, Role.TENANT_ADMIN, scopes=("calendars:read",), name="narrow"))
    assert narrow.get("calendars/berlin").status_code == 200
    assert narrow.post("calendars", {**BERLIN, "key": "mine"}).status_code == 403


def test_another_workspace_knows_nothing_of_it(beta, program, berlin):
    me = program.get("users").json()["results"][0]["id"]
    made = program.post("calendar-assignments", {"subject": f"user/{me}", "calendar": "berlin"}).json()
    other = Program("beta.localhost:8000", make_key(beta, name="other"))
    assert other.get("calendars/berlin").status_code == 404
    assert [row["key"] for row in other.get("calendars").json()["results"]] == [DEFAULT_KEY]
    assert other.get("calendar-assignments").json()["results"] == []
    for method, path, body in (
        ("PUT", "calendars/berlin", changed(name="Theirs")),
        ("DELETE", "calendars/berlin", None),
        ("POST", "calendars/berlin/default", {}),
        ("POST", "calendars/berlin/holidays", {"text": ICS}),
        ("DELETE", f"calendar-assignments/{made['id']}", None),
    ):
        assert other.send(method, path, body).status_code == 404
    assert pointers(
        other.post("calendar-assignments", {"subject": f"user/{me}", "calendar": DEFAULT_KEY})
    ) == ["/subject"]
    assert program.get("calendars/berlin")["ETag"] == berlin["ETag"]

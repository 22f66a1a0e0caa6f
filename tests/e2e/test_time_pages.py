"""Calendars, schedules and events at a real browser, also where something typed is wrong."""

from tests.e2e.browser import PHONE, Visitor
from tests.e2e.conftest import Arrive
from tests.e2e.product import Product

HOLIDAYS = """\
BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART;VALUE=DATE:20271224
SUMMARY:Christmas Eve
END:VEVENT
END:VCALENDAR
"""


def save(visitor: Visitor, *, refused: bool = False, button: str = "Save") -> None:
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("button", name=button, exact=True).click()
    visitor.look_refused() if refused else visitor.look()


def fill(visitor: Visitor, **fields: str) -> None:
    for name, text in fields.items():
        visitor.page.locator(f"main [name={name}]").fill(text)


def test_a_calendar_is_made(product: Product, arrive: Arrive) -> None:
    admin = arrive.staff("tenant_admin", PHONE)
    admin.open("/settings/calendars/")
    admin.open("/settings/calendars/new/")
    fill(admin, name="Workshop", key="Work shop", day0="nine to five", holidays="tomorrow")
    save(admin, refused=True)
    admin.sees("“nine to five” is no opening", "Line 1 is no day", "Use small letters")
    fill(admin, key="workshop", day0="08:00-12:00, 13:00-16:30", holidays="every 12-25 Christmas")
    save(admin)
    admin.sees("08:00-12:00, 13:00-16:30")
    file = {"name": "days.ics", "mimeType": "text/calendar", "buffer": HOLIDAYS.encode()}
    admin.page.locator("main input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    save(admin, button="Add the holidays")
    admin.sees("The calendar has 2 holidays now.")
    admin.open("/settings/calendars/")


def test_a_schedule_is_made_paused_and_goes_on(product: Product, arrive: Arrive) -> None:
    manager = arrive.staff("delivery_manager", PHONE)
    manager.open("/settings/schedules/")
    manager.open("/settings/schedules/new/")
    fill(manager, name="Monthly billing", key="monthly-billing", cron="every month", input="[1")
    save(manager, refused=True)
    manager.sees("This is no JSON")
    fill(manager, cron="every month", input="")
    save(manager, refused=True)
    fill(manager, cron="0 6 1 * *")
    save(manager)
    manager.sees("Next times", "No time has come yet.")
    manager.page.locator("summary", has_text="Pause").first.click()
    dialog = manager.page.get_by_role("dialog")
    manager.look()
    dialog.get_by_label("Reason").fill("year end")
    with manager.page.expect_navigation():
        manager.click("Pause", dialog)
    manager.look()
    manager.sees("year end")
    manager.open("/settings/schedules/")
    manager.page.goto(f"{manager.base}/settings/schedules/of/monthly-billing/")
    save(manager, button="Resume")


def test_what_happened_to_an_event(played: Product, arrive: Arrive) -> None:
    api = played.stage().api
    auditor = arrive.staff("tenant_admin", PHONE)
    for kind in ("contract.signed", "milestone.accepted", "run.completed"):
        found = api.list("events", type=kind)
        auditor.open(f"/events/{found[0]['id']}/")

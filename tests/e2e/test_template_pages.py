"""Pages around a template at a real browser: checks, ranking, back again, back-tests, running work, files in and out."""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from config.demo.api import Api, wait_for
from tests.e2e.authoring import draft, publish, without_review
from tests.e2e.browser import PHONE, Visitor
from tests.e2e.conftest import Arrive
from tests.e2e.product import Product

BEFORE = """
  - {id: ask, kind: user_task, name: Ask the customer for the papers, assignee: {role: delivery_manager}, due: P2D}
  - {id: hold, kind: wait, name: Wait for the papers, event: {type: document.received, match: "true"},
     timeout: {after: P30D, then: exception}}
  - {id: tell, kind: set, name: Note that they came, values: {came: true}}
"""
AFTER = """
  - {id: ask, kind: user_task, name: Ask for the papers, assignee: {role: finance}, due: P1D}
  - {id: hold, kind: wait, name: Wait for the papers, event: {type: document.received, match: "true"},
     timeout: {after: P20D, then: exception}}
  - {id: agree, kind: user_task, name: Agree to them, assignee: {role: finance}, due: P1D}
"""
FOREIGN = Path(__file__).parent / "foreign.bpmn"
_numbers = count(1)


@pytest.fixture
def api(product: Product) -> Iterator[Api]:
    with without_review(product.stage().api) as api:
        yield api


@pytest.fixture
def key(api: Api) -> str:
    """A template with two versions, the newer one in use, and three runs on the older one, one of them further on."""
    key = f"followed-{next(_numbers)}"
    publish(api, key, "Papers of the customer", BEFORE)
    for number in range(3):
        api.do("runs", {"template": key, "input": {}, "name": f"Papers {number + 1}"})
    run = wait_for("the runs", lambda: api.list("runs", template=key))[0]
    api.do(f"runs/{run['id']}/steps/ask%231/skip", {"reason": "known"})
    publish(api, key, "Papers of the customer", AFTER)
    return key


def upload(visitor: Visitor, name: str, text: str) -> None:
    """Choose a file in the form of the page."""
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": text.encode()}
    visitor.page.locator("main input[type=file]").set_input_files(file)  # type: ignore[arg-type]


def send(visitor: Visitor, button: str, *, refused: int = 0) -> None:
    """Press the button that sends the page's form, and look at the answer."""
    with visitor.page.expect_navigation():
        visitor.click(button)
    visitor.look_refused(refused) if refused else visitor.look()


def test_what_is_said_about_templates(played: Product, arrive: Arrive) -> None:
    admin = arrive.staff("tenant_admin")
    admin.open("/template-checks/")
    admin.open("/template-ranking/")
    admin.open("/new-template/")


def test_back_to_an_earlier_version(key: str, arrive: Arrive) -> None:
    admin = arrive.staff("tenant_admin")
    admin.open(f"/templates/{key}/versions/")
    admin.open(f"/templates/{key}/versions/2/")
    admin.page.goto(f"{admin.base}/templates/{key}/versions/1/")
    admin.page.locator("summary", has_text="Use this version again").first.click()
    dialog = admin.page.get_by_role("dialog")
    admin.look()
    dialog.get_by_label("Reason").fill("finance has no time")
    dialog.get_by_label("Follow this one, too").check()
    with admin.page.expect_navigation():
        admin.click("Use this version again", dialog)
    admin.look()
    admin.sees("Version 1 is in use again", "No run under way follows version 2.")


def test_running_work_is_moved_and_taken_back(key: str, arrive: Arrive) -> None:
    admin = arrive.staff("tenant_admin", PHONE)
    admin.open(f"/templates/{key}/running/")
    admin.click("Move to version 2", role="link")
    admin.sees("Which step takes the place of which")
    admin.look()
    admin.page.get_by_label("Values for runs").fill("{")
    admin.page.get_by_label("Reason").fill("finance asks from now on")
    send(admin, "Look at every run", refused=422)
    admin.page.get_by_label("Values for runs").fill("")
    with admin.page.expect_navigation():
        admin.click("Look at every run")
    admin.sees("3 of 3 runs can go on under version 2")
    admin.look()
    with admin.page.expect_navigation():
        admin.click("Move them")
    admin.sees("3 runs moved to version 2", "Take it back")
    admin.look()
    admin.page.locator("summary", has_text="Take it back").first.click()
    admin.page.get_by_role("dialog").wait_for()
    admin.look()


def test_back_test(key: str, api: Api, arrive: Arrive) -> None:
    admin = arrive.staff("tenant_admin", PHONE)
    admin.open(f"/templates/{key}/backtests/")
    admin.page.get_by_label("Runs begun from").fill("2031-01-01")
    send(admin, "Back-test", refused=422)
    admin.page.get_by_label("Runs begun from").fill("2020-01-01")
    with admin.page.expect_navigation():
        admin.click("Back-test")
    admin.look()
    admin.sees("Finished")
    admin.look()
    admin.open(f"/templates/{key}/backtests/")


def test_a_bundle_is_refused_compared_and_imported(key: str, api: Api, arrive: Arrive) -> None:
    admin = arrive.staff("tenant_admin")
    admin.open("/template-import/")
    upload(admin, "notes.json", "{}")
    send(admin, "See what it would do", refused=422)
    address = f"/templates/{key}/versions/2/export/"
    bundle = admin.page.evaluate("async (url) => (await fetch(url)).text()", address)
    assert json.loads(bundle)["signature"]
    draft(api, key, "Papers of the customer", AFTER.replace("P20D", "P25D"))
    admin.open("/template-import/")
    upload(admin, f"{key}.bundle.json", bundle)
    send(admin, "See what it would do")
    admin.page.get_by_label("Take what the file says").first.check()
    send(admin, "Import as draft")
    admin.sees("Imported as the draft")


def test_a_diagram_from_another_modeler(api: Api, arrive: Arrive) -> None:
    admin = arrive.staff("tenant_admin")
    admin.open("/template-import/bpmn/")
    upload(
        admin,
        "broken.bpmn",
        FOREIGN.read_text().replace('targetRef="Gateway_join"', 'targetRef="Event_end"', 1),
    )
    send(admin, "Import as a draft", refused=422)
    upload(admin, "order.bpmn", FOREIGN.read_text())
    send(admin, "Import as a draft")
    admin.sees("is a draft now", "To choose")
    admin.open("/template-import/bpmn/")
    upload(admin, "order.bpmn", FOREIGN.read_text())
    send(admin, "Import as a draft", refused=409)
    with admin.page.expect_navigation():
        admin.click("Overwrite the draft")
    admin.sees("is a draft now")

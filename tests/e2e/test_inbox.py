"""An inbox with 500 decisions: at the desk with keys alone, and on a phone."""

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest
from playwright.sync_api import expect

from config.demo import credentials
from config.local.paths import BASE_DIR
from tests.e2e.browser import PHONE, Visitor
from tests.e2e.conftest import Arrive
from tests.e2e.product import Product

WAITING = 500
ROLE = "finance"


@pytest.fixture(scope="module")
def full(product: Product) -> dict[str, Any]:
    """The tenant with 500 decisions before the person of finance."""
    login = credentials.user(product.tenant, ROLE)
    arguments = (product.tenant["slug"], str(WAITING), ROLE, login["email"])
    environ = {**os.environ, **product.stack.env}
    done = subprocess.run(
        [sys.executable, "-m", "config.bench.inbox_crowd", *arguments],
        cwd=BASE_DIR,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads((product.stack.layout.var_dir / "inbox.json").read_text())
    return found


def focused(visitor: Visitor) -> str:
    return str(visitor.page.evaluate("document.activeElement.textContent"))


def title(visitor: Visitor) -> str:
    return visitor.page.get_by_role("heading", level=1).inner_text()


def test_with_keys_alone(full: dict[str, Any], arrive: Arrive) -> None:
    visitor = arrive.staff(ROLE)
    visitor.open("/")
    keys = visitor.page.keyboard
    assert re.match(r"\d{3} decisions", title(visitor))
    keys.press("j")
    first = focused(visitor)
    keys.press("j")
    assert focused(visitor) != first
    keys.press("k")
    assert focused(visitor) == first
    keys.press("x")
    keys.press("j")
    keys.press("x")
    expect(visitor.page.get_by_text("2 ticked")).to_be_visible()
    visitor.look()
    with visitor.page.expect_navigation():
        keys.press("a")
    assert title(visitor) == "2 decisions to look at"
    assert visitor.page.get_by_label("Approve", exact=True).first.is_checked()
    visitor.look()
    visitor.open("/")
    keys.press("/")
    keys.type("jjxas")
    assert focused(visitor) == ""
    assert visitor.page.locator(".item-tick input:checked").count() == 0
    keys.press("Escape")
    keys.press("?")
    expect(visitor.page.get_by_role("dialog")).to_be_visible()
    visitor.look()
    keys.press("j")
    keys.press("Escape")
    expect(visitor.page.get_by_role("dialog")).to_be_hidden()


def test_a_decision_by_keys(full: dict[str, Any], arrive: Arrive) -> None:
    visitor = arrive.staff(ROLE)
    visitor.open(f"/approvals/{full['real'][0]}/")
    keys = visitor.page.keyboard
    keys.press("r")
    assert visitor.page.evaluate("document.activeElement.id") == "comment"
    keys.type("a")
    keys.press("Escape")
    keys.press("a")
    assert focused(visitor).strip() == "Approve"
    with visitor.page.expect_navigation():
        keys.press("Enter")
    visitor.look()
    visitor.sees("You approved this.", "Next decision")


def test_several_on_one_page_with_a_mixed_result(full: dict[str, Any], arrive: Arrive) -> None:
    visitor, other = arrive.staff(ROLE), arrive.staff(ROLE, PHONE)
    one, two, three = full["real"][1:4]
    query = "&".join(f"items={each}" for each in (one, two, three))
    visitor.open(f"/inbox/review/?{query}&outcome=approved")
    other.open(f"/approvals/{two}/")
    other.page.get_by_label("Comment").fill("Too expensive.")
    with other.page.expect_navigation():
        other.click("Reject")
    visitor.page.locator(f'input[name="outcome-{three}"][value=""]').check()
    with visitor.page.expect_navigation():
        visitor.click("Send these decisions")
    visitor.look()
    assert title(visitor) == "1 decision taken, 1 not taken and 1 left open"
    visitor.sees("Left open", "Not taken")


def test_twenty_on_the_phone_never_a_tap_too_many(full: dict[str, Any], arrive: Arrive) -> None:
    """After each decision the thumb finds "Next decision" in the place of "Approve": a second tap decides nothing."""
    visitor = arrive.staff(ROLE, PHONE)
    visitor.open(f"/approvals/{full['real'][5]}/")
    for number in range(3):
        before = visitor.page.url
        with visitor.page.expect_navigation():
            visitor.click("Approve")
        assert visitor.page.url == before
        with visitor.page.expect_navigation():
            visitor.click("Next decision", role="link")
        assert visitor.page.url != before
        if not number:
            visitor.look()


def test_the_list_stays_true_while_it_is_open(full: dict[str, Any], arrive: Arrive) -> None:
    visitor, other = arrive.staff(ROLE), arrive.staff(ROLE, PHONE)
    visitor.open("/")
    before = title(visitor)
    visitor.page.locator(".item-tick input").nth(3).check()
    ticked = visitor.page.locator(".item-tick input").nth(3).get_attribute("value")
    statuses: list[int] = []
    visitor.page.on(
        "response",
        lambda answer: statuses.append(answer.status) if answer.request.headers.get("hx-target") else None,
    )
    poke = "document.dispatchEvent(new Event('visibilitychange'))"
    with visitor.page.expect_response(lambda answer: answer.status == 304):
        visitor.page.evaluate(poke)
    other.open(f"/approvals/{full['real'][15]}/")
    with other.page.expect_navigation():
        other.click("Approve")
    with visitor.page.expect_response(lambda answer: answer.status == 200):
        visitor.page.evaluate(poke)
    expect(visitor.page.get_by_role("heading", level=1)).not_to_have_text(before)
    assert visitor.page.locator(f'.item-tick input[value="{ticked}"]').is_checked()
    assert statuses[0] == 304
    assert statuses[-1] == 200
    visitor.look()


def test_nothing_typed_is_lost_when_the_session_ends(
    full: dict[str, Any], arrive: Arrive, product: Product
) -> None:
    visitor = arrive.staff(ROLE)
    visitor.open(f"/approvals/{full['real'][20]}/")
    visitor.page.get_by_label("Comment").fill("Only if the margin stays above 20 %.")
    cookies = [one for one in visitor.page.context.cookies() if one["name"] != "session"]
    visitor.page.context.clear_cookies()
    visitor.page.context.add_cookies(cookies)  # type: ignore[arg-type]
    with visitor.page.expect_navigation(url=lambda url: "/sign-in/" in url):
        visitor.click("Approve")
    login = credentials.user(product.tenant, ROLE)
    visitor.page.get_by_label("Email").fill(login["email"])
    visitor.page.get_by_label("Password", exact=True).fill(login["password"])
    with visitor.page.expect_navigation(url=lambda url: "/sign-in/" not in url):
        visitor.click("Sign in")
    assert visitor.page.url.endswith(f"/approvals/{full['real'][20]}/")
    assert visitor.page.get_by_label("Comment").input_value() == "Only if the margin stays above 20 %."
    visitor.look()


def test_snooze_filters_and_the_other_lists(full: dict[str, Any], arrive: Arrive) -> None:
    visitor = arrive.staff(ROLE, PHONE)
    visitor.open("/?search=Nordwind&group=due")
    visitor.page.locator(".item-tick input").last.check()
    with visitor.page.expect_navigation():
        visitor.click("Snooze")
    visitor.look()
    visitor.page.locator("summary", has_text="Save this filter").click()
    visitor.page.get_by_label("Name", exact=True).fill("Nordwind")
    with visitor.page.expect_navigation():
        visitor.click("Save")
    visitor.sees("Nordwind")
    visitor.open("/?show=snoozed")
    for path in ("/inbox/requested/", "/inbox/decided/", "/notifications/", "/settings/notifications/"):
        visitor.open(path)
    director = arrive.staff("delivery_director")
    for path in ("/inbox/team/", "/inbox/workload/"):
        director.open(path)

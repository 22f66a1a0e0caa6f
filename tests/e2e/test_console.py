"""The partner at the console: the brand changes everywhere at once, a new tenant opens its door."""

import re
import secrets

from playwright.sync_api import Browser, expect

from config.demo import credentials
from tests.e2e.browser import DESK, Visitor
from tests.e2e.conftest import Arrive
from tests.e2e.product import Product


def partner(arrive: Arrive, product: Product) -> Visitor:
    login = credentials.user(product.partner, "partner_admin")
    visitor = arrive.at(product.partner["host"])
    visitor.sign_in(login["email"], login["password"])
    return visitor


def colour_of_button(browser: Browser, product: Product, host: str) -> str:
    """Return the colour a new visitor sees on the sign-in button of a host."""
    visitor = Visitor.arrive(browser, product.url(host, ""), DESK)
    visitor.open("/sign-in/")
    button = visitor.page.get_by_role("button", name="Sign in", exact=True)
    colour = button.evaluate("button => getComputedStyle(button).backgroundColor")
    visitor.leave()
    return str(colour)


def save_colour(visitor: Visitor, colour: str) -> None:
    visitor.open("/brand/")
    visitor.page.get_by_label("Main colour", exact=True).fill(colour)
    with visitor.page.expect_navigation():
        visitor.click("Save the brand")
    visitor.look()
    expect(visitor.page.get_by_label("Main colour", exact=True)).to_have_value(colour)


def test_brand_is_edited_and_seen_at_once(product: Product, arrive: Arrive, browser: Browser) -> None:
    host = product.tenant["host"]
    visitor = partner(arrive, product)
    earlier = colour_of_button(browser, product, host)
    visitor.open("/brand/")
    held = visitor.page.get_by_label("Main colour", exact=True).input_value()
    try:
        save_colour(visitor, "#7a1f5c")
        assert colour_of_button(browser, product, host) == "rgb(122, 31, 92)"
    finally:
        save_colour(visitor, held)
    assert colour_of_button(browser, product, host) == earlier


def test_tenant_is_made_and_its_host_answers(product: Product, arrive: Arrive) -> None:
    slug = f"north-{secrets.token_hex(3)}"
    visitor = partner(arrive, product)
    visitor.open("/")
    visitor.click("New tenant", role="link")
    visitor.look()
    visitor.page.get_by_label("Name", exact=True).fill("Nordic Delivery North")
    visitor.page.get_by_label("Address", exact=True).fill(slug)
    with visitor.page.expect_navigation():
        visitor.click("Make the tenant")
    expect(visitor.page.get_by_role("link", name="Open its sign-in page")).to_be_visible(timeout=60_000)
    visitor.look()
    visitor.page.get_by_role("heading", level=1, name=re.compile("Nordic Delivery North")).wait_for()
    guest = arrive.at(f"{slug}.localhost")
    guest.open("/sign-in/")
    guest.sees("to Nordic Delivery North", "Nordic Managed Services")
    visitor.open("/")
    visitor.sees("Nordic Delivery North")
    visitor.open("/operations/")

"""Steering running work at a real browser: corrections on the run's page, and thirty exceptions tried again at once."""

import pytest

from config.demo.api import Api, wait_for
from tests.e2e.authoring import publish, without_review
from tests.e2e.browser import DESK, PHONE, Visitor
from tests.e2e.conftest import Arrive
from tests.e2e.product import Product

STEERED = """
  - {id: ask, kind: user_task, name: Ask the customer, assignee: {role: delivery_manager}, due: P2D}
  - {id: hold, kind: wait, name: Wait for the papers, event: {type: document.received, match: "true"},
     timeout: {after: P30D, then: exception}}
  - {id: last, kind: user_task, name: Look once more, assignee: {role: delivery_manager}, due: P2D}
"""
INNER = "  - {id: ask, kind: user_task, name: Ask, assignee: {role: delivery_manager}, due: P2D}\n"
STOPS = "  - {{id: inner, kind: subflow, name: Run the inner part, template: {inner}}}\n"
MANY = 30


def answer(visitor: Visitor, opener: str, confirm: str, reason: str, *, party: str = "") -> None:
    """Open a command's dialog, say why, and confirm; the dialog is judged too."""
    visitor.page.locator("summary", has_text=opener).locator("visible=true").first.click()
    dialog = visitor.page.get_by_role("dialog")
    dialog.wait_for()
    if party:
        dialog.get_by_label("Whose time is it?").select_option(party)
    visitor.look()
    dialog.get_by_label("Reason").fill(reason)
    with visitor.page.expect_navigation():
        visitor.click(confirm, dialog)
    visitor.look()


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_corrections_on_the_page_of_a_run(product: Product, arrive: Arrive, width: int) -> None:
    key = f"steered-{width}"
    with without_review(product.stage().api) as api:
        publish(api, key, "Steered work", STEERED)
    run = api.do("runs", {"template": key, "input": {}, "name": f"Steered {width}"})
    director = arrive.staff("delivery_director", width)
    director.open(f"/runs/{run['id']}/")
    answer(director, "Skip", "Skip the step", "done by phone")
    director.sees("Skipped; the run goes on.", "Wait for the papers")
    answer(director, "Answer by hand", "Go on", "came by post")
    director.sees("Answered; the run goes on.", "Look once more")
    answer(director, "Pause", "Pause the run", "they move house", party="customer")
    director.sees("This run is paused", "on the customer’s time")
    director.open("/pauses/")
    director.sees("they move house", "on the customer’s time")
    director.open(f"/runs/{run['id']}/")
    answer(director, "Resume", "Resume the run", "")
    director.sees("The run goes on.")
    director.page.goto(f"{director.base}/runs/{run['id']}/?do=jump&from=ask")
    director.look()
    panel = director.page.locator("details.ask[open]")
    panel.get_by_label("Reason").fill("wrong customer")
    with director.page.expect_navigation():
        panel.get_by_role("button", name="Go back").click()
    director.sees("The run went back.", "sent the run back to")
    answer(director, "Replay", "Start the new run", "once more")
    director.sees("This run repeats the other one.")


def stop_many(api: Api, width: int) -> str:
    """Start runs that stop at the same cause, and take the cause away; the key of their template."""
    inner, outer = f"inner-{width}", f"stops-{width}"
    publish(api, inner, "The inner part", INNER)
    publish(api, outer, "Stops", STOPS.format(inner=inner))
    api.do(f"workflow-templates/{inner}/versions/1/retire", {"reason": "taken out"})
    for number in range(MANY):
        api.do("runs", {"template": outer, "input": {}, "name": f"Stops {number + 1}"})
    open_cases = "open cases of the template"
    wait_for(open_cases, lambda: len(api.list("exceptions", status="open", template=outer)) > 0)
    api.do(f"workflow-templates/{inner}/versions/1/publish", {"reason": "back"})
    return outer


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_thirty_exceptions_are_tried_again_at_once(product: Product, arrive: Arrive, width: int) -> None:
    with without_review(product.stage().api) as api:
        outer = stop_many(api, width)
    director = arrive.staff("delivery_director", width)
    director.open("/exceptions/")
    with director.page.expect_navigation():
        director.click(f"Retry all {MANY}")
    director.sees(f"Nothing is done yet. {MANY} will be done.")
    director.look()
    with director.page.expect_navigation():
        director.click(f"Retry: {MANY}")
    director.sees(f"{MANY} done.")
    director.look()
    assert api.list("exceptions", status="open", template=outer) == []
    director.open("/bulk/")
    director.sees("Retry: 30 exceptions")

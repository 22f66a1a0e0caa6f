"""A customer decides on a phone: from the link of the mail, by a code, under a condition."""

import re

from playwright.sync_api import expect

from config.demo.api import wait_for
from config.demo.esign import Contract
from config.demo.scenario.contract import when
from config.demo.scenario.stage import Stage
from tests.e2e.authoring import publish, without_review
from tests.e2e.conftest import Arrive
from tests.e2e.product import Product

CODE = re.compile(r"\b\d{8}\b")
KEY = "scope-agreement"
STEPS = """
  - id: agree
    kind: approval
    name: Agree to the change of scope
    policy: {{stages: [{{name: Customer, approvers: {{contact: any, customer: {customer}}}}}], step_up: always}}
    show: {{amount: {{amount: "12500.00", currency: EUR}}, scope: "Two more sites, Rostock and Århus"}}
    editable: [scope]
    due: P2D
    on_reject: end
"""


def ask_customer(stage: Stage) -> tuple[Contract, str]:
    """Have a contract's customer asked; return the contract and the id of the request."""
    contract = stage.contract(1)
    assert stage.sign(contract).status_code == 202
    wait_for("the customer", lambda: when(stage, contract, "register", "completed"))
    with without_review(stage.api) as api:
        publish(api, KEY, "Agreement on scope", STEPS.format(customer=contract.customer.number))
    run = stage.api.do("runs", {"template": KEY, "input": {}, "name": contract.title})
    found = wait_for("the request", lambda: stage.api.list("approvals", run_id=run["id"]) or None)
    return contract, str(found[0]["id"])


def test_a_decision_on_the_phone(product: Product, arrive: Arrive) -> None:
    stage = product.stage()
    since = product.mail.mark()
    contract, request_id = ask_customer(stage)
    address, path = contract.customer.contacts[0].email, f"/status/decisions/{request_id}/"
    product.mail.wait(since, lambda to, _subject, text: address in to and path in text)
    customer = arrive.customer(address, path)
    customer.open("/status/")
    customer.sees("We need your decision")
    customer.open(path)
    customer.sees("12,500.00 EUR", "Two more sites", "If you reject")
    page = customer.page
    page.locator("summary", has_text="under conditions").click()
    page.get_by_label("Conditions").fill("Start not before June")
    page.reload()
    expect(page.locator("#conditions")).to_have_value("Start not before June")
    since = product.mail.mark()
    with page.expect_navigation():
        customer.click("Send me a code")
    text = product.mail.wait(since, lambda to, _subject, text: address in to and bool(CODE.search(text)))
    customer.look()
    expect(page.locator("#conditions")).to_have_value("Start not before June")
    code = CODE.search(text)
    assert code is not None
    page.get_by_label("Code").fill(code.group())
    with page.expect_navigation():
        customer.click("Approve")
    customer.look()
    customer.sees("You approved this.", "Start not before June", "Being seen to")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Agree to the change of scope"))
    customer.open("/status/decisions/")
    customer.sees("No decision waits for you", "you approved")

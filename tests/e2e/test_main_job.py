"""A signed contract becomes a staffed, visible, billable project: in the browser, at the desk and on the phone."""

import json
import re
from functools import partial
from pathlib import Path

from playwright.sync_api import expect

from config.demo.api import Json, wait_for
from config.demo.esign import Contract, standard_documents
from config.demo.people import MailBox
from config.demo.scenario.contract import PDF, finished, open_case, waiting, when
from config.demo.scenario.stage import Stage
from tests.e2e.browser import PHONE, Visitor
from tests.e2e.conftest import Arrive
from tests.e2e.product import Product

REFUSAL = {"error": {"code": "invalid_field", "field": "region", "message": "region: unknown region code"}}


def sign(stage: Stage, *, without: tuple[str, ...] = ()) -> Contract:
    """Have the e-signature system report a signed contract, whose purchase order the ERP knows."""
    contract = stage.contract(1)
    order, until = contract.purchase_order or "", contract.purchase_order_valid_until
    documents = standard_documents(order, valid_until=until, without=without)
    contract = stage.contract(1, documents=documents)
    stage.system("PUT", "erp", f"purchase-orders/{order}", {"valid_until": str(until)})
    assert stage.sign(contract).status_code == 202
    return contract


def approve(stage: Stage, contract: Contract, role: str, visitor: Visitor) -> None:
    """Find the request in the inbox, read it, approve it."""
    wait_for(f"the request before the {role}", partial(waiting, stage, contract, role))
    visitor.open("/")
    visitor.click(re.compile(re.escape(contract.title)), role="link")
    visitor.page.get_by_role("heading", level=1, name=re.compile(re.escape(contract.title))).wait_for()
    visitor.look()
    visitor.sees("82,000.00 EUR", contract.customer.name, "If you approve", "Security annex")
    visitor.page.get_by_label("Comment").fill("Team is free.")
    with visitor.page.expect_navigation():
        visitor.click("Approve")
    visitor.look()


def test_signed_contract_becomes_a_billable_project(product: Product, arrive: Arrive, tmp_path: Path) -> None:
    stage = product.stage()
    contract = sign(stage, without=("security_annex",))
    address = contract.customer.contacts[0].email

    approve(stage, contract, "resource_manager", arrive.staff("resource_manager"))
    approve(stage, contract, "delivery_director", arrive.staff("delivery_director"))
    wait_for("the systems to be set up", lambda: when(stage, contract, "set_up", "completed"))

    customer = arrive.customer(address)
    hand_in_document(stage, contract, customer, tmp_path)
    book_time(stage, contract)
    project = (stage.run_of(contract) or {})["outputs"]["project"]
    complete_kickoff(arrive.staff("delivery_manager"), f"/projects/{project['project_id']}/")
    accept_kickoff(stage, contract, customer, product.mail)

    run = wait_for("the end of the run", lambda: finished(stage, contract))
    assert run["outcome"] == "completed"
    invoices = stage.system("GET", "erp", f"invoices?contract_id={contract.contract_id}")["results"]
    assert len(invoices) == 1
    read_the_run(arrive.staff("tenant_admin"), run)


def hand_in_document(stage: Stage, contract: Contract, customer: Visitor, tmp_path: Path) -> None:
    """See what is expected, and upload it."""
    customer.look()
    customer.sees("Now", "Next", "Kickoff")
    expect(customer.page.get_by_role("heading", level=1)).to_contain_text("security annex")
    annex = tmp_path / "security-annex.pdf"
    annex.write_bytes(PDF)
    request = customer.page.locator("section.request")
    request.locator("input[type=file]").set_input_files(annex)
    with customer.page.expect_navigation():
        customer.click("Send the document", request)
    customer.look()
    expect(customer.page.locator("section.request")).to_have_count(0)
    wait_for("the exception to clear", lambda: when(stage, contract, "documents", "completed"))
    assert open_case(stage, contract, "documents") is None


def book_time(stage: Stage, contract: Contract) -> None:
    """What was worked is booked and approved in the PSA."""
    project = stage.system("GET", "psa", f"projects?contract_id={contract.contract_id}")["results"][0]
    entry = {"person": "Ingrid Solberg", "hours": "12.5", "status": "approved"}
    stage.system("POST", "psa", f"projects/{project['id']}/time-entries", entry)


def complete_kickoff(manager: Visitor, path: str) -> None:
    manager.open(path)
    manager.sees("Kickoff")
    manager.ask("Complete this milestone", "Complete")
    manager.look()
    expect(manager.page.locator("li.item", has_text="Kickoff").first).to_contain_text("Completed")


def accept_kickoff(stage: Stage, contract: Contract, customer: Visitor, mail: MailBox) -> None:
    """The customer is asked by mail, opens the status page and accepts."""
    address = contract.customer.contacts[0].email
    mail.wait(set(), lambda to, subject, _text: address in to and "Kickoff" in subject)
    customer.open("/status/")
    customer.ask(re.compile("^Accept "), "Yes, accept it")
    customer.look()
    kickoff = customer.page.locator("li.milestone", has_text="Kickoff")
    expect(kickoff).to_have_attribute("data-state", "done")


def read_the_run(reader: Visitor, run: Json) -> None:
    """The diagram is drawn with the run's state, the history tells it in words."""
    reader.open(f"/runs/{run['id']}/")
    drawing = reader.page.locator("svg.diagram, .diagram svg").first
    expect(drawing).to_be_visible()
    expect(drawing).to_contain_text("Choose the delivery tier")
    reader.sees("What happened", "Renate Vogel", "Completed")


def test_refused_call_is_mended_from_the_exceptions_page(product: Product, arrive: Arrive) -> None:
    stage = product.stage()
    refused = {
        "system": "psa",
        "operation": "create_project",
        "plan": [{"status": 422, "times": 1, "body": REFUSAL}],
        "match": {"contract_id": f"CT-{stage.tag}-1"},
    }
    stage.systems.post("/switch", json=refused).raise_for_status()
    contract = sign(stage)
    for role in ("resource_manager", "delivery_director"):
        request = wait_for(f"the request before the {role}", partial(waiting, stage, contract, role))
        values = {"outcome": "approved", "comment": "Go ahead."}
        stage.person(role).submit(f"/approvals/{request['id']}/", values, holding={"show_hash": ""})
    case = wait_for("the exception at the PSA", partial(open_case, stage, contract, "psa_project"))

    manager = arrive.staff("delivery_manager", width=PHONE)
    manager.open("/exceptions/")
    manager.page.locator(f"a[href='/exceptions/{case['id']}/']").first.click()
    manager.sees("unknown region code")
    manager.look()
    edit(manager, "{ this is no JSON")
    expect(manager.page.locator("textarea[name=payload]")).to_have_value("{ this is no JSON")
    manager.faults.clear()  # the browser calls every 422 an error
    manager.look()
    payload = stage.api.get(f"exceptions/{case['id']}")["payload"]
    edit(manager, json.dumps(payload | {"region": "EU-CENTRAL"}))
    manager.look()
    wait_for("the project in the PSA", lambda: when(stage, contract, "psa_project", "completed"))
    projects = stage.system("GET", "psa", f"projects?contract_id={contract.contract_id}")["results"]
    assert [project["region"] for project in projects] == ["EU-CENTRAL"]


def edit(manager: Visitor, payload: str) -> None:
    """Change the input of the failed step, and try again."""
    form = manager.page.locator("form").filter(has=manager.page.locator("textarea[name=payload]"))
    manager.unfold(form.locator("textarea[name=payload]")).fill(payload)
    with manager.page.expect_navigation():
        form.locator("button[type=submit]").click()

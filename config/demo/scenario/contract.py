"""Steps 1 to 6: from the signature to the invoice."""

from functools import partial

from config.demo.api import Json, wait_for
from config.demo.esign import Contract, standard_documents
from config.demo.people import Person
from config.demo.scenario.stage import Stage, step_of
from config.demo.world import SUBSCRIBER

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def play(stage: Stage) -> None:
    """Play the first contract; it lacks the security annex."""
    subscribe(stage)
    contract = stage.contract(1)
    order = contract.purchase_order or ""
    until = contract.purchase_order_valid_until
    contract = stage.contract(
        1, documents=standard_documents(order, valid_until=until, without=["security_annex"])
    )
    stage.system("PUT", "erp", f"purchase-orders/{order}", {"valid_until": str(until)})
    signed(stage, contract)
    checked(stage, contract)
    decided(stage, contract)
    built(stage, contract)
    customer = visited(stage, contract)
    billed(stage, contract, customer)


def subscribe(stage: Stage) -> None:
    """Have a subscriber listen to what leaves as webhooks."""
    url = f"{stage.stack.systems_url}/subscriber/{SUBSCRIBER}"
    if any(endpoint["url"] == url for endpoint in stage.api.list("webhook-endpoints")):
        return
    made = stage.api.do(
        "webhook-endpoints", {"url": url, "event_types": ["milestone.completed", "billing.ready"]}
    )
    stage.systems.put(f"/subscriber/{SUBSCRIBER}/secret", json={"secret": made["secret"]}).raise_for_status()


def signed(stage: Stage, contract: Contract) -> None:
    stage.checks.step(f"1  The e-signature system reports that {contract.contract_id} is signed")
    first, again = stage.sign(contract), stage.sign(contract)
    stage.checks.that(first.status_code == 202, "the hook answers 202 and has stored the envelope")
    stage.checks.that(again.json()["id"] == first.json()["id"], "sent twice, it is one message")
    run = wait_for("the run of the contract", lambda: stage.run_of(contract))
    stage.checks.that(
        run["template"] == "contract-to-project", "the event started a run of contract-to-project"
    )


def checked(stage: Stage, contract: Contract) -> None:
    stage.checks.step("2  The run checks the documents and picks the delivery tier")
    case = wait_for("the exception of the missing document", lambda: open_case(stage, contract, "documents"))
    stage.checks.that(
        case["owner_role"] == "delivery_manager", f"an exception with an owner: {case['message']}"
    )
    run = stage.run_of(contract) or {}
    stage.checks.that(
        run["outputs"]["tier"]["tier"] == "enhanced", "the decision table picked the tier “enhanced”"
    )


def decided(stage: Stage, contract: Contract) -> None:
    stage.checks.step(
        "3  The team is approved by policy: resource manager, and above 50,000 the delivery director"
    )
    for role in ("resource_manager", "delivery_director"):
        request = wait_for(f"the request before the {role}", partial(waiting, stage, contract, role))
        page = stage.person(role).read(f"/approvals/{request['id']}/")
        stage.checks.that(contract.title in page, f"the {role.replace('_', ' ')} sees what is asked, and why")
        decide(stage, role, request, "Team is free.")
    run = wait_for("the approval", lambda: when(stage, contract, "approval", "completed"))
    stage.checks.that(run["outputs"]["approval"]["outcome"] == "approved", "approved by both, in two stages")


def built(stage: Stage, contract: Contract) -> None:
    stage.checks.step(
        "4  At once: project in the PSA, customer in the ERP, welcome mail in the partner's brand"
    )
    wait_for("the systems to be set up", lambda: when(stage, contract, "set_up", "completed"))
    projects = stage.system("GET", "psa", f"projects?contract_id={contract.contract_id}")["results"]
    customers = stage.system("GET", "erp", f"customers?external_id={contract.customer.number}")["results"]
    stage.checks.that(len(projects) == 1, f"one project in the PSA: {projects[0]['id']}")
    stage.checks.that(len(customers) == 1, f"one customer in the ERP: {customers[0]['id']}")
    address = contract.customer.contacts[0].email
    text = stage.mail.wait(set(), lambda to, subject, _text: address in to and "welcome" in subject.lower())
    stage.checks.that("Nordic Managed Services" in text, f"a welcome mail in the brand went to {address}")


def visited(stage: Stage, contract: Contract) -> Person:
    stage.checks.step("5  The customer signs in with a code from the mail and uploads the missing document")
    address = contract.customer.contacts[0].email
    customer = Person(stage.tenant["host"], stage.stack.web_port)
    customer.sign_in_by_code(address, stage.mail)
    page = customer.read("/status/")
    stage.checks.that("ecurity annex" in page, "the status page says what is expected: the security annex")
    stage.checks.that("Kickoff" in page, "and shows the milestones")
    customer.submit(
        "/status/", {}, holding={"file": ""}, files={"file": ("security-annex.pdf", PDF, "application/pdf")}
    )
    wait_for("the exception to clear", lambda: when(stage, contract, "documents", "completed"))
    stage.checks.that(open_case(stage, contract, "documents") is None, "the upload cleared the exception")
    contacts = stage.tenant["contacts"]
    contacts.append({"email": address, "status_url": f"{stage.tenant['url']}status/"})
    return customer


def billed(stage: Stage, contract: Contract, customer: Person) -> None:
    stage.checks.step("6  Kickoff: completed, accepted, ready to bill, invoiced")
    _book_time(stage, contract)
    kickoff = _milestone(stage, contract)
    manager = stage.person("delivery_manager")
    manager.submit(f"/projects/{kickoff['project_id']}/", {}, to=f"milestones/{kickoff['id']}/complete")
    wait_for("the completed milestone", lambda: _milestone(stage, contract)["status"] == "completed")
    stage.checks.that(True, "the delivery manager completed the kickoff")
    customer.submit("/status/", {}, to=f"milestones/{kickoff['id']}/accept")
    run = wait_for("the end of the run", lambda: finished(stage, contract))
    stage.checks.that(run["outcome"] == "completed", "the customer accepted it, and the run came to its end")
    readiness = stage.api.get(f"milestones/{kickoff['id']}/billing-readiness")
    for predicate in readiness["predicates"]:
        stage.checks.that(predicate["passed"], f"{predicate['id']}: {predicate['explanation']}")
    invoices = stage.system("GET", "erp", f"invoices?contract_id={contract.contract_id}")["results"]
    stage.checks.that(len(invoices) == 1, f"one invoice in the ERP: {invoices[0]['number']}")
    told = wait_for("the webhooks", lambda: _told(stage, kickoff["id"]))
    stage.checks.that(True, f"signed webhooks left: {', '.join(sorted(told))}")


def decide(stage: Stage, role: str, request: Json, comment: str) -> None:
    """Approve on the approval's page."""
    values = {"outcome": "approved", "comment": comment}
    stage.person(role).submit(f"/approvals/{request['id']}/", values, holding={"show_hash": ""})


def open_case(stage: Stage, contract: Contract, step: str) -> Json | None:
    run = stage.run_of(contract)
    cases = stage.api.list("exceptions", run=run["id"], status="open") if run else []
    return next((case for case in cases if case["visit"].startswith(f"{step}#")), None)


def waiting(stage: Stage, contract: Contract, role: str) -> Json | None:
    run = stage.run_of(contract)
    requests = stage.person(role).ask("/api/v1/approvals?mine=true")["results"]
    return next((request for request in requests if run and request["run_id"] == run["id"]), None)


def when(stage: Stage, contract: Contract, step: str, status: str) -> Json | None:
    run = stage.run_of(contract)
    return run if run and step_of(run, step).get("status") == status else None


def finished(stage: Stage, contract: Contract) -> Json | None:
    run = stage.run_of(contract)
    return run if run and run["finished_at"] else None


def _milestone(stage: Stage, contract: Contract) -> Json:
    run = stage.run_of(contract) or {}
    project = run["outputs"]["project"]
    return stage.api.get(f"milestones/{project['first_milestone_id']}")


def _book_time(stage: Stage, contract: Contract) -> None:
    project = stage.system("GET", "psa", f"projects?contract_id={contract.contract_id}")["results"][0]
    entry = {"person": "Ingrid Solberg", "hours": "12.5", "status": "approved"}
    stage.system("POST", "psa", f"projects/{project['id']}/time-entries", entry)


def _told(stage: Stage, milestone_id: str) -> set[str] | None:
    messages = stage.systems.get(f"/subscriber/{SUBSCRIBER}/messages").json()["results"]
    types = {
        message["body"]["type"]
        for message in messages
        if message["body"]["data"].get("milestone_id") == milestone_id and message["verified"]
    }
    return types if types >= {"milestone.completed", "billing.ready"} else None

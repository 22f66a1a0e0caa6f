"""Contracts of a tenant under way, as far as its people and its customers have brought them."""

from collections.abc import Mapping
from typing import Any

from apps.approvals.models import ApprovalRequest
from apps.approvals.services import decide_request, share_evidence
from apps.core.actor import Actor
from apps.delivery import models as delivery
from apps.delivery.services.documents import upload_document
from apps.delivery.services.milestones import accept_milestone, complete_milestone
from apps.dispatch.dispatcher import LANES, batches
from apps.dispatch.executor import execute_here
from apps.dispatch.services import claim
from apps.ledger.services import emit, unit_of_work
from apps.ledger.types import DomainEvent
from apps.workflows import models as workflows
from apps.workflows.selectors.migrations import MIGRATE
from apps.workflows.services import publish_version, save_draft, start_run
from apps.workflows.services.bulk import prepare_bulk
from tests.integration.delivery.contracts import PDF, contact_actor, contract, in_days
from tests.isolation.templates import AGREEMENT
from tests.isolation.words import SYSTEM, own_key


def drain() -> None:
    """Do all due work of all tenants in this process."""
    for _ in range(100):
        items = claim.claim_due(lanes=LANES, limit=50)
        if not items:
            return
        for batch in batches(items):
            execute_here(batch[0].kind, {item.id: item.fence for item in batch})
    raise AssertionError("work does not come to rest")


def _sign(word: str, number: str, **changes: Any) -> workflows.Run:
    name = f"{word}-{number}"
    customer = {
        "external_id": f"K-{word}",
        "name": f"{word} GmbH",
        "country": "DE",
        "contacts": [{"name": f"Ada {word}", "email": f"ada@{word}.example"}],
    }
    data = contract(name, title=f"{word} rollout {number}", customer=customer, **changes)
    with unit_of_work(SYSTEM):
        emit(DomainEvent("contract.signed", f"contract/{name}", data))
    drain()
    return workflows.Run.objects.get(subject=f"contract/{name}", parent=None)


def _approve(run: workflows.Run, *deciders: Actor) -> None:
    for decider in deciders:
        request = ApprovalRequest.objects.get(run=run, status="open")
        comment = f"approved for {run.subject}"
        decide_request(request_id=request.id, actor=decider, outcome="approved", comment=comment)
        drain()


def deliver(word: str, other: str, people: Mapping[str, Actor]) -> None:
    """Three contracts: one billed as far as it goes, one of another customer, one that waits for its approval."""
    first = _sign(word, "1")
    _approve(first, people["resources"], people["director"])
    project = delivery.Project.objects.get(deal__run_id=first.id)
    ada = contact_actor(f"ada@{word}.example")
    requirement = delivery.DocumentRequirement.objects.get(deal=project.deal, kind="purchase_order")
    content = PDF + word.encode()
    upload_document(
        requirement_id=requirement.id,
        actor=ada,
        name=f"{word}.pdf",
        content=content,
        valid_until=in_days(90),
    )
    drain()
    kickoff = project.milestones.get(sequence=1)
    complete_milestone(milestone_id=kickoff.id, actor=people["staff"])
    drain()
    accept_milestone(milestone_id=kickoff.id, actor=ada)
    drain()
    second = _sign(other, "2")
    _approve(second, people["resources"], people["director"])
    needed = delivery.DocumentRequirement.objects.get(deal__run_id=second.id, kind="statement_of_work")
    grace = contact_actor(f"ada@{other}.example")
    upload_document(requirement_id=needed.id, actor=grace, name=f"{other}.pdf", content=PDF + other.encode())
    drain()
    for customer in (word, other):
        _have_decided(customer)
    _sign(word, "3", without=("security_annex",))
    request = ApprovalRequest.objects.get(status="open")
    share_evidence(request_id=request.id, label=f"{word} auditor", days=30, actor=SYSTEM)
    start_run(template_key=own_key(word), input={"word": word}, actor=SYSTEM, name=f"{word} hello")
    drain()
    prepare_bulk(
        command="cancel_runs", filter={"template": own_key(word)}, actor=SYSTEM, reason=f"{word} reason"
    )
    workflows.BulkOperation.objects.create(
        command=MIGRATE,
        about="run",
        filter={"template": own_key(word)},
        parameters={"template": own_key(word), "from": 1, "to": 1, "plan": {}},
        reason=f"{word} reason",
        status="previewed",
    )


def _have_decided(word: str) -> None:
    """A customer's contact was asked, and has decided."""
    key = f"{own_key(word)}-agree"
    draft = save_draft(source=AGREEMENT.format(key=key, word=word), actor=SYSTEM)
    publish_version(template_key=key, number=draft.number, actor=SYSTEM)
    run = start_run(template_key=key, input={}, actor=SYSTEM, name=f"{word} scope")
    request = ApprovalRequest.objects.get(run_id=run.id)
    ada = contact_actor(f"ada@{word}.example")
    decide_request(request_id=request.id, actor=ada, outcome="approved", comment=f"{word} agrees")

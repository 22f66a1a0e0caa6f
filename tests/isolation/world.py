"""Two tenants of two partners with rows of every model, each with words of its own in all of them.

Made by the product's services and handlers from real contracts, messages and calls.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from django.test import Client
from standardwebhooks.webhooks import Webhook

from apps.accounts.choices import STAFF_ROLES, SignInMethod
from apps.accounts.models import ApiKey, Group, SignInAttempt, User
from apps.accounts.services import add_member, create_api_key, create_group, create_user
from apps.accounts.services.factors import begin_authenticator
from apps.approvals.models import (
    AbsenceFeed,
    ApprovalRequest,
    CoverageForecast,
    Delegation,
    EvidenceShare,
    HandOver,
    StepUpProof,
)
from apps.approvals.services import decide_request, share_evidence
from apps.approvals.services.delegations import create_delegation
from apps.approvals.services.feeds import save_feed
from apps.approvals.services.forecasting import make_forecast
from apps.approvals.services.hand_over import start_hand_over
from apps.approvals.services.policies import install_policy
from apps.approvals.services.reassigning import add_approver
from apps.core.actor import Actor
from apps.core.ids import new_id
from apps.delivery import models as delivery
from apps.delivery.services.documents import upload_document
from apps.delivery.services.milestones import accept_milestone, complete_milestone
from apps.delivery.services.templates import publish_templates
from apps.dispatch.dispatcher import LANES, batches
from apps.dispatch.executor import execute_here
from apps.dispatch.services import claim
from apps.inbox.models import SavedFilter
from apps.inbox.services import make_feed, mark_read, save_filter
from apps.integrations import models as integrations
from apps.integrations.services import create_hook, install_connection
from apps.integrations.services.endpoints import create_endpoint
from apps.integrations.types import Secret
from apps.ledger.models import AuditEntry, OutboxMessage, SubscriberRetry
from apps.ledger.services import emit, unit_of_work
from apps.ledger.services.sealing import seal_entries, sign_head
from apps.ledger.types import DomainEvent
from apps.messaging.models import Message
from apps.messaging.services.notices import save_preferences
from apps.messaging.services.wordings import publish_wording
from apps.partners.services import create_partner
from apps.workflows import models as workflows
from apps.workflows.selectors.migrations import MIGRATE
from apps.workflows.services import publish_version, save_draft, start_run
from apps.workflows.services.bulk import prepare_bulk
from apps.workflows.services.calendars import assign_calendar, save_calendar
from apps.workflows.services.drafts import note_presence
from apps.workflows.services.proposals import make_proposal
from apps.workflows.services.reviews import set_review_mode
from apps.workflows.services.schedules import fire_schedule, save_schedule
from tenants.context import platform_context, tenant_context
from tenants.models import Brand, Partner, Tenant
from tenants.services.leases import grant_lease
from tenants.types import TenantRef
from tests.conftest import order_tenant
from tests.integration.delivery.contracts import PDF, actor_of, contact_actor, contract, in_days
from tests.interfaces.pages import browser, signed_in, signed_in_partner

SYSTEM = Actor.system("isolation test")
ROOT = Path(__file__).resolve().parents[2]
CONNECTIONS = ROOT / "config" / "demo" / "connections"
PASSWORD = "correct horse battery"

AGREEMENT = """
format: 1
key: {key}
name: {word} agreements
family: project_initiation
owners: {{business: delivery_manager, technical: template_author, control: auditor}}
classification: {{business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}}
input: {{type: object}}
steps:
  - {{id: agree, kind: approval, name: {word} agreement, on_reject: end, show: {{scope: {word} scope}},
     policy: {{stages: [{{name: {word} sponsor, approvers: {{contact: any, customer: K-{word}}}}}]}}}}
"""

TEMPLATE = """
format: 1
key: {key}
name: {word} greeting
family: project_initiation
owners: {{business: delivery_manager, technical: template_author, control: auditor}}
classification: {{business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}}
input: {{type: object}}
steps:
  - {{id: ask, kind: user_task, name: {word} question, assignee: {{role: delivery_manager}}, due: P2D,
     form: {{type: object, properties: {{ok: {{type: boolean}}}}}}}}
  - {{id: wait, kind: wait, event: {{type: document.received, match: "true"}}}}
  - {{id: done, kind: end, outcome: completed}}
"""
ADVICE = """
format: 1
key: {key}
name: {word} advice
owners: {{business: delivery_manager, technical: template_author, control: auditor}}
classification: {{business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}}
steps:
  - {{id: advise, kind: assist, name: {word} advice, purpose: {word}, output: {{type: object}}}}
"""


@dataclass
class Place:
    """One tenant as its visitors find it. ``word`` is in all that is its own, ``other_word`` in another customer's."""

    ref: TenantRef
    word: str
    other_word: str
    staff: Client
    customer: Client
    staff_key: str
    staff_key_id: UUID
    staff_id: UUID
    customer_id: UUID
    ids: dict[str, Any] = field(default_factory=dict)
    other_ids: dict[str, Any] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return self.ref.primary_host


@dataclass
class Console:
    """One partner's console as its visitors find it."""

    partner: Partner
    word: str
    host: str
    admin: Client
    admin_key: str
    ids: dict[str, Any] = field(default_factory=dict)


def make_console(word: str) -> Console:
    """A partner with somebody who may do everything there."""
    with platform_context():
        brand = {
            "name": brand_word(word),
            "primary": "#1f3a5f",
            "support_email": f"help@{brand_word(word)}.example",
        }
        partner = create_partner(
            slug=f"p-{brand_word(word)}", name=brand_word(word), brand=brand, actor=SYSTEM
        )
        user = create_user(
            email=f"admin@{word}.example",
            name=f"{word} admin",
            roles=["partner_admin"],
            partner_id=partner.id,
            actor=SYSTEM,
        )
        key = create_api_key(user_id=user.pk, name=f"{word} key", scopes=["*"], actor=SYSTEM)[1]
        host = partner.domains.get().domain
        ids = {"user_id": user.pk, "brand_id": partner.brand_id, "key_id": _key_id(user)}
    console = Console(partner, word, host, signed_in_partner(user, host), key)
    console.ids = ids
    return console


def make_place(word: str, console: Console, systems: str, tokens: Mapping[str, str]) -> Place:
    """A tenant of the partner, with contracts under way."""
    row = order_tenant(console.partner.id, brand_word(word))
    with platform_context():
        Tenant.objects.filter(pk=row.pk).update(name=f"{brand_word(word)} delivery")
        brand = Brand.objects.create(name=brand_word(word), primary="#0b7a75")
        Tenant.objects.filter(pk=row.pk).update(brand=brand)
        lease = grant_lease(
            partner_id=console.partner.id,
            tenant_id=row.pk,
            partner_user_id=console.ids["user_id"],
            partner_user_email=f"admin@{word}.example",
            roles=["auditor"],
            reason=f"{word} reason",
            hours=4,
            actor=SYSTEM,
        )
    console.ids |= {"tenant_id": row.pk, "lease_id": lease.pk}
    with tenant_context(row.pk) as ref:
        people = _people(word)
        other = f"other{word}"
        _connect(word, systems, tokens)
        _deliver(word, other, people)
        _talk(word, ref.primary_host, systems)
        _keep_time(word)
        _ask_around(word, people)
        with unit_of_work(SYSTEM):
            seal_entries()
        with unit_of_work(SYSTEM):
            sign_head()
        staff = User.objects.get(email=f"staff@{word}.example")
        customer = delivery.Contact.objects.get(email=f"ada@{word}.example").user
        assert customer is not None
        key = create_api_key(user_id=staff.pk, name=f"{word} key", scopes=["*"], actor=SYSTEM)[1]
        place = Place(
            ref=ref,
            word=word,
            other_word=other,
            staff=signed_in(staff, ref),
            customer=signed_in(customer, ref),
            staff_key=key,
            staff_key_id=_key_id(staff),
            staff_id=staff.pk,
            customer_id=customer.pk,
        )
        place.ids, place.other_ids = _ids(word), _ids_of_other(word)
    return place


def drain(until: float = 0) -> None:
    """Do all due work of all tenants in this process."""
    for _ in range(100):
        items = claim.claim_due(lanes=LANES, limit=50)
        if not items:
            return
        for batch in batches(items):
            execute_here(batch[0].kind, {item.id: item.fence for item in batch})
    raise AssertionError("work does not come to rest")


def _people(word: str) -> dict[str, Actor]:
    roles = {
        "staff": sorted(STAFF_ROLES),
        "resources": ["resource_manager"],
        "director": ["delivery_director"],
    }
    found = {}
    for name, held in roles.items():
        user = create_user(
            email=f"{name}@{word}.example", name=f"{word} {name}", roles=held, password=PASSWORD, actor=SYSTEM
        )
        found[name] = actor_of(user)
        if name == "director":
            board = create_group(key=own_key(word), name=f"{word} board", actor=SYSTEM)
            add_member(group_id=board.id, user_id=user.pk, actor=SYSTEM)
    return found


def _connect(word: str, systems: str, tokens: Mapping[str, str]) -> None:
    for slot in ("psa", "erp"):
        install_connection(
            name=f"{word} {slot}",
            definition=yaml.safe_load((CONNECTIONS / f"{slot}.yaml").read_text()),
            config={"base_url": systems},
            secret=Secret("bearer", {"token": tokens[slot]}),
            slots=[slot],
            actor=SYSTEM,
        )
    publish_templates(actor=SYSTEM)
    draft = save_draft(source=TEMPLATE.format(key=own_key(word), word=word), actor=SYSTEM)
    publish_version(template_key=own_key(word), number=draft.number, actor=SYSTEM)
    note_presence(template_key=own_key(word), window=word, step="ask", actor=SYSTEM)
    _try_out(word)
    _propose(word)
    _govern(word)
    stages = [{"name": f"{word} stage", "approvers": {"role": "finance"}}]
    install_policy(key=own_key(word), name=f"{word} policy", definition={"stages": stages}, actor=SYSTEM)


def _govern(word: str) -> None:
    """A word on a version, a pause that is over, and what the tenant has decided about its templates."""
    version = workflows.TemplateVersion.objects.get(template__key=own_key(word), status="published")
    workflows.TemplateReview.objects.create(
        template_version=version,
        round=1,
        verdict="changes_requested",
        capacity="reviewer",
        user_label=f"{word} reviewer",
        comment=f"{word} says no",
        source_hash="0" * 64,
    )
    workflows.Pause.objects.create(
        scope="template",
        key=own_key(word),
        label=f"{word} pause",
        reason=f"{word} reason",
        ended_at=datetime.now(UTC),
    )
    set_review_mode(mode="none", actor=SYSTEM)


def _propose(word: str) -> None:
    """A proposal of an assistant."""
    key = f"{own_key(word)}-advice"
    draft = save_draft(source=ADVICE.format(key=key, word=word), actor=SYSTEM)
    publish_version(template_key=key, number=draft.number, actor=SYSTEM)
    run = start_run(template_key=key, input={}, actor=SYSTEM, name=f"{word} advice")
    make_proposal(
        run_id=run.id,
        visit="advise#1",
        output={"word": word},
        confidence=0.5,
        rationale=f"{word} says so",
        actor=SYSTEM,
    )


def _try_out(word: str) -> None:
    """A simulation that is kept, a back-test, a run of test cases, and a sitting at a draft."""
    template = workflows.WorkflowTemplate.objects.get(key=own_key(word))
    at = datetime.now(UTC)
    workflows.Scenario.objects.create(
        template=template,
        number=1,
        name=f"{word} scenario",
        begin={"input": {"word": word}},
        changed_at=at,
    )
    backtest = workflows.Backtest.objects.create(
        template=template, number=1, source=TEMPLATE.format(key=own_key(word), word=word), since=at, until=at
    )
    workflows.BacktestRun.objects.create(backtest=backtest, run_id=new_id(), name=f"{word} run", version=1)
    workflows.SuiteRun.objects.create(
        template=template, number=1, source=backtest.source, tests=f"# {word}", digest=word
    )
    workflows.EditingSession.objects.create(
        template_version=template.versions.latest("number"),
        actor_id=f"editor-{word}",
        actor={"kind": "user", "id": f"editor-{word}", "label": f"Editor {word}"},
        began_at=at,
        last_at=at,
        source_hash=word,
    )


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


def _deliver(word: str, other: str, people: Mapping[str, Actor]) -> None:
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


def _talk(word: str, host: str, systems: str) -> None:
    """A hook with a message that does not map, an endpoint with a delivery, a sign-in that fails, a stored answer."""
    mapping = {"format": 1, "event": "contract.signed", "data": {"contract_id": "= body.nothing.here"}}
    made = create_hook(name=f"{word} hook", scheme="standard-webhooks", mapping=mapping, actor=SYSTEM)
    _send(made.hook.id, made.secret, host, {"word": word})
    create_endpoint(
        name=f"{word} endpoint", url=f"{systems}/subscriber/{word}", event_types=["*"], actor=SYSTEM
    )
    with unit_of_work(SYSTEM):
        emit(DomainEvent("contract.signed", f"contract/none-{word}", {"contract_id": f"none-{word}"}))
    drain()
    _note(word)
    publish_wording(key=own_key(word), subject=f"{word} subject", body=f"{word} body", actor=SYSTEM)
    SignInAttempt.objects.create(
        email=f"staff@{word}.example", address="127.0.0.1", method=SignInMethod.PASSWORD
    )
    SubscriberRetry.objects.create(
        message=OutboxMessage.objects.latest("id"), subscriber="delivery.test", error=f"{word} error"
    )


def _note(word: str) -> None:
    """What a person keeps for himself: marks, a filter, a calendar address, how he wants to be told."""
    staff = actor_of(User.objects.get(email=f"staff@{word}.example"))
    task = workflows.UserTask.objects.filter(status="open").latest("id")
    mark_read(item_ids=[task.pk], actor=staff)
    save_filter(name=f"{word} filter", query={"search": word}, actor=staff)
    make_feed(actor=staff)
    save_preferences(actor=staff, ways={"other": {"mail": "now", "chat": False}})


def _ask_around(word: str, people: Mapping[str, Actor]) -> None:
    """Somebody is away, a calendar says so, somebody is asked besides, things change hands, and it was looked ahead."""
    staff, director = UUID(people["staff"].id), UUID(people["director"].id)
    begins = datetime.now(UTC) + timedelta(days=5)
    absence = create_delegation(
        actor=SYSTEM, giver_id=director, taker_id=staff, begins_at=begins, reason=f"{word} reason"
    )
    entry = f"UID:{word}\r\nDTSTART;VALUE=DATE:{begins:%Y%m%d}\r\nSUMMARY:{word} away"
    text = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{entry}\r\nEND:VEVENT\r\nEND:VCALENDAR"
    save_feed(actor=SYSTEM, user_id=UUID(people["resources"].id), text=text, keyword=word)
    request = ApprovalRequest.objects.get(status="open")
    begin_authenticator(user=User.objects.get(pk=staff))
    StepUpProof.objects.create(
        request=request, user_id=staff, show_hash=request.show_hash, method="totp", expires_at=begins
    )
    add_approver(request_id=request.id, user_id=director, actor=SYSTEM, reason=f"{word} reason")
    start_hand_over(
        giver_id=staff,
        taker_id=UUID(people["resources"].id),
        chosen=[absence.id],
        actor=SYSTEM,
        reason=f"{word} reason",
    )
    make_forecast(actor=SYSTEM)
    drain()


def _keep_time(word: str) -> None:
    """A calendar the customer works by, and a schedule that has fired."""
    save_calendar(
        key=own_key(word),
        name=f"{word} hours",
        zone="Europe/Berlin",
        hours=[[["08:00", "16:00"]]] * 7,
        holidays=[{"date": "2026-12-24", "name": f"{word} holiday", "yearly": True}],
        actor=SYSTEM,
    )
    customer = delivery.Customer.objects.get(name=f"{word} GmbH")
    assign_calendar(subject=f"customer/{customer.pk}", key=own_key(word), actor=SYSTEM)
    schedule = save_schedule(
        key=own_key(word),
        name=f"{word} schedule",
        template=own_key(word),
        cron="0 6 * * *",
        input={"word": word},
        actor=SYSTEM,
    )
    with unit_of_work(SYSTEM):
        assert schedule.next_fire_at is not None
        fire_schedule(schedule.id, schedule.next_fire_at)
    drain()


def _send(hook_id: UUID, secret: str, host: str, body: dict[str, Any]) -> None:
    text, sent, message = json.dumps(body), datetime.now(UTC), f"m-{new_id()}"
    headers = {
        "webhook-id": message,
        "webhook-timestamp": str(int(sent.timestamp())),
        "webhook-signature": Webhook(secret).sign(message, sent, text),
    }
    client = browser(host)
    answer = client.post(f"/hooks/{hook_id}", text, content_type="application/json", headers=headers)
    assert answer.status_code == 202, answer.content


def _key_id(user: User) -> UUID:
    return ApiKey.objects.get(user=user).pk


def _ids(word: str) -> dict[str, Any]:
    """One of each thing that addresses name, by the name of the address's part."""
    run = workflows.Run.objects.get(subject=f"contract/{word}-1", parent=None)
    project = delivery.Project.objects.get(deal__run_id=run.id)
    document = delivery.Document.objects.get(name=f"{word}.pdf")
    inbound = integrations.InboundEvent.objects.latest("id")
    staff = User.objects.get(email=f"staff@{word}.example")
    return {
        "user_id": staff.pk,
        "key_id": _key_id(staff),
        "entry_id": AuditEntry.objects.latest("id").pk,
        "outbox_id": OutboxMessage.objects.latest("id").pk,
        "run_id": run.pk,
        "task_id": workflows.UserTask.objects.filter(status="open").latest("id").pk,
        "proposal_id": workflows.Proposal.objects.get().pk,
        "case_id": workflows.ExceptionCase.objects.filter(status="open").latest("id").pk,
        "connection_id": integrations.Connection.objects.latest("id").pk,
        "binding_id": integrations.SlotBinding.objects.latest("id").pk,
        "hook_id": inbound.hook_id,
        "assignment_id": workflows.CalendarAssignment.objects.latest("id").pk,
        "inbound_id": inbound.pk,
        "endpoint_id": integrations.WebhookEndpoint.objects.get().pk,
        "delivery_id": integrations.WebhookDelivery.objects.latest("id").pk,
        "operation_id": workflows.BulkOperation.objects.get(command="cancel_runs").pk,
        "migration_id": workflows.BulkOperation.objects.get(command=MIGRATE).pk,
        "message_id": Message.objects.latest("id").pk,
        "approval_id": ApprovalRequest.objects.get(status="open").pk,
        "decision_id": ApprovalRequest.objects.get(title=f"{word} agreement").pk,
        "share_id": EvidenceShare.objects.latest("id").pk,
        "items": ApprovalRequest.objects.get(status="open").pk,
        "notices": Message.objects.filter(in_app=True).latest("id").pk,
        "filter_id": SavedFilter.objects.get().pk,
        "customer_id": project.deal.customer_id,
        "contact_id": delivery.Contact.objects.filter(customer=project.deal.customer).latest("id").pk,
        "deal_id": project.deal_id,
        "staffing_id": delivery.StaffingRequest.objects.latest("id").pk,
        "project_id": project.pk,
        "milestone_id": project.milestones.get(sequence=1).pk,
        "document_id": document.pk,
        "requirement_id": document.requirement_id,
        "scenario_id": workflows.Scenario.objects.latest("id").pk,
        "suite_id": workflows.SuiteRun.objects.latest("id").pk,
        "backtest_id": workflows.Backtest.objects.latest("id").pk,
        "group_id": Group.objects.get().pk,
        "delegation_id": Delegation.objects.latest("id").pk,
        "feed_id": AbsenceFeed.objects.get().pk,
        "hand_over_id": HandOver.objects.get().pk,
        "forecast_id": CoverageForecast.objects.latest("id").pk,
        "deputy_id": User.objects.get(email=f"resources@{word}.example").pk,
        "from_user_id": User.objects.get(email=f"director@{word}.example").pk,
        "to_user_id": staff.pk,
        "key": own_key(word),
    }


def _ids_of_other(word: str) -> dict[str, Any]:
    """What belongs to another customer of the same tenant."""
    project = delivery.Project.objects.get(deal__contract_id=f"other{word}-2")
    requirement = delivery.DocumentRequirement.objects.filter(deal=project.deal).latest("id")
    return _ids(word) | {
        "run_id": project.deal.run_id,
        "customer_id": project.deal.customer_id,
        "contact_id": delivery.Contact.objects.filter(customer=project.deal.customer).latest("id").pk,
        "deal_id": project.deal_id,
        "project_id": project.pk,
        "milestone_id": project.milestones.get(sequence=1).pk,
        "requirement_id": requirement.pk,
        "document_id": delivery.Document.objects.get(name=f"other{word}.pdf").pk,
        "decision_id": ApprovalRequest.objects.get(title=f"other{word} agreement").pk,
    }


def own_key(word: str) -> str:
    """The key of a template and of a policy that only this tenant has; it does not hold the word, as paths are echoed."""
    return f"hello-{sha256(word.encode()).hexdigest()[:8]}"


def brand_word(word: str) -> str:
    """How brand, host and tenant are called; anybody may see it on the tenant's host, nobody elsewhere."""
    return f"brand{word[::-1]}"

"""The coverage forecast: open requests, runs on their way, policies; every night and when asked; few queries."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.approvals.exceptions import UnknownPolicy
from apps.approvals.models import CoverageForecast
from apps.approvals.services import decide_request
from apps.approvals.services.delegations import create_delegation
from apps.approvals.services.forecasting import FORECAST_KIND, make_forecast
from apps.approvals.services.policies import install_policy, save_draft
from apps.core.clock import now
from apps.core.errors import Forbidden
from apps.dispatch.models import Lane, WorkItem
from apps.ledger.models import OutboxMessage
from apps.messaging.models import Message
from apps.workflows.services import publish_version, start_run
from apps.workflows.services import save_draft as save_template
from tenants.context import current_tenant
from tests.integration.approvals.conftest import SYSTEM, Staff, begin, publish, request_of

LATER = """
format: 1
key: later
name: Later
owners: {business: delivery_manager, technical: template_author, control: auditor}
classification: {business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}
steps:
  - id: first
    kind: approval
    policy: staffing-approval
    show: {amount: {amount: "1.00", currency: EUR}, region: EU}
    subject: {region: EU}
  - {id: prepare, kind: user_task, name: Prepare, assignee: {role: delivery_manager}}
  - {id: second, kind: approval, policy: director-only, show: {}}
  - {id: done, kind: end, outcome: completed}
"""


@pytest.fixture(autouse=True)
def _no_server(settings: Any) -> None:
    """Messages stay queued here."""
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1


def away(staff: Staff, who: str, deputy: str | None = None) -> None:
    create_delegation(
        actor=staff.actor(who),
        begins_at=now() - timedelta(minutes=1),
        ends_at=now() + timedelta(days=30),
        taker_id=staff.user(deputy).pk if deputy else None,
    )


def gaps(staff: Staff, **values: Any) -> list[tuple[str, str, int]]:
    row = make_forecast(actor=staff.actor("Tina"), **values)
    return [(finding["gap"], finding["stage"], finding["count"]) for finding in row.findings]


def director_only() -> None:
    definition = {"stages": [{"name": "Director", "approvers": {"role": "delivery_director"}}]}
    install_policy(key="director-only", name="Director only", definition=definition, actor=SYSTEM)


def test_open_requests_against_who_is_there(staff: Staff) -> None:
    publish()
    for _ in range(3):
        begin()
    assert gaps(staff) == []
    away(staff, "Rita")
    assert gaps(staff) == [("one_person", "Resource manager of the region", 3)]
    away(staff, "Rolf")
    row = make_forecast(actor=staff.actor("Tina"))
    (finding,) = row.findings
    assert (finding["gap"], finding["grave"], finding["asks"]) == ("nobody", True, "resource manager")
    assert finding["message"] == "Nobody can decide it while Rita, Rolf are away."
    assert finding["fix"] == "Name a deputy for Rita, Rolf, or reassign what waits for them."
    assert (row.checked, row.grave, row.asked_by, row.cause) == (3, 1, "Tina", "asked")
    told = OutboxMessage.objects.filter(type="coverage.forecast").latest("id").data
    assert (told["checked"], told["findings"], told["grave"]) == (3, 1, 1)


def test_a_deputy_covers_unless_he_asked(staff: Staff) -> None:
    publish(requested_by=f'"{staff.user("Mona").id}"')
    begin()
    away(staff, "Rita", "Mona")
    away(staff, "Rolf", "Dora")
    assert gaps(staff) == [("one_person", "Resource manager of the region", 1)]


def test_votes_already_cast_count(staff: Staff) -> None:
    publish()
    request = request_of(begin(amount="60000.00"))
    assert gaps(staff) == [("one_person", "Delivery director", 1)]
    decide_request(request_id=request.id, actor=staff.actor("Rita"), outcome="approved")
    away(staff, "Dora", "Rita")
    # Rita approved the first stage: she must not approve the second for Dora.
    assert gaps(staff) == [("nobody", "Delivery director", 1)]


def test_runs_on_their_way(staff: Staff) -> None:
    director_only()
    draft = save_template(source=LATER, actor=SYSTEM)
    publish_version(template_key="later", number=draft.number, actor=SYSTEM)
    runs = [start_run(template_key="later", input={}, actor=SYSTEM, name=f"Run {n}") for n in range(2)]
    row = make_forecast(actor=staff.actor("Tina"))
    (finding,) = row.findings
    assert (finding["gap"], finding["stage"], finding["count"], finding["coming"]) == (
        "one_person",
        "Director",
        2,
        True,
    )
    assert {example["id"] for example in finding["examples"]} == {str(run.id) for run in runs}


def test_a_policy_before_it_is_published(staff: Staff) -> None:
    definition = {"stages": [{"name": "Money", "approvers": {"role": "finance"}, "quorum": {"n": 1}}]}
    save_draft(key="new-policy", name="New", definition=definition, actor=staff.actor("Tina"))
    assert gaps(staff, policy="new-policy") == [("nobody", "Money", 1)]
    assert CoverageForecast.objects.get().scope == "policy/new-policy"
    with pytest.raises(UnknownPolicy):
        make_forecast(actor=staff.actor("Tina"), policy="nothing")


def test_it_is_for_who_may(staff: Staff) -> None:
    with pytest.raises(Forbidden):
        make_forecast(actor=staff.actor("Rita"))


def test_every_night_and_the_administrators_are_told_of_what_would_stop(
    staff: Staff, drain: Callable[..., int]
) -> None:
    publish()
    begin()
    away(staff, "Rita")
    away(staff, "Rolf")
    director_only()
    drain()
    planned = WorkItem.objects.get(kind=FORECAST_KIND, tenant_id=current_tenant().id)
    assert now() < planned.run_at < now() + timedelta(hours=25)
    WorkItem.objects.filter(pk=planned.pk).update(run_at=now())
    Lane.objects.update(next_due=now())
    drain()
    row = CoverageForecast.objects.get()
    assert (row.cause, row.grave) == ("nightly", 1)
    mail = Message.objects.get(key="coverage-gaps")
    assert (mail.to_email, "Rita, Rolf" in mail.text) == ("tina@staff.example", True)
    assert WorkItem.objects.get(kind=FORECAST_KIND, tenant_id=current_tenant().id).run_at > now() + timedelta(
        minutes=1
    )


def test_the_queries_do_not_grow_with_the_requests(staff: Staff) -> None:
    publish()
    numbers = []
    for many in (2, 12):
        for _ in range(many):
            begin()
        make_forecast(actor=staff.actor("Tina"))
        with CaptureQueriesContext(connection) as queries:
            make_forecast(actor=staff.actor("Tina"))
        numbers.append(len(queries))
    assert numbers[0] == numbers[1] <= 20

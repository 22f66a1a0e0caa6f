"""Back-tests over real runs: exactly those that a change touches, in portions, cancellable, done once."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from apps.approvals.services.policies import publish_policy
from apps.approvals.services.policies import save_draft as save_policy
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Conflict, Invalid, NotFound
from apps.dispatch.models import WorkItem
from apps.ledger.models import OutboxMessage
from apps.workflows.models import Backtest, BacktestRun, HistoryEntry, Run, UserTask
from apps.workflows.services import (
    backtest_portion,
    complete_user_task,
    publish_version,
    save_draft,
    start_run,
)
from apps.workflows.services.backtests import cancel_backtest, start_backtest
from apps.workflows.services.kinds import BACKTEST_KIND
from tenants.types import TenantRef

SYSTEM = Actor.system("test")
SOURCE = """
format: 1
key: limits
name: Limits
family: project_initiation
owners: {business: delivery_manager, technical: template_author, control: auditor}
classification:
  {business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}
input: {type: object, required: [n], properties: {n: {type: integer}}}
steps:
  - id: docs
    kind: check
    facts: {query: delivery.documents, input: {deal_id: "00000000-0000-7000-8000-000000000001"}}
    rules: [{id: any, expr: "true"}]
    on_error: continue
  - id: approve
    kind: approval
    when: input.n > LIMIT
    policy: {stages: [{name: Finance, approvers: {role: finance}, when: "show.n > 0"}]}
    show: {n: "= input.n"}
    on_error: continue
  - id: ask
    kind: user_task
    when: input.n > LIMIT
    form: {type: object, properties: {ok: {type: boolean}}}
    assignee: {role: delivery_manager}
  - {id: done, kind: end, outcome: completed}
"""


def version(limit: int) -> int:
    return save_draft(source=SOURCE.replace("LIMIT", str(limit)), actor=SYSTEM).number


@pytest.fixture
def runs(in_alpha: TenantRef) -> dict[int, Run]:
    """Runs on both sides of the limit of 100, all of them finished but the last."""
    publish_version(template_key="limits", number=version(100), actor=SYSTEM)
    made = {
        n: start_run(template_key="limits", input={"n": n}, actor=SYSTEM) for n in (50, 100, 101, 200, 201)
    }
    for n in (101, 200):
        task = UserTask.objects.get(run=made[n])
        complete_user_task(task_id=task.id, output={"ok": True}, actor=SYSTEM)
    return made


def back_test(number: int, **more: bool) -> Backtest:
    return start_backtest(
        template_key="limits",
        number=number,
        since=now() - timedelta(days=1),
        until=now() + timedelta(minutes=1),
        actor=SYSTEM,
        **more,
    )


def results(row: Backtest) -> dict[str, list[str]]:
    return {str(one.run_id): one.kinds for one in BacktestRun.objects.filter(backtest=row).order_by("run_id")}


def test_its_own_version_changes_nothing(runs: dict[int, Run], drain: Callable[..., None]) -> None:
    row = back_test(1)
    before = HistoryEntry.objects.count()
    drain()
    row = Backtest.objects.get(pk=row.pk)
    assert (row.status, row.total, row.done, row.affected, row.summary) == ("finished", 5, 5, 0, {})
    assert HistoryEntry.objects.count() == before
    assert OutboxMessage.objects.filter(type="backtest.finished").count() == 1


def test_a_moved_limit_shows_exactly_the_runs_between(
    runs: dict[int, Run], drain: Callable[..., None]
) -> None:
    row = back_test(version(200))
    drain()
    row = Backtest.objects.get(pk=row.pk)
    assert set(results(row)) == {str(runs[101].id), str(runs[200].id)}
    assert (row.done, row.affected) == (5, 2)
    assert row.summary["kinds"]["path"] == 2
    assert "unanswered" not in row.summary
    lower = back_test(version(60))
    drain()
    lower = Backtest.objects.get(pk=lower.pk)
    assert set(results(lower)) == {str(runs[100].id)}
    added = lower.summary["approvals_added"]
    assert [(one["role"], one["step"], one["count"], one["samples"]) for one in added] == [
        ("finance", "approve", 1, [str(runs[100].id)])
    ]
    asked = lower.summary["unanswered"]
    assert [(one["step"], one["asks"], one["why"], one["count"]) for one in asked] == [
        ("approve", "approval", "new", 1)
    ]


def test_an_approval_that_would_ask_nobody_is_no_question(
    runs: dict[int, Run], drain: Callable[..., None]
) -> None:
    source = SOURCE.replace("LIMIT", "60").replace("show.n > 0", "show.n > 1000")
    number = save_draft(source=source, actor=SYSTEM).number
    row = back_test(number)
    drain()
    row = Backtest.objects.get(pk=row.pk)
    assert "approvals_added" not in row.summary
    assert [one["step"] for one in row.summary["unanswered"]] == ["ask"]


def test_portions_are_done_once_and_a_cancelled_one_stops(
    runs: dict[int, Run], drain: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtest_portion, "AT_ONCE", 2)
    monkeypatch.setattr("apps.workflows.services.backtests.PORTION_SECONDS", 0.0)
    row = back_test(version(200))
    stopped = back_test(2)
    cancel_backtest(backtest_id=stopped.pk, actor=SYSTEM)
    drain()
    row, stopped = Backtest.objects.get(pk=row.pk), Backtest.objects.get(pk=stopped.pk)
    assert (row.status, row.done, row.affected) == ("finished", 5, 2)
    assert (stopped.status, stopped.done) == ("cancelled", 0)
    assert not BacktestRun.objects.filter(backtest=stopped).exists()
    with pytest.raises(Conflict):
        cancel_backtest(backtest_id=stopped.pk, actor=SYSTEM)
    assert WorkItem.objects.filter(kind=BACKTEST_KIND, ref=stopped.pk).count() == 0


def test_what_cannot_be_back_tested(runs: dict[int, Run]) -> None:
    at = now()
    with pytest.raises(Invalid) as refused:
        start_backtest(template_key="limits", number=1, since=at, until=at, actor=SYSTEM)
    assert refused.value.code == "window"
    old = at - timedelta(days=9)
    with pytest.raises(Invalid) as refused:
        start_backtest(
            template_key="limits", number=1, since=old, until=old + timedelta(days=1), actor=SYSTEM
        )
    assert refused.value.code == "no_runs"
    with pytest.raises(NotFound):
        start_backtest(template_key="limits", number=9, since=at - timedelta(days=1), until=at, actor=SYSTEM)
    broken = save_draft(source=SOURCE.replace("LIMIT", "1").replace("kind: end", "kind: ende"), actor=SYSTEM)
    with pytest.raises(Invalid) as refused:
        back_test(broken.number)
    assert refused.value.code == "template_unreadable"


NAMED = SOURCE.replace(
    'policy: {stages: [{name: Finance, approvers: {role: finance}, when: "show.n > 0"}]}', "policy: spending"
)


def spending(role: str, *, publish: bool) -> None:
    stages = [{"name": "Money", "approvers": {"role": role}}]
    save_policy(key="spending", name="Spending", definition={"stages": stages}, actor=SYSTEM)
    if publish:
        publish_policy(key="spending", actor=SYSTEM)


def asked_more(row: Backtest) -> list[str]:
    return [one["role"] for one in row.summary["approvals_added"]]


def test_a_draft_goes_by_the_drafts_of_its_policies(in_alpha: TenantRef, drain: Callable[..., None]) -> None:
    spending("finance", publish=True)
    save_draft(source=NAMED.replace("LIMIT", "100"), actor=SYSTEM)
    publish_version(template_key="limits", number=1, actor=SYSTEM)
    start_run(template_key="limits", input={"n": 50}, actor=SYSTEM)
    spending("delivery_manager", publish=False)
    lower = save_draft(source=NAMED.replace("LIMIT", "10"), actor=SYSTEM).number
    bundled, alone = back_test(lower), back_test(lower, drafts=False)
    held = back_test(1)
    spending("resource_manager", publish=True)
    drain()
    bundled, alone, held = (Backtest.objects.get(pk=row.pk) for row in (bundled, alone, held))
    assert asked_more(bundled) == ["delivery_manager"], (
        "what was asked for stays, whatever is published meanwhile"
    )
    assert asked_more(alone) == ["finance"]
    assert [
        (one.policies["spending"]["number"], one.policies["spending"]["origin"])
        for one in (bundled, alone, held)
    ] == [
        (2, "draft"),
        (1, "live"),
        (1, "held"),
    ]
    assert held.summary == {}

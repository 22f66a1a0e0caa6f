"""Loops and deadlines through the shell: rows for every item, the stored state equal to the replay, people told."""

import pytest

from apps.core.actor import Actor
from apps.ledger.models import OutboxMessage
from apps.ledger.services import unit_of_work
from apps.workflows.engine.commands import FireTimer
from apps.workflows.models import ExceptionCase, Run, RunTimer, StepRun, UserTask
from apps.workflows.services import complete_user_task, publish_version, save_draft, start_run
from apps.workflows.services.transition import lock_run, perform
from tests.integration.workflows.test_runs import replayed

SYSTEM = Actor.system("test")
HEAD = """
format: 1
key: kinds
name: Kinds
owners: {business: delivery_manager, technical: template_author, control: auditor}
classification: {business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}
"""
LOOP = """
steps:
  - id: each
    kind: for_each
    items: input.names
    as: who
    mode: parallel
    limit: 2
    steps: [{id: greet, kind: user_task, name: Greet, assignee: {role: finance}, show: {who: "= who"}}]
    output: {who: "= who", said: "= steps.greet.said"}
"""
LATE = """
deadline: {after: P3D, then: exception}
steps:
  - {id: ask, kind: user_task, assignee: {role: finance}}
"""


def begin(body: str, **input: object) -> Run:
    draft = save_draft(source=HEAD + body, actor=SYSTEM)
    publish_version(template_key="kinds", number=draft.number, actor=SYSTEM)
    return start_run(template_key="kinds", input=dict(input), actor=SYSTEM)


def stored(run: Run) -> dict[str, object]:
    run.refresh_from_db()
    return {**run.state, "start": run.start}


@pytest.mark.usefixtures("in_alpha")
def test_a_loop_has_a_task_for_every_item_up_to_its_limit() -> None:
    run = begin(LOOP, names=["Ada", "Grace", "Mary"])
    opened = UserTask.objects.filter(run=run, status="open").order_by("id")
    assert [task.show for task in opened] == [{"who": "Ada"}, {"who": "Grace"}]
    assert stored(run) == replayed(run)
    for _ in range(3):
        task = UserTask.objects.filter(run=run, status="open").latest("id")
        complete_user_task(task_id=task.id, output={"said": f"hello {task.show['who']}"}, actor=SYSTEM)
        assert stored(run) == replayed(run)
    assert run.status == "completed"
    assert [item["said"] for item in run.state["outputs"]["each"]["items"]] == [
        "hello Ada",
        "hello Grace",
        "hello Mary",
    ]
    names = StepRun.objects.filter(run=run, step="greet").order_by("started_at", "visit")
    assert sorted(row.name for row in names) == ["Greet (1)", "Greet (2)", "Greet (3)"]


@pytest.mark.usefixtures("in_alpha")
def test_an_overdue_run_is_told_and_its_exception_closes_with_it() -> None:
    run = begin(LATE)
    assert RunTimer.objects.get(run=run).timer == "/deadline"
    with unit_of_work(SYSTEM):
        assert perform(lock_run(run.id), [FireTimer("/deadline")]).refused == ""
    assert OutboxMessage.objects.filter(type="run.overdue").count() == 1
    case = ExceptionCase.objects.get(subject=f"run/{run.id}")
    assert (case.code, case.status, case.owner_role) == ("run_overdue", "open", "delivery_manager")
    assert stored(run) == replayed(run)
    complete_user_task(task_id=UserTask.objects.get(run=run).id, output={}, actor=SYSTEM)
    case.refresh_from_db()
    assert case.status == "resolved"


@pytest.mark.usefixtures("in_alpha")
def test_a_run_that_ends_in_time_leaves_no_timer() -> None:
    run = begin(LATE)
    complete_user_task(task_id=UserTask.objects.get(run=run).id, output={}, actor=SYSTEM)
    assert not RunTimer.objects.filter(run=run).exists()

"""A run through the shell: one transaction a stretch, replay equal to the stored state."""

import pytest

from apps.core.actor import Actor
from apps.workflows.engine.evolve import replay
from apps.workflows.engine.history import HistoryEvent
from apps.workflows.models import HistoryEntry, Run, StepRun, UserTask
from apps.workflows.services import (
    cancel_run,
    complete_user_task,
    publish_version,
    save_draft,
    start_run,
)
from tenants.types import TenantRef

SYSTEM = Actor.system("test")

SOURCE = """
format: 1
key: greeting
name: Greeting
family: project_initiation
owners: {business: delivery_manager, technical: template_author, control: auditor}
classification:
  {business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}
input: {type: object, required: [name], properties: {name: {type: string}}}
steps:
  - id: route
    kind: decision
    hit: first
    rules: [{when: "input.name == 'x'", then: {tier: small}}, {then: {tier: large}}]
  - id: ask
    kind: user_task
    name: Ask them
    form: {type: object, required: [ok], properties: {ok: {type: boolean}}}
    assignee: {role: delivery_manager}
  - id: both
    kind: parallel
    join: all
    branches:
      - [{id: left, kind: set, values: {a: "= 1"}}]
      - [{id: right, kind: set, values: {b: "= steps.ask.ok"}}]
  - {id: done, kind: end, outcome: completed}
"""


def replayed(run: Run) -> dict[str, object]:
    entries = HistoryEntry.objects.filter(run=run).order_by("seq")
    return replay([HistoryEvent(e.kind, e.visit, e.at, e.data) for e in entries]).to_json()


@pytest.fixture
def template(in_alpha: TenantRef) -> str:
    draft = save_draft(source=SOURCE, actor=SYSTEM)
    publish_version(template_key="greeting", number=draft.number, actor=SYSTEM)
    return "greeting"


def test_runs_to_the_first_wait_and_on_to_the_end(template: str) -> None:
    run = start_run(template_key=template, input={"name": "y"}, actor=SYSTEM)
    task = UserTask.objects.get(run=run)
    assert StepRun.objects.get(run=run, step="route").status == "completed"
    assert StepRun.objects.get(run=run, step="ask").waiting_on == "delivery_manager"
    complete_user_task(task_id=task.id, output={"ok": True}, actor=SYSTEM)
    run = Run.objects.get(pk=run.pk)
    assert (run.status, run.outcome) == ("completed", "completed")
    assert run.state["vars"] == {"a": 1, "b": True}
    assert replayed(run) == {**run.state, "start": run.start}
    seqs = list(HistoryEntry.objects.filter(run=run).order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, run.history_length + 1))


def test_cancel_closes_what_is_open(template: str) -> None:
    run = start_run(template_key=template, input={"name": "y"}, actor=SYSTEM)
    cancel_run(run_id=run.id, actor=SYSTEM, reason="ordered twice")
    run = Run.objects.get(pk=run.pk)
    assert run.status == "cancelled"
    assert UserTask.objects.get(run=run).status == "cancelled"
    assert not StepRun.objects.filter(run=run, ended_at=None).exists()
    assert replayed(run) == {**run.state, "start": run.start}

"""Roll-backs over real systems: calls that answer too late, child runs that are open, ended, let go or stuck."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

import pytest
from django.db import transaction

from apps.core.actor import Actor
from apps.dispatch.dispatcher import LANES
from apps.dispatch.executor import execute_here
from apps.dispatch.models import WorkItem
from apps.dispatch.services import claim
from apps.dispatch.types import WorkItemSpec
from apps.integrations import services
from apps.integrations.models import ActionIntent
from apps.integrations.services.kinds import ACTION_KIND
from apps.integrations.types import Secret
from apps.ledger.services import enqueue, unit_of_work
from apps.workflows.exceptions import CommandRefused
from apps.workflows.models import ExceptionCase, HistoryEntry, Run, StepRun, UserTask
from apps.workflows.services import (
    cancel_run,
    complete_user_task,
    publish_version,
    retry_step,
    roll_back_run,
    save_draft,
    start_run,
)
from apps.workflows.services.kinds import CHILD_CANCEL_KIND, CHILD_END_KIND, CHILD_ROLL_BACK_KIND
from apps.workflows.services.pauses import pause_run
from tests.integration.integrations.conftest import definition_of
from tests.integration.integrations.test_actions import OPERATIONS
from tests.integration.workflows.test_runs import replayed

SYSTEM = Actor.system("test")
HEAD = """
format: 1
name: A template
owners: {business: delivery_manager, technical: template_author, control: auditor}
classification: {business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}
connections: {psa: {connector: generic-rest}}
"""


def project(step: str, name: str = "") -> str:
    undo = f"{{operation: archive_project, input: {{id: '= steps.{step}.id'}}}}"
    return (
        f"{{id: {step}, kind: action, connection: psa, operation: create_project, "
        f"input: {{name: {name or step}}}, retry: {{max: 3, backoff: PT2S}}, compensate: {undo}}}"
    )


ASK = "{id: ask, kind: user_task, form: {type: object}, assignee: {role: delivery_manager}}"
RACE = f"{{id: either, kind: parallel, join: any, branches: [[{project('late')}], [{ASK}]]}}"
SLOW = "{id: last, kind: user_task, form: {type: object}, assignee: {role: delivery_manager}}"


@pytest.fixture(autouse=True)
def psa(in_alpha, systems, allowed):
    return services.create_connection(
        name="PSA",
        definition=definition_of(OPERATIONS),
        config={"base_url": allowed},
        secret=Secret("bearer", {"token": systems.tokens["psa"]}),
        slots=["psa"],
        actor=SYSTEM,
    )


def publish(key: str, *steps: str) -> None:
    source = f"{HEAD}key: {key}\nsteps:\n" + "".join(f"  - {step}\n" for step in steps)
    draft = save_draft(source=source, actor=SYSTEM)
    publish_version(template_key=key, number=draft.number, actor=SYSTEM)


def begin(*steps: str) -> Run:
    publish("whole", *steps)
    return start_run(template_key="whole", input={}, actor=SYSTEM)


def sub(template: str, step: str = "sub") -> str:
    return f"{{id: {step}, kind: subflow, template: {template}}}"


def answer(run: Run, step: str = "ask") -> None:
    task = UserTask.objects.get(run=run, visit=f"{step}#1", status="open")
    complete_user_task(task_id=task.id, output={}, actor=SYSTEM)


def roll_back(run: Run) -> None:
    roll_back_run(run_id=run.id, actor=SYSTEM, reason="called off")


def child_of(run: Run, visit: str = "sub#1") -> Run:
    return Run.objects.get(parent_id=run.id, parent_visit=visit)


def statuses() -> dict[str, str]:
    return dict(Run.objects.values_list("template_key", "status"))


def done(systems) -> list[str]:
    """What the system did, in order: made or archived which project."""
    verbs = {"create_project": "made", "archive_project": "archived"}
    return [f"{verbs[line['operation']]} {json.loads(line['body'])['name']}" for line in systems.effects()]


@pytest.fixture(autouse=True)
def _history_is_state(in_alpha) -> Iterator[None]:
    yield
    for run in Run.objects.filter(history_length__gt=0):
        assert {**run.state, "start": run.start} == replayed(run), run.name


@contextmanager
def under_way() -> Iterator[None]:
    """Within the block the one call intended is in a worker's hands; it is made at the end."""
    (item,) = [item for item in claim.claim_due(lanes=LANES, limit=50) if item.kind == ACTION_KIND]
    yield
    execute_here(item.kind, {item.id: item.fence})


class TestLateOutcomes:
    def test_a_call_under_way_in_a_branch_that_closed_is_undone(self, drain, systems) -> None:
        run = begin(RACE, SLOW)
        with under_way():
            answer(run)
            assert StepRun.objects.get(run=run, visit="late#1").status == "closed"
        drain()
        found = HistoryEntry.objects.filter(run=run, visit="late#1").order_by("seq")
        kinds = list(found.values_list("kind", flat=True))
        assert kinds == ["step_started", "outcome_awaited", "step_closed", "late_outcome"]
        assert StepRun.objects.get(run=run, visit="late#1").status == "closed"
        roll_back(run)
        drain(until=60)
        assert statuses() == {"whole": "rolled_back"}
        assert done(systems) == ["made late", "archived late"]

    def test_a_call_that_was_not_sent_is_withdrawn_at_once(self, drain, systems) -> None:
        run = begin(RACE, SLOW)
        answer(run)
        assert ActionIntent.objects.get(run_id=run.id).state == "withdrawn"
        run.refresh_from_db()
        assert "late" not in run.state
        roll_back(run)
        drain(until=60)
        assert statuses() == {"whole": "rolled_back"}
        assert systems.effects() == []

    def test_a_roll_back_waits_for_it_visibly(self, drain, systems) -> None:
        run = begin(RACE, SLOW)
        with under_way():
            answer(run)
            roll_back(run)
            assert statuses() == {"whole": "rolling_back"}
        drain(until=60)
        assert statuses() == {"whole": "rolled_back"}
        assert done(systems) == ["made late", "archived late"]

    def test_a_lost_answer_is_for_a_person(self, drain, systems) -> None:
        systems.misbehave("create_project", {"cut": True})
        run = begin(RACE, SLOW)
        with under_way():
            answer(run)
        roll_back(run)
        drain(until=60)
        case = ExceptionCase.objects.get(run=run, status="open")
        assert (case.code, case.visit) == ("outcome_unknown", "late#1~undo")
        made = systems.effects()[0]["subject"]
        retry_step(
            run_id=run.id, visit=case.visit, actor=SYSTEM, reason="found it", input_override={"id": made}
        )
        drain(until=60)
        assert statuses() == {"whole": "rolled_back"}
        assert done(systems) == ["made late", "archived late"]

    def test_a_run_that_ends_withdraws_what_waits_for_its_next_attempt(self, drain, systems) -> None:
        systems.misbehave("create_project", {"status": 503})
        run = begin(RACE)
        drain()
        answer(run)
        run.refresh_from_db()
        assert (run.status, ActionIntent.objects.get(run_id=run.id).state) == ("completed", "withdrawn")

    def test_an_attempt_called_back_by_a_pause_is_made_after_all(self, drain, systems) -> None:
        """Nobody would answer otherwise, and the roll-back would wait for ever."""
        systems.misbehave("create_project", {"status": 503})
        run = begin(project("first"), SLOW)
        drain()
        pause_run(run_id=run.id, actor=SYSTEM, reason="wait")
        assert ActionIntent.objects.get(run_id=run.id).state == "withdrawn"
        roll_back(run)
        drain(until=60)
        assert statuses() == {"whole": "rolled_back"}
        assert done(systems) == ["made first", "archived first"]


class TestChildRuns:
    def test_an_ended_child_is_undone_in_its_turn(self, drain, systems) -> None:
        publish("part", project("inside"))
        run = begin(project("before"), sub("part"), project("after"), SLOW)
        drain(until=60)
        roll_back(run)
        drain(until=60)
        assert statuses() == {"whole": "rolled_back", "part": "rolled_back"}
        story = ["made before", "made inside", "made after"]
        assert done(systems) == [*story, "archived after", "archived inside", "archived before"]
        child = child_of(run)
        assert (child.outcome, child.finished_at is not None) == ("rolled_back", True)

    def test_an_open_child_is_rolled_back_first(self, drain, systems) -> None:
        publish("part", project("inside"), ASK)
        run = begin(project("before"), sub("part"))
        drain(until=60)
        roll_back(run)
        assert StepRun.objects.get(run=run, visit="sub#1").status == "draining"
        drain(until=60)
        assert statuses() == {"whole": "rolled_back", "part": "rolled_back"}
        assert done(systems)[2:] == ["archived inside", "archived before"]
        assert UserTask.objects.get(run=child_of(run)).status == "cancelled"

    def test_a_child_that_has_not_begun_begins_nothing(self, drain, systems) -> None:
        publish("part", project("inside"))
        run = begin(sub("part"))
        roll_back(run)
        WorkItem.objects.filter(kind="workflows.child_start").delete()
        drain(until=60)
        assert statuses() == {"whole": "rolled_back", "part": "rolled_back"}
        assert not ActionIntent.objects.exists()

    def test_a_child_that_is_stuck_keeps_its_parent_waiting(self, drain, systems) -> None:
        publish("part", project("inside"))
        run = begin(sub("part"), SLOW)
        drain(until=60)
        systems.misbehave("archive_project", {"status": 422})
        roll_back(run)
        drain(until=600)
        assert statuses() == {"whole": "rolling_back", "part": "rolling_back"}
        child = child_of(run)
        case = ExceptionCase.objects.get(status="open")
        assert (case.run_id, case.visit) == (child.id, "inside#1~undo")
        waiting = StepRun.objects.get(run=run, visit="sub#1~undo")
        assert (waiting.status, waiting.waiting_on) == ("open", "child run")
        retry_step(run_id=child.id, visit=case.visit, actor=SYSTEM, reason="mended")
        drain(until=60)
        assert statuses() == {"whole": "rolled_back", "part": "rolled_back"}
        assert done(systems) == ["made inside", "archived inside"]

    def test_children_of_children(self, drain, systems) -> None:
        publish("least", project("deep"))
        publish("part", sub("least"), project("inside"))
        run = begin(sub("part"), SLOW)
        drain(until=60)
        roll_back(run)
        drain(until=60)
        assert set(statuses().values()) == {"rolled_back"}
        assert done(systems) == ["made deep", "made inside", "archived inside", "archived deep"]

    def test_a_child_let_go_in_a_closed_branch_is_undone_too(self, drain, systems) -> None:
        publish("part", project("inside"), SLOW)
        branches = f"[[{sub('part')}], [{ASK}]]"
        run = begin(f"{{id: either, kind: parallel, join: any, branches: {branches}}}", SLOW)
        drain(until=60)
        answer(run)
        drain()
        assert statuses()["part"] == "cancelled"
        roll_back(run)
        drain(until=60)
        assert statuses() == {"whole": "rolled_back", "part": "rolled_back"}
        assert done(systems) == ["made inside", "archived inside"]

    def test_cancel_only_cancels(self, drain, systems) -> None:
        publish("part", project("inside"), ASK)
        run = begin(project("before"), sub("part"))
        drain(until=60)
        cancel_run(run_id=run.id, actor=SYSTEM, reason="ordered twice")
        drain(until=60)
        assert statuses() == {"whole": "cancelled", "part": "cancelled"}
        assert done(systems) == ["made before", "made inside"]

    def test_every_work_item_may_come_twice_and_in_another_order(self, drain, systems) -> None:
        publish("part", project("inside"))
        run = begin(sub("part"), SLOW)
        drain(until=60)
        child = child_of(run)
        roll_back(run)
        for kind in (CHILD_END_KIND, CHILD_ROLL_BACK_KIND, CHILD_CANCEL_KIND, CHILD_END_KIND):
            again(kind, child)
        drain(until=60)
        lengths = dict(Run.objects.values_list("id", "history_length"))
        for kind in (CHILD_CANCEL_KIND, CHILD_ROLL_BACK_KIND, CHILD_END_KIND):
            again(kind, child)
            drain(until=60)
        assert dict(Run.objects.values_list("id", "history_length")) == lengths
        assert set(statuses().values()) == {"rolled_back"}
        assert done(systems) == ["made inside", "archived inside"]

    def test_nobody_else_rolls_a_finished_run_back(self, drain) -> None:
        publish("part", project("inside"))
        run = begin(sub("part"), SLOW)
        drain(until=60)
        with pytest.raises(CommandRefused):
            roll_back(child_of(run))

    def test_a_child_that_does_not_know_what_it_did_goes_to_a_person(self, drain, systems) -> None:
        """As those that were begun before children kept it."""
        publish("part", project("inside"))
        run = begin(sub("part"), SLOW)
        drain(until=60)
        child = child_of(run)
        forget_what_it_did(child)
        roll_back(run)
        drain(until=60)
        case = ExceptionCase.objects.get(run=run)
        assert (case.code, case.visit) == ("child_not_undoable", "sub#1~undo")


def again(kind: str, child: Run) -> None:
    with unit_of_work(SYSTEM):
        enqueue(WorkItemSpec(kind, child.id))


def forget_what_it_did(child: Run) -> None:
    """Make the child one that has ended without keeping what it did."""
    ended = HistoryEntry.objects.get(run=child, kind="run_finished")
    data = {key: value for key, value in ended.data.items() if key != "undoable"}
    HistoryEntry.objects.filter(run=child, seq=ended.seq).update(data=data)
    state = {key: value for key, value in child.state.items() if key != "undoable"}
    Run.objects.filter(pk=child.pk).update(state={**state, "undo": []})


def test_a_child_run_that_is_begun_again_after_a_restore_is_one_to_other_systems(systems, drain) -> None:
    class Lost(Exception):
        """All since the backup."""

    publish("part", project("inner"), SLOW)
    run = begin(ASK, "{id: sub, kind: subflow, template: part}")

    def go_on() -> tuple[UUID, UUID]:
        complete_user_task(task_id=UserTask.objects.get(run=run, status="open").id, output={}, actor=SYSTEM)
        drain()
        child = Run.objects.get(parent=run)
        return child.id, ActionIntent.objects.get(run_id=child.id).id

    with suppress(Lost), transaction.atomic():
        before = go_on()
        raise Lost
    assert not Run.objects.filter(parent=run).exists()
    assert go_on() == before

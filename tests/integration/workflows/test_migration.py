"""Runs follow another version of their template, and come back: rows, history, audit, many at once, killed, repeated."""

from datetime import timedelta
from typing import Any

import pytest

from apps.accounts.exceptions import ActionForbidden
from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.errors import Conflict, DomainError, Invalid
from apps.ledger.models import AuditEntry
from apps.workflows.engine.evolve import replay
from apps.workflows.engine.history import HistoryEvent
from apps.workflows.models import BulkItem, HistoryEntry, Run, RunTimer, StepRun, UserTask
from apps.workflows.selectors.migrations import MIGRATE, REVERT, count_at_once
from apps.workflows.services import cancel_run, complete_user_task, publish_version, save_draft, start_run
from apps.workflows.services.bulk import prepare_bulk, resume_bulk, start_bulk, suspend_bulk
from apps.workflows.services.bulk_work import perform_one
from apps.workflows.services.calendars import save_calendar
from apps.workflows.services.migrating import (
    MigrationRefused,
    Move,
    judge_runs,
    migrate_run,
    read_move,
    revert_run,
)
from tenants.types import TenantRef

SYSTEM = Actor.system("test")
HEAD = """
format: 1
key: moving
name: Moving
family: project_initiation
owners: {business: delivery_manager, technical: template_author, control: auditor}
classification: {business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}
input: {type: object}
steps:
"""
FIRST = (
    HEAD
    + """
  - {id: fill, kind: user_task, name: Fill it in, assignee: {role: delivery_manager}, due: P1D}
  - {id: look, kind: user_task, assignee: {role: delivery_manager}}
"""
)
SECOND = (
    HEAD
    + """
  - {id: complete, kind: user_task, name: Fill it in, assignee: {role: delivery_manager}, due: P3D}
  - {id: price, kind: user_task, assignee: {role: finance}}
  - {id: look, kind: user_task, assignee: {role: resource_manager}}
"""
)


@pytest.fixture
def versions(in_alpha: TenantRef) -> tuple[int, int]:
    return publish(FIRST), 2


def publish(source: str) -> int:
    draft = save_draft(source=source, actor=SYSTEM)
    publish_version(template_key="moving", number=draft.number, actor=SYSTEM)
    return draft.number


def start(**more: Any) -> Run:
    return start_run(template_key="moving", input={}, actor=SYSTEM, **more)


def move_to_second(**plan: Any) -> Move:
    publish(SECOND)
    return read_move("moving", {"from": 1, "to": 2, **plan})


def answer(run: Run) -> None:
    task = UserTask.objects.get(run=run, status="open")
    complete_user_task(task_id=task.id, output={}, actor=SYSTEM)


def assert_adds_up(run: Run) -> Run:
    run = Run.objects.get(pk=run.pk)
    entries = HistoryEntry.objects.filter(run=run).order_by("seq")
    replayed = replay([HistoryEvent(e.kind, e.visit, e.at, e.data) for e in entries])
    assert replayed.to_json() == {**run.state, "start": run.start}
    assert [entry.seq for entry in entries] == list(range(1, run.history_length + 1))
    return run


def test_a_run_follows_and_goes_on(versions: tuple[int, int]) -> None:
    run = start()
    task = UserTask.objects.get(run=run)
    migrate_run(run_id=run.id, move=move_to_second(), actor=SYSTEM, reason="prices were forgotten")
    run = assert_adds_up(run)
    assert run.template_version.number == 2
    same = UserTask.objects.get(run=run)
    assert (same.id, same.status, same.visit) == (task.id, "open", "fill#1")
    row = StepRun.objects.get(run=run)
    assert (row.step, row.visit) == ("complete", "fill#1")
    assert RunTimer.objects.get(run=run).at == row.started_at + (same.due_at - row.started_at)  # type: ignore[operator]
    assert (same.due_at - row.started_at).days == 3  # type: ignore[operator]
    answer(run)
    assert [task.title for task in UserTask.objects.filter(run=run, status="open")] == ["Price"]
    answer(run)
    answer(run)
    run = assert_adds_up(run)
    assert run.status == "completed"
    assert set(run.state["outputs"]) == {"complete", "price", "look"}


def test_it_is_audited_with_the_reason_and_told(versions: tuple[int, int]) -> None:
    run = start()
    migrate_run(run_id=run.id, move=move_to_second(), actor=SYSTEM, reason="prices were forgotten")
    entry = AuditEntry.objects.get(action="run.migrate")
    assert (entry.before, entry.after["version"], entry.reason) == (
        {"version": 1},
        2,
        "prices were forgotten",
    )
    fact = HistoryEntry.objects.get(run=run, kind="run_migrated").data
    assert (fact["from"], fact["to"], fact["steps"]) == (1, 2, {"fill": "complete"})


def test_asked_twice_it_moves_once(versions: tuple[int, int]) -> None:
    run, move = start(), move_to_second()
    for _ in range(2):
        migrate_run(run_id=run.id, move=move, actor=SYSTEM, reason="again")
    assert HistoryEntry.objects.filter(run=run, kind="run_migrated").count() == 1


def test_a_run_that_has_moved_on_says_why_it_cannot(versions: tuple[int, int]) -> None:
    run = start()
    answer(run)
    changed = SECOND.replace("id: look", "id: review")
    publish(
        changed.replace("kind: user_task, assignee: {role: resource_manager}", "kind: set, values: {a: 1}")
    )
    move = read_move("moving", {"from": 1, "to": 2})
    with pytest.raises(MigrationRefused) as refused:
        migrate_run(run_id=run.id, move=move, actor=SYSTEM, reason="x")
    assert refused.value.code == "migration_needs_input"
    assert [problem.code for problem in refused.value.errors] == ["step_gone"]
    assert assert_adds_up(run).template_version.number == 1
    chosen = read_move("moving", {"from": 1, "to": 2, "go_on": {"look": "price"}})
    migrate_run(run_id=run.id, move=chosen, actor=SYSTEM, reason="x")
    assert [task.title for task in UserTask.objects.filter(run=run, status="open")] == ["Price"]
    assert_adds_up(run)
    revert_run(run_id=run.id, move=chosen, actor=SYSTEM, reason="not yet")
    assert [task.title for task in UserTask.objects.filter(run=run, status="open")] == ["Look"]
    assert assert_adds_up(run).template_version.number == 1


def test_there_and_back(versions: tuple[int, int]) -> None:
    run, move = start(), move_to_second()
    before = Run.objects.get(pk=run.pk).state
    migrate_run(run_id=run.id, move=move, actor=SYSTEM, reason="forth")
    revert_run(run_id=run.id, move=move, actor=SYSTEM, reason="back")
    run = assert_adds_up(run)
    assert run.template_version.number == 1
    assert {**run.state, "counts": before["counts"]} == before
    assert StepRun.objects.get(run=run).step == "fill"
    answer(run)
    assert StepRun.objects.get(run=run, step="look").status == "open"


def test_a_plan_is_judged_with_pointers(versions: tuple[int, int]) -> None:
    publish(SECOND)
    with pytest.raises(Invalid) as refused:
        read_move("moving", {"from": 1, "to": 2, "steps": {"fill": "nowhere"}, "go_on": {"look": "gone"}})
    assert {problem.pointer for problem in refused.value.errors} == {"/steps/fill", "/go_on/look"}
    for wrong in (
        {"from": 1, "to": 1},
        {"from": 1},
        {"from": "1", "to": 2},
        {"from": 1, "to": 2, "vars": [1]},
    ):
        with pytest.raises(Invalid):
            read_move("moving", wrong)
    save_draft(source=SECOND, actor=SYSTEM)
    with pytest.raises(Invalid) as refused:
        read_move("moving", {"from": 1, "to": 3})
    assert refused.value.code == "not_published"


def test_people_without_the_right_are_refused(versions: tuple[int, int]) -> None:
    run, move = start(), move_to_second()
    auditor = Actor(kind="user", id=str(User().id), label="Eve", roles=frozenset({"auditor"}))  # type: ignore[arg-type]
    with pytest.raises(ActionForbidden):
        migrate_run(run_id=run.id, move=move, actor=auditor, reason="x")
    with pytest.raises(Invalid):
        migrate_run(run_id=run.id, move=move, actor=SYSTEM, reason=" ")


def prepared(command: str = MIGRATE, **parameters: Any) -> Any:
    given = {"template": "moving", "from": 1, "to": 2, **parameters} if command == MIGRATE else parameters
    wanted = {"template": "moving", "version": 1 if command == MIGRATE else 2, "status": "running"}
    return prepare_bulk(command=command, filter=wanted, parameters=given, reason="better", actor=SYSTEM)


def test_many_are_looked_at_then_moved_suspended_resumed_and_taken_back(
    versions: tuple[int, int], drain: Any
) -> None:
    runs = [start(name=f"run {n}") for n in range(5)]
    publish(SECOND)
    answer(runs[0])
    operation = prepared()
    assert operation.counts == {"pending": 5}
    notes = {item.target: item for item in BulkItem.objects.filter(operation_id=operation.id)}
    assert notes[runs[0].id].details["verdict"] == "compatible"
    assert "asked again" in notes[runs[0].id].note
    start_bulk(operation_id=operation.id, actor=SYSTEM)
    perform_one(operation, notes[runs[1].id].id, SYSTEM)
    suspend_bulk(operation_id=operation.id, actor=SYSTEM)
    drain()
    assert Run.objects.filter(template_version__number=2).count() == 1
    resume_bulk(operation_id=operation.id, actor=SYSTEM)
    drain()
    operation.refresh_from_db()
    assert (operation.status, operation.counts) == ("finished", {"done": 5})
    for run in runs:
        assert_adds_up(run)
    answer(runs[2])
    back = prepared(REVERT, migration=str(operation.id))
    items = {item.target: item for item in BulkItem.objects.filter(operation_id=back.id)}
    assert (items[runs[2].id].state, items[runs[2].id].details["verdict"]) == ("refused", "needs_input")
    start_bulk(operation_id=back.id, actor=SYSTEM)
    drain()
    assert Run.objects.filter(template_version__number=1).count() == 4
    for run in runs:
        assert_adds_up(run)


def test_a_worker_killed_in_the_middle_moves_each_run_once(versions: tuple[int, int], drain: Any) -> None:
    runs = [start(name=f"run {n}") for n in range(3)]
    publish(SECOND)
    operation = prepared()
    start_bulk(operation_id=operation.id, actor=SYSTEM)
    first = BulkItem.objects.filter(operation_id=operation.id).order_by("id")[0]
    assert [perform_one(operation, first.id, SYSTEM) for _ in range(2)] == [1, 0]
    drain()
    drain()
    moves = HistoryEntry.objects.filter(kind="run_migrated", run__in=runs)
    assert moves.count() == len(runs)


def test_a_run_that_ended_meanwhile_is_refused_with_words(versions: tuple[int, int], drain: Any) -> None:
    run = start()
    publish(SECOND)
    operation = prepared()
    cancel_run(run_id=run.id, actor=SYSTEM, reason="not needed")
    start_bulk(operation_id=operation.id, actor=SYSTEM)
    drain()
    item = BulkItem.objects.get(operation_id=operation.id)
    assert (item.state, item.why) == ("refused", "It is finished.")


def test_parameters_are_judged(versions: tuple[int, int]) -> None:
    start()
    publish(SECOND)
    twice = {"steps": {"fill": "look", "look": "look"}}
    for parameters, code in (
        ({"to": 9}, "not_found"),
        ({"template": None}, "invalid_parameters"),
        (twice, "invalid_plan"),
    ):
        with pytest.raises(DomainError) as refused:
            prepared(**parameters)
        assert refused.value.code == code
    with pytest.raises(Invalid):
        prepared(REVERT, migration="nonsense")


def test_a_past_time_takes_effect_only_where_the_dry_run_said_so(
    versions: tuple[int, int], drain: Any
) -> None:
    early = start(name="early")
    limited = (
        SECOND.replace("due: P3D", "timeout: {after: PT0S, then: continue}") + "deadline: {after: P9D}\n"
    )
    publish(limited)
    with pytest.raises(Conflict) as untold:
        migrate_run(run_id=early.id, move=read_move("moving", {"from": 1, "to": 2}), actor=SYSTEM, reason="x")
    assert untold.value.code == "times_passed"
    assert "times out at once" in untold.value.detail
    operation = prepared()
    late = BulkItem.objects.get(operation_id=operation.id)
    assert "times out at once" in late.note
    assert "The deadline of the run is now" in late.note
    assert count_at_once(operation.id) == 1
    start_bulk(operation_id=operation.id, actor=SYSTEM)
    drain()
    assert BulkItem.objects.get(operation_id=operation.id).state == "done"
    drain()
    run = assert_adds_up(early)
    assert run.state["outputs"]["complete"] == {"timed_out": True}
    assert RunTimer.objects.get(run=run).timer == "/deadline"


def test_the_dry_run_counts_in_the_calendars_of_the_run(versions: tuple[int, int]) -> None:
    run = start()
    save_calendar(
        key="every-day",
        name="Every day",
        zone="UTC",
        hours=[[["00:00", "24:00"]]] * 7,
        holidays=[],
        actor=SYSTEM,
    )
    publish(SECOND.replace("due: P3D", "due: {working_days: 2, calendar: every-day}"))
    move = read_move("moving", {"from": 1, "to": 2})
    due = run.created_at + timedelta(days=2)
    (told,) = judge_runs([run], move)[run.id].changes
    assert told.at.startswith(due.strftime("%Y-%m-%dT%H:%M"))
    migrate_run(run_id=run.id, move=move, actor=SYSTEM, reason="x")
    assert RunTimer.objects.get(run=run).at.isoformat() == told.at

"""Clocks of service levels in the database: they follow the run, fire by work items, bear repeating, and are recounted."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from apps.core.actor import Actor
from apps.core.errors import Conflict
from apps.dispatch.models import Lane, WorkItem
from apps.ledger.models import OutboxMessage
from apps.ledger.services import unit_of_work
from apps.workflows.definitions import definition_of
from apps.workflows.engine import clocks as pure
from apps.workflows.engine import sla_clock
from apps.workflows.engine.commands import ReceiveEvent
from apps.workflows.engine.history import HistoryEvent
from apps.workflows.models import ClockEvent, HistoryEntry, Run, SlaClock, UserTask
from apps.workflows.selectors.calendars import default_calendar
from apps.workflows.selectors.clocks import run_clocks
from apps.workflows.services import (
    cancel_run,
    complete_step,
    complete_user_task,
    migrating,
    publish_version,
    save_draft,
    start_run,
)
from apps.workflows.services import clocks as service
from apps.workflows.services import transition as transitions
from apps.workflows.services.calendars import DEFAULT_KEY, save_calendar
from apps.workflows.services.migrating import Move, judge_runs, migrate_run, read_move, revert_run
from apps.workflows.services.transition import lock_run
from tenants.types import TenantRef

SYSTEM = Actor.system("test")
MONDAY = datetime(2031, 3, 3, 9, 0, tzinfo=UTC)
SOURCE = """
format: 1
key: measured
name: Measured
family: project_initiation
owners: {business: delivery_manager, technical: template_author, control: auditor}
classification:
  {business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}
input: {type: object}
sla: {target: {working_hours: 10}, calendar: business, pause_while_waiting_on: [customer]}
steps:
  - id: ask
    kind: user_task
    assignee: {role: delivery_manager}
    sla: {target: PT2H}
  - id: sign
    kind: wait
    audience: customer
    event: {type: document.received, match: "event.data.contract_id == run.id"}
    timeout: {after: P30D}
  - {id: check, kind: user_task, assignee: {role: delivery_manager}}
"""


class Time:
    def __init__(self) -> None:
        self.at = MONDAY

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    monkeypatch.setattr(transitions, "now", made)
    monkeypatch.setattr(service, "now", made)
    monkeypatch.setattr(service, "database_now", made)
    monkeypatch.setattr(migrating, "now", made)
    return made


@pytest.fixture
def run(in_alpha: TenantRef, time: Time) -> Run:
    draft = save_draft(source=SOURCE, actor=SYSTEM)
    publish_version(template_key="measured", number=draft.number, actor=SYSTEM)
    return start_run(template_key="measured", input={}, actor=SYSTEM)


def facts(run: Run, visit: str = "") -> list[tuple[str, float, str]]:
    events = ClockEvent.objects.filter(clock__run=run, clock__visit=visit).order_by("seq")
    return [(event.kind, event.elapsed.total_seconds() / 3600, event.cause) for event in events]


def fire(clock: SlaClock) -> None:
    with unit_of_work(SYSTEM):
        service.fire(clock.id, lock_run(clock.run_id))


def items(clock: SlaClock) -> list[datetime]:
    return list(WorkItem.objects.filter(ref=clock.id, state="ready").values_list("run_at", flat=True))


def answer(run: Run, step: str) -> None:
    complete_user_task(task_id=UserTask.objects.get(run=run, visit=f"{step}#1").id, output={}, actor=SYSTEM)


def test_clocks_start_with_the_run_and_the_step(run: Run) -> None:
    whole, step = SlaClock.objects.filter(run=run).order_by("visit")
    assert (whole.visit, step.visit) == ("", "ask#1")
    assert facts(run) == [("start", 0, "user task: ask")]
    assert whole.next_at == MONDAY + timedelta(hours=5)
    assert whole.due_at == MONDAY + timedelta(days=1, hours=2)
    assert items(whole) == [whole.next_at]
    assert step.due_at == MONDAY + timedelta(hours=2)


def test_the_customers_time_does_not_count_and_nothing_is_lost(run: Run, time: Time) -> None:
    time.at = MONDAY + timedelta(hours=1)
    answer(run, "ask")
    clock = SlaClock.objects.get(run=run, visit="")
    assert (clock.state, clock.due_at, items(clock)) == ("paused", None, [])
    assert SlaClock.objects.get(run=run, visit="ask#1").state == "stopped"
    time.at = MONDAY + timedelta(days=2, hours=2)
    event = {"type": "document.received", "data": {"contract_id": str(run.id)}}
    with unit_of_work(SYSTEM):
        transitions.perform(lock_run(run.id), [ReceiveEvent("sign#1", event)])
    clock.refresh_from_db()
    assert (clock.state, clock.elapsed) == ("running", timedelta(hours=1))
    assert facts(run) == [
        ("start", 0, "user task: ask"),
        ("pause", 1, "wait: sign"),
        ("resume", 1, "user task: check"),
    ]
    time.at = MONDAY + timedelta(days=2, hours=4)
    answer(run, "check")
    clock.refresh_from_db()
    assert (clock.state, clock.elapsed, clock.stopped_at) == ("stopped", timedelta(hours=3), time.at)
    assert facts(run)[-1] == ("stop", 3, "completed")
    assert items(clock) == []
    _agrees_with_the_history(run, time)


def test_warnings_and_the_breach_are_told_once_at_their_moment(run: Run, time: Time) -> None:
    clock = SlaClock.objects.get(run=run, visit="")
    time.at = MONDAY + timedelta(hours=4)
    fire(clock)
    assert [fact[0] for fact in facts(run)] == ["start"], "never early"
    time.at = MONDAY + timedelta(hours=5, seconds=1)
    fire(clock)
    fire(clock)
    time.at = MONDAY + timedelta(days=3)
    fire(clock)
    fire(clock)
    clock.refresh_from_db()
    assert clock.breached_at == MONDAY + timedelta(days=1, hours=2)
    assert (clock.next_at, items(clock)) == (None, [])
    assert [fact[2] for fact in facts(run)][1:] == ["50 %", "80 %", "100 %"]
    told = OutboxMessage.objects.filter(type__startswith="sla.", subject=f"run/{run.id}", data__step="")
    assert sorted((message.type, message.data["percent"]) for message in told) == [
        ("sla.breached", 100),
        ("sla.warned", 50),
        ("sla.warned", 80),
    ]


def test_a_late_worker_loses_no_warning(run: Run, time: Time) -> None:
    time.at = MONDAY + timedelta(days=4)
    cancel_run(run_id=run.id, actor=SYSTEM, reason="too late")
    assert [fact[0] for fact in facts(run)] == ["start", "warn", "warn", "breach", "stop"]
    _agrees_with_the_history(run, time)


def test_a_work_item_fires_the_clock(run: Run, time: Time, drain: Callable[..., int]) -> None:
    time.at = MONDAY + timedelta(hours=5)
    clock = SlaClock.objects.get(run=run, visit="")
    WorkItem.objects.filter(ref=clock.id).update(run_at=datetime(2026, 1, 1, tzinfo=UTC))
    Lane.objects.update(next_due=datetime(2026, 1, 1, tzinfo=UTC))
    drain()
    assert facts(run)[-1] == ("warn", 5, "50 %")
    clock.refresh_from_db()
    assert items(clock) == [clock.next_at]


def test_a_changed_calendar_counts_open_clocks_again(run: Run, time: Time, drain: Callable[..., int]) -> None:
    time.at = MONDAY + timedelta(hours=5)
    fire(SlaClock.objects.get(run=run, visit=""))
    save_calendar(
        key=DEFAULT_KEY,
        name="Business hours",
        zone="UTC",
        hours=[[["09:00", "17:00"]]] * 5 + [[], []],
        holidays=[{"date": "2031-03-03", "name": "Declared late", "yearly": False}],
        actor=SYSTEM,
    )
    time.at = MONDAY + timedelta(hours=6)
    drain(until=1)
    clock = SlaClock.objects.get(run=run, visit="")
    assert facts(run)[-1] == ("recount", 0, "the calendar has changed")
    assert clock.due_at == datetime(2031, 3, 5, 11, 0, tzinfo=UTC)
    assert (clock.warned, items(clock)) == (50, [clock.next_at])
    before = ClockEvent.objects.count()
    with unit_of_work(SYSTEM):
        service.recount_run(lock_run(run.id), "again")
    assert ClockEvent.objects.count() == before, "a recount that changes nothing says nothing"


def test_what_happened_to_a_clock_is_never_changed(run: Run) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        ClockEvent.objects.filter(clock__run=run).update(cause="nicer")


def _agrees_with_the_history(run: Run, time: Time) -> None:
    """The stored facts are those the pure function finds in the history."""
    run = Run.objects.get(pk=run.pk)
    entries = HistoryEntry.objects.filter(run=run).order_by("seq")
    history = [HistoryEvent(entry.kind, entry.visit, entry.at, entry.data) for entry in entries]
    definition = definition_of(run.template_version)
    segments = pure.stretches(definition, history, time.at)
    expected = sla_clock.log(
        definition.slas[""], default_calendar(), segments, ended=run.is_finished, now=time.at
    )
    told = [(f.kind, f.elapsed.total_seconds() / 3600) for f in expected]
    assert [fact[:2] for fact in facts(run)] == told


def test_an_answer_given_twice_moves_a_clock_once(run: Run, time: Time) -> None:
    time.at = MONDAY + timedelta(hours=1)
    answer(run, "ask")
    count = ClockEvent.objects.filter(clock__run=run).count()
    complete_step(run_id=run.id, visit="ask#1", output={}, actor=SYSTEM)
    assert ClockEvent.objects.filter(clock__run=run).count() == count


def publish(source: str) -> int:
    draft = save_draft(source=source, actor=SYSTEM)
    publish_version(template_key="measured", number=draft.number, actor=SYSTEM)
    return draft.number


def moved_to(source: str) -> Move:
    return read_move("measured", {"from": 1, "to": publish(source)})


def told(run: Run, move: Move) -> list[tuple[str, bool]]:
    found = judge_runs([Run.objects.get(pk=run.pk)], move)[run.id]
    return [(one.message, one.past) for one in found.changes if one.code == "sla"]


def test_a_migration_moves_the_target_and_the_way_back_takes_it_back(run: Run, time: Time) -> None:
    longer = SOURCE.replace("{working_hours: 10}", "{working_hours: 20}")
    move = moved_to(longer.replace("sla: {target: PT2H}", "sla: {target: PT4H}"))
    time.at = MONDAY + timedelta(hours=6)
    for clock in SlaClock.objects.filter(run=run):
        fire(clock)
    later = "The service level of the run is now 20 working hours by the calendar “business”, used up {at}."
    assert told(run, move) == [
        (later.format(at="05 Mar 2031, 13:00 UTC"), False),
        ("The service level of 'Ask' is missed at once: it is PT4H, and more is used up.", True),
    ]
    with pytest.raises(Conflict) as refused:
        migrate_run(run_id=run.id, move=move, actor=SYSTEM, reason="more time")
    assert refused.value.code == "times_passed"
    migrate_run(run_id=run.id, move=move, actor=SYSTEM, reason="more time", told=["ask#1/sla"])
    clock = SlaClock.objects.get(run=run, visit="")
    assert facts(run)[-2:] == [
        ("warn", 5, "50 %"),
        ("retarget", 6, "version 2: 20 working hours by the calendar “business”"),
    ]
    assert (clock.target, clock.warned, items(clock)) == (timedelta(hours=20), 0, [clock.next_at])
    assert [fact[0] for fact in facts(run, "ask#1")][-4:] == ["retarget", "warn", "warn", "breach"]
    step = SlaClock.objects.get(run=run, visit="ask#1")
    assert step.breached_at == time.at
    revert_run(run_id=run.id, move=move, actor=SYSTEM, reason="as it was")
    clock.refresh_from_db()
    step.refresh_from_db()
    assert (clock.target, clock.warned, clock.due_at) == (
        timedelta(hours=10),
        50,
        MONDAY + timedelta(days=1, hours=2),
    )
    assert (step.target, step.breached_at) == (timedelta(hours=2), MONDAY + timedelta(hours=2))
    assert [fact[0] for fact in facts(run)] == ["start", "warn", "retarget", "retarget"]
    told_again = OutboxMessage.objects.filter(type="sla.warned", subject=f"run/{run.id}", data__step="")
    assert told_again.count() == 1


def test_a_level_that_goes_and_comes_back_goes_on_where_it_stood(run: Run, time: Time) -> None:
    level = "sla: {target: {working_hours: 10}, calendar: business, pause_while_waiting_on: [customer]}\n"
    move = moved_to(SOURCE.replace(level, ""))
    time.at = MONDAY + timedelta(hours=1)
    assert told(run, move) == [("The run no longer has a service level; its clock stops.", False)]
    migrate_run(run_id=run.id, move=move, actor=SYSTEM, reason="not measured")
    assert facts(run)[-1][0] == "stop"
    time.at = MONDAY + timedelta(hours=3)
    revert_run(run_id=run.id, move=move, actor=SYSTEM, reason="measured all the same")
    clock = SlaClock.objects.get(run=run, visit="")
    assert (clock.state, clock.elapsed, clock.stopped_at) == ("running", timedelta(hours=1), None)
    assert [fact[0] for fact in facts(run)] == ["start", "stop", "retarget", "resume"]
    assert items(clock) == [clock.next_at]


def test_a_clock_goes_on_under_the_new_name_of_its_step(run: Run, time: Time) -> None:
    move = moved_to(SOURCE.replace("id: ask", "id: question"))
    assert told(run, move) == []
    migrate_run(run_id=run.id, move=move, actor=SYSTEM, reason="a better name")
    time.at = MONDAY + timedelta(hours=1, seconds=1)
    clock = SlaClock.objects.get(run=run, visit="ask#1")
    fire(clock)
    assert facts(run, "ask#1")[-1][0] == "warn"
    assert OutboxMessage.objects.get(type="sla.warned", subject=f"run/{run.id}").data["step"] == "question"
    assert [level.step for level in run_clocks(run.id).levels] == ["", "question"]

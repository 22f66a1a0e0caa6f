"""Schedules: each time once, nothing stops silently, a template may declare its own."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid
from apps.dispatch.models import Lane, WorkItem
from apps.ledger.services import unit_of_work
from apps.workflows.models import ExceptionCase, Run, Schedule, ScheduleFire
from apps.workflows.selectors.schedules import next_fires
from apps.workflows.services import publish_version, retire_version, save_draft
from apps.workflows.services.schedules import (
    create_schedule,
    delete_schedule,
    fire_schedule,
    pause_schedule,
    resume_schedule,
    save_schedule,
)
from tenants.types import TenantRef

SYSTEM = Actor.system("test")
SOURCE = """
format: 1
key: {key}
name: Nightly
family: project_initiation
owners: {{business: delivery_manager, technical: template_author, control: auditor}}
classification: {{business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}}
{trigger}
input: {{type: object, required: [what], properties: {{what: {{type: string}}}}}}
steps:
  - {{id: note, kind: set, values: {{what: "= input.what"}}}}
"""


def publish(key: str, trigger: str = "") -> int:
    draft = save_draft(source=SOURCE.format(key=key, trigger=trigger), actor=SYSTEM)
    publish_version(template_key=key, number=draft.number, actor=SYSTEM)
    return draft.number


@pytest.fixture
def schedule(in_alpha: TenantRef) -> Schedule:
    publish("nightly")
    return create_schedule(
        key="nightly-run",
        name="Night",
        template="nightly",
        cron="0 * * * *",
        input={"what": "all"},
        actor=SYSTEM,
    )


def fire(schedule: Schedule, at: datetime) -> list[ScheduleFire]:
    with unit_of_work(SYSTEM):
        return fire_schedule(schedule.id, at)


def first(schedule: Schedule) -> datetime:
    at = Schedule.objects.get(pk=schedule.pk).next_fire_at
    assert at is not None
    return at


def planned(schedule: Schedule) -> list[datetime]:
    return list(WorkItem.objects.filter(ref=schedule.id, state="ready").values_list("run_at", flat=True))


def test_a_time_starts_one_run_however_often_it_is_delivered(schedule: Schedule) -> None:
    at = first(schedule)
    assert planned(schedule) == [at]
    fire(schedule, at)
    fire(schedule, at)
    run = Run.objects.get(template_key="nightly")
    assert (run.status, run.start["input"]) == ("completed", {"what": "all"})
    assert planned(schedule) == [at + timedelta(hours=1)]
    assert [fire.outcome for fire in ScheduleFire.objects.filter(schedule=schedule)] == ["started"]


def test_the_work_item_does_it(schedule: Schedule, drain: Callable[..., int]) -> None:
    drain()
    assert not ScheduleFire.objects.exists(), "never early"
    due_now = first(schedule) - timedelta(hours=1)
    Schedule.objects.filter(pk=schedule.pk).update(next_fire_at=due_now)
    WorkItem.objects.filter(ref=schedule.id).update(run_at=due_now)
    Lane.objects.update(next_due=due_now)
    drain()
    assert ScheduleFire.objects.filter(schedule=schedule, outcome="started").count() == 1


def test_missed_times_are_said(schedule: Schedule) -> None:
    at = first(schedule)
    fire(schedule, at + timedelta(hours=5, minutes=30))
    skipped, started = ScheduleFire.objects.filter(schedule=schedule).order_by("fire_at")
    assert (skipped.outcome, skipped.passed) == ("skipped", 5)
    assert (started.outcome, started.fire_at) == ("started", at + timedelta(hours=5))
    assert Run.objects.filter(template_key="nightly").count() == 1


def test_what_cannot_be_started_is_an_exception_until_it_can(schedule: Schedule) -> None:
    save_schedule(
        key="nightly-run", name="Night", template="nightly", cron="0 * * * *", input={}, actor=SYSTEM
    )
    at = first(schedule)
    fire(schedule, at)
    fire(schedule, at + timedelta(hours=1))
    case = ExceptionCase.objects.get(code="schedule_failed", status="open")
    assert "what" in case.message
    assert ScheduleFire.objects.filter(outcome="failed").count() == 2
    assert planned(schedule) == [at + timedelta(hours=2)], "it goes on"
    save_schedule(
        key="nightly-run",
        name="Night",
        template="nightly",
        cron="0 * * * *",
        input={"what": "x"},
        actor=SYSTEM,
    )
    fire(schedule, first(schedule) + timedelta(hours=2))
    case.refresh_from_db()
    assert case.status == "resolved"


def test_a_pause_has_a_reason_and_lets_times_pass(schedule: Schedule) -> None:
    with pytest.raises(Invalid):
        pause_schedule(key="nightly-run", actor=SYSTEM, reason=" ")
    paused = pause_schedule(key="nightly-run", actor=SYSTEM, reason="audit week")
    assert (paused.pause_reason, planned(schedule), next_fires(paused)) == ("audit week", [], [])
    assert fire(schedule, first_or(schedule)) == []
    resumed = resume_schedule(key="nightly-run", actor=SYSTEM)
    assert planned(schedule) == [resumed.next_fire_at]
    found = next_fires(resumed)
    assert len(found) == 5
    assert found == sorted(found)
    with pytest.raises(Conflict):
        resume_schedule(key="nightly-run", actor=SYSTEM)


def first_or(schedule: Schedule) -> datetime:
    return schedule.next_fire_at or schedule.created_at


def test_a_template_declares_its_schedule(in_alpha: TenantRef, drain: Callable[..., int]) -> None:
    trigger = 'trigger: {schedule: "0 6 * * 1-5", zone: Europe/Berlin, input: {what: "= event.time"}}'
    publish("declared", trigger)
    drain()
    row = Schedule.objects.get(key="declared")
    assert (row.cron, row.zone, row.declared, row.status) == ("0 6 * * 1-5", "Europe/Berlin", True, "active")
    at = first(row)
    fire(row, at)
    assert Run.objects.get(template_key="declared").start["input"] == {"what": at.isoformat()}
    with pytest.raises(Conflict):
        delete_schedule(key="declared", actor=SYSTEM)
    number = publish("declared", trigger.replace("0 6", "0 7"))
    drain()
    row.refresh_from_db()
    assert (row.cron, planned(row)) == ("0 7 * * 1-5", [row.next_fire_at])
    retire_version(template_key="declared", number=number, actor=SYSTEM)
    drain()
    row.refresh_from_db()
    assert (row.status, planned(row)) == ("retired", [])


def test_a_schedule_that_cannot_be_is_refused_with_every_reason(in_alpha: TenantRef) -> None:
    with pytest.raises(Invalid) as refused:
        create_schedule(
            key="bad",
            name="Bad",
            template="none",
            cron="61 * * * *",
            zone="Mars",
            catch_up_limit=0,
            actor=SYSTEM,
        )
    assert [problem.pointer for problem in refused.value.errors] == [
        "/template",
        "/cron",
        "/zone",
        "/catch_up_limit",
    ]

"""What happened to an event is said: started, ended a wait (early or not), too late, or near and why not."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from apps.core.actor import Actor
from apps.core.errors import NotFound
from apps.core.ids import new_id
from apps.ledger.models import OutboxMessage
from apps.ledger.services import emit, unit_of_work
from apps.ledger.types import DomainEvent
from apps.workflows.models import Run, UserTask
from apps.workflows.selectors.event_story import EventStory, event_story
from apps.workflows.services import complete_user_task, publish_version, save_draft, skip_step, start_run
from tenants.types import TenantRef

SYSTEM = Actor.system("test")
WAITING = """
format: 1
key: waiting
name: Waiting
family: project_initiation
owners: {business: delivery_manager, technical: template_author, control: auditor}
classification: {business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}
input: {type: object, required: [id], properties: {id: {type: string}}}
steps:
  - {id: first, kind: user_task, assignee: {role: delivery_manager}}
  - id: paper
    kind: wait
    name: Paper
    event: {type: document.received, match: "event.data.contract_id == input.id && event.data.kind == 'sow'"}
    timeout: {after: P30D}
  - {id: last, kind: user_task, assignee: {role: delivery_manager}}
"""
STARTING = """
format: 1
key: starting
name: Starting
family: project_initiation
owners: {business: delivery_manager, technical: template_author, control: auditor}
classification: {business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}
trigger: {event: document.received, when: "event.data.kind == 'lead'", key: "= event.data.contract_id"}
input: {type: object}
steps:
  - {id: note, kind: set, values: {x: "= 1"}}
"""


@pytest.fixture
def templates(in_alpha: TenantRef) -> None:
    for key, source in (("waiting", WAITING), ("starting", STARTING)):
        draft = save_draft(source=source, actor=SYSTEM)
        publish_version(template_key=key, number=draft.number, actor=SYSTEM)


def send(contract: str, kind: str) -> OutboxMessage:
    with unit_of_work(SYSTEM):
        number = emit(
            DomainEvent("document.received", f"contract/{contract}", {"contract_id": contract, "kind": kind})
        )
    return OutboxMessage.objects.get(pk=number)


def story(event: OutboxMessage) -> EventStory:
    return event_story(event.id)


def waiting(contract: str, *, at_the_wait: bool = True) -> Run:
    run = start_run(template_key="waiting", input={"id": contract}, actor=SYSTEM)
    if at_the_wait:
        go_on(run)
    return run


def go_on(run: Run) -> None:
    task = UserTask.objects.get(run=run, status="open")
    complete_user_task(task_id=task.id, output={}, actor=SYSTEM)


def test_an_event_starts_a_run_and_its_repeat_is_explained(
    templates: None, drain: Callable[..., int]
) -> None:
    first, again = send("C1", "lead"), None
    drain()
    again = send("C1", "lead")
    drain()
    told = story(first)
    assert (told.outcome, [one.run.template_key for one in told.started]) == ("started", ["starting"])
    repeat = story(again)
    assert (repeat.outcome, repeat.started) == ("nothing", [])
    assert "has a run already" in repeat.not_started[0].words
    assert repeat.not_started[0].run == told.started[0].run


def test_an_event_ends_a_wait_and_the_next_one_is_too_late(
    templates: None, drain: Callable[..., int]
) -> None:
    run = waiting("C2")
    drain(until=3)
    event = send("C2", "sow")
    drain()
    ended = story(event)
    assert (ended.outcome, ended.told[0].how, ended.told[0].early) == ("ended_wait", "ended", False)
    assert (ended.told[0].run, ended.told[0].name) == (run, "Paper")
    late = send("C2", "sow")
    drain()
    found = story(late)
    assert found.outcome == "late"
    assert [(one.why, one.run) for one in found.near] == [("ended_before", run)]
    assert "ended by another event" in found.near[0].words
    assert found.not_started[0].words.startswith("Its condition does not hold")


def test_an_early_event_is_kept(templates: None, drain: Callable[..., int]) -> None:
    run = waiting("C3", at_the_wait=False)
    event = send("C3", "sow")
    drain()
    assert story(event).outcome == "nothing"
    OutboxMessage.objects.filter(pk=event.pk).update(time=event.time - timedelta(seconds=1))
    Run.objects.filter(pk=run.pk).update(created_at=event.time - timedelta(minutes=1))
    go_on(run)
    drain(until=3)
    found = story(event)
    assert (found.outcome, found.told[0].how, found.told[0].early) == ("ended_wait", "ended", True)
    assert "came before the run waited" in found.told[0].words


def test_what_was_near_says_what_differs(templates: None, drain: Callable[..., int]) -> None:
    waiting("C4")
    drain(until=3)
    other_contract, other_kind = send("C5", "sow"), send("C4", "annex")
    drain()
    near = story(other_contract).near
    assert [one.why for one in near] == ["other_values"]
    assert "data.contract_id is 'C5', wanted 'C4'" in near[0].words
    assert story(other_kind).outcome == "nothing"
    assert "wanted 'sow'" in story(other_kind).near[0].words


def test_a_wait_skipped_by_a_person_is_said(templates: None, drain: Callable[..., int]) -> None:
    run = waiting("C6")
    drain(until=3)
    skip_step(run_id=run.id, visit="paper#1", actor=SYSTEM, reason="it came by post")
    event = send("C6", "sow")
    drain()
    assert "skipped by a person" in story(event).near[0].words


def test_an_event_not_handled_yet_says_so(templates: None) -> None:
    assert story(send("C7", "sow")).outcome == "waiting"
    with pytest.raises(NotFound):
        event_story(new_id())

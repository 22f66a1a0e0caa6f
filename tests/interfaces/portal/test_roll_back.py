"""The page of a run that is rolled back: on what and on which of its own runs it waits, in the same number of queries."""

import pytest

from apps.ledger.services import unit_of_work
from apps.workflows.engine.commands import CompleteStep, FailStep, SkipStep, StepError
from apps.workflows.models import ExceptionCase, Run, UserTask
from apps.workflows.services import complete_user_task, publish_version, save_draft, start_run
from apps.workflows.services.transition import lock_run, perform
from tests.integration.delivery.contracts import staff
from tests.interfaces.portal.conftest import visitor
from tests.interfaces.portal.test_corrections import SYSTEM

HEAD = """
format: 1
key: {key}
name: {name}
owners: {{business: delivery_manager, technical: template_author, control: auditor}}
classification: {{business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}}
steps:
"""
ASK = "  - {id: ask, kind: user_task, name: Look at it, assignee: {role: delivery_manager}}\n"


@pytest.fixture
def lead(in_alpha):
    return visitor(in_alpha, staff("delivery_manager"))


def publish(key, name, steps):
    draft = save_draft(source=HEAD.format(key=key, name=name) + steps, actor=SYSTEM)
    publish_version(template_key=key, number=draft.number, actor=SYSTEM)


@pytest.fixture
def whole(in_alpha, drain):
    """A run that waits for two of its own: one ended, one open."""
    publish("part", "A part", ASK)
    publish("whole", "The whole", subflow("first") + subflow("second"))
    run = start_run(template_key="whole", input={}, actor=SYSTEM, name="The whole")
    drain()
    end(child(run, "first#1"), drain)
    return run


def subflow(step):
    return f"  - {{id: {step}, kind: subflow, name: The {step} part, template: part}}\n"


def child(run, visit):
    return Run.objects.get(parent_id=run.id, parent_visit=visit)


def end(run, drain):
    complete_user_task(task_id=UserTask.objects.get(run=run).id, output={}, actor=SYSTEM)
    drain()


def roll_back(lead, run):
    sent = lead.post(f"/runs/{run.id}/", {"command": "roll_back", "reason": "Called off"})
    assert sent.status == 303


def test_a_run_that_waits_for_its_own_runs_names_them(whole, lead, drain):
    open_child = child(whole, "second#1")
    here = f"/runs/{whole.id}/"
    assert lead.get(here).has("On the run “The second part”")
    plain = lead.cost(here)
    roll_back(lead, whole)
    page = lead.get(here)
    assert page.has("It is being rolled back", "Finishing", "waits on the run behind “The second part”")
    assert page.has("The first part", "Waits its turn")
    assert f'href="/runs/{open_child.id}/"' in page.html
    assert lead.cost(here) <= plain
    drain(until=60)
    page = lead.get(here)
    assert page.has("It was rolled back after", "The run behind “The first part” is rolled back.")
    theirs = lead.get(f"/runs/{child(whole, 'first#1').id}/")
    assert theirs.has(
        "The run is completed.", "The run that started this one is rolled back, and this one with it."
    )


def test_an_exception_in_it_is_said(whole, lead):
    stuck = child(whole, "second#1")
    Run.objects.filter(pk=stuck.pk).update(open_exceptions=1)
    assert lead.get(f"/runs/{whole.id}/").has("On the run “The second part”, where 1 exception is open")


MAKE = (
    "  - {id: make, kind: action, name: Make it, connection: internal, operation: delivery.start_project,"
    " compensate: {operation: delivery.start_project}}\n"
)


def test_what_may_have_been_done_is_a_question_with_two_answers(in_alpha, lead):
    publish("made", "Made", ASK + MAKE + ASK.replace("id: ask", "id: last"))
    run = start_run(template_key="made", input={}, actor=SYSTEM, name="Made")
    lost = StepError("connection_lost", "The line was cut.", ambiguous=True)
    with unit_of_work(SYSTEM):
        perform(lock_run(run.id), [CompleteStep("ask#1", {}), FailStep("make#1", lost)])
        perform(lock_run(run.id), [SkipStep("make#1", {}, None, "it will do")])
    assert lead.get(f"/runs/{run.id}/").has(
        "Nobody knows whether “Make it” was done; a roll-back asks a person."
    )
    roll_back(lead, run)
    stands = lead.get(f"/runs/{run.id}/")
    assert stands.has("May have been done: needs a person", "Undo it", "Nothing to undo of “Make it”?")
    assert "Edit and retry" not in stands.words
    case = ExceptionCase.objects.get(run=run, status="open")
    page = lead.get(f"/exceptions/{case.id}/")
    assert page.has(
        "Undo it", "Nothing to undo", "Give it and undo", "Nobody knows whether something was done"
    )
    assert "Skip the step" not in page.words
    sent = lead.post(f"/exceptions/{case.id}/", {"command": "skip", "reason": "it is not there"})
    assert sent.status == 303
    run.refresh_from_db()
    assert run.status == "rolled_back"

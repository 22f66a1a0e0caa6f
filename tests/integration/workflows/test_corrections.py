"""What people do to running work by hand, and pauses: each audited with its reason, each replaying to the stored state."""

from typing import Any

import pytest

from apps.accounts.exceptions import ActionForbidden
from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid, NotFound
from apps.core.ids import new_id
from apps.ledger.models import AuditEntry, OutboxMessage
from apps.workflows.choices import PauseScope
from apps.workflows.exceptions import CommandRefused, UnknownRun
from apps.workflows.models import ExceptionCase, HistoryEntry, Pause, Run, StepRun, UserTask
from apps.workflows.selectors.pauses import pauses_of_run
from apps.workflows.services import (
    cancel_run,
    complete_user_task,
    publish_version,
    retry_step,
    save_draft,
    skip_step,
    start_run,
)
from apps.workflows.services.bulk import prepare_bulk, start_bulk
from apps.workflows.services.corrections import answer_wait, jump_to, reassign_step
from apps.workflows.services.pauses import (
    pause_run,
    pause_template,
    pause_tenant,
    resume_run,
    resume_template,
    resume_tenant,
)
from apps.workflows.services.replaying import replay_run
from tenants.types import TenantRef
from tests.integration.delivery.contracts import staff
from tests.integration.workflows.test_bulk import HEAD, SYSTEM, states
from tests.integration.workflows.test_runs import replayed

SOURCE = (
    HEAD
    + """
  - {{id: first, kind: user_task, name: First, assignee: {{role: delivery_manager}},
     form: {{type: object, properties: {{ok: {{type: boolean}}}}}}}}
  - {{id: hold, kind: wait, name: Hold, event: {{type: document.received, match: "true"}},
     timeout: {{after: P30D, then: exception}}}}
  - {{id: known, kind: check, owner: {{role: finance}},
     rules: [{{id: name, expr: "has(input.name)", message: The name is missing.}}]}}
  - {{id: last, kind: user_task, name: Last, assignee: {{role: delivery_manager}}}}
  - {{id: done, kind: end, outcome: completed}}
"""
)


def publish(key: str = "work", source: str = SOURCE) -> str:
    draft = save_draft(source=source.format(key=key), actor=SYSTEM)
    publish_version(template_key=key, number=draft.number, actor=SYSTEM)
    return key


def start(key: str = "work", **input: Any) -> Run:
    return start_run(template_key=key, input=input, actor=SYSTEM, name=f"{key} one")


@pytest.fixture
def manager(in_alpha: TenantRef) -> Actor:
    return staff("delivery_manager")


@pytest.fixture
def run(manager: Actor) -> Run:
    publish()
    return start()


def at(run: Run) -> dict[str, str]:
    """The open visits with their status; and the history replays to the state."""
    found = Run.objects.get(pk=run.pk)
    assert replayed(found) == {**found.state, "start": found.start}
    return dict(StepRun.objects.filter(run=run, ended_at=None).values_list("visit", "status"))


def audited(action: str) -> tuple[str, str]:
    entry = AuditEntry.objects.get(action=action)
    return entry.actor_label, entry.reason


def test_skip_and_answer_and_skip_on(run: Run, manager: Actor) -> None:
    skip_step(run_id=run.id, visit="first#1", actor=manager, reason="done by phone", output={"ok": True})
    assert at(run) == {"hold#1": "open"}
    assert UserTask.objects.get(run=run).status == "cancelled"
    assert audited("run.skip_step") == ("Delivery Manager", "done by phone")
    with pytest.raises(CommandRefused, match="that step has ended meanwhile"):
        skip_step(run_id=run.id, visit="first#1", actor=manager, reason="again")
    answer_wait(run_id=run.id, visit="hold#1", actor=manager, reason="came by post", event={"id": "D-1"})
    assert at(run) == {"known#1": "exception"}
    assert Run.objects.get(pk=run.id).state["outputs"]["hold"]["event"]["data"] == {"id": "D-1"}
    assert audited("run.answer_wait") == ("Delivery Manager", "came by post")
    skip_step(run_id=run.id, visit="known#1", actor=manager, reason="known")
    assert at(run) == {"last#1": "open"}


def test_the_time_waited_for_is_declared_passed(run: Run, manager: Actor) -> None:
    skip_step(run_id=run.id, visit="first#1", actor=manager, reason="x")
    answer_wait(run_id=run.id, visit="hold#1", actor=manager, reason="nobody will come")
    assert at(run) == {"hold#1": "exception"}
    assert ExceptionCase.objects.get(run=run).code == "timed_out"


def test_what_needs_a_reason_or_is_nobodys(run: Run, manager: Actor) -> None:
    for act in (
        lambda: skip_step(run_id=run.id, visit="first#1", actor=manager, reason=" "),
        lambda: answer_wait(run_id=run.id, visit="hold#1", actor=manager, reason=""),
        lambda: jump_to(run_id=run.id, step="first", actor=manager, reason=""),
        lambda: replay_run(run_id=run.id, actor=manager, reason=""),
        lambda: pause_run(run_id=run.id, actor=manager, reason=""),
    ):
        with pytest.raises(Invalid) as caught:
            act()
        assert caught.value.code == "reason_required"
    with pytest.raises(UnknownRun):
        skip_step(run_id=new_id(), visit="first#1", actor=manager, reason="x")
    with pytest.raises(UnknownRun):
        replay_run(run_id=new_id(), actor=manager, reason="x")


def test_reassign_a_task_and_an_exception(run: Run, manager: Actor) -> None:
    other = staff("finance")
    reassign_step(run_id=run.id, visit="first#1", actor=manager, reason="on leave", user=other.id)
    task = UserTask.objects.get(run=run)
    assert (task.assignee_role, task.assignee_user) == ("", other.id)
    complete_user_task(task_id=task.id, output={}, actor=other)
    answer_wait(run_id=run.id, visit="hold#1", actor=manager, reason="x", event={})
    reassign_step(run_id=run.id, visit="known#1", actor=manager, reason="theirs", role="delivery_director")
    assert ExceptionCase.objects.get(run=run).owner_role == "delivery_director"
    at(run)
    for wrong in (
        {},
        {"role": "boss"},
        {"user": "x"},
        {"user": str(new_id())},
        {"role": "finance", "user": "x"},
    ):
        with pytest.raises((Invalid, NotFound)):
            reassign_step(run_id=run.id, visit="known#1", actor=manager, reason="x", **wrong)
    with pytest.raises(CommandRefused, match="that step has ended"):
        reassign_step(run_id=run.id, visit="hold#1", actor=manager, reason="x", role="finance")


def test_go_back_once(run: Run, manager: Actor) -> None:
    skip_step(run_id=run.id, visit="first#1", actor=manager, reason="x")
    jump_to(run_id=run.id, step="first", actor=manager, reason="wrong customer", visits=1)
    assert at(run) == {"first#2": "open"}
    with pytest.raises(Conflict, match="has moved since you looked"):
        jump_to(run_id=run.id, step="first", actor=manager, reason="wrong customer", visits=1)
    with pytest.raises(CommandRefused, match="has not come to that step yet"):
        jump_to(run_id=run.id, step="last", actor=manager, reason="x")


def test_retry_an_open_step_once(run: Run, manager: Actor) -> None:
    retry_step(run_id=run.id, visit="first#1", actor=manager, reason="form changed", epoch=1)
    assert at(run) == {"first#1": "open"}
    assert StepRun.objects.get(run=run, visit="first#1").epoch == 2
    with pytest.raises(CommandRefused, match="tried again meanwhile"):
        retry_step(run_id=run.id, visit="first#1", actor=manager, reason="form changed", epoch=1)
    assert UserTask.objects.filter(run=run, status="open").count() == 1


def test_replay_from_a_step_takes_over_what_was_before(run: Run, manager: Actor) -> None:
    skip_step(run_id=run.id, visit="first#1", actor=manager, reason="x", output={"ok": True})
    cancel_run(run_id=run.id, actor=manager, reason="x")
    made = replay_run(run_id=run.id, actor=manager, reason="again", step="hold", once="form-1")
    assert replay_run(run_id=run.id, actor=manager, reason="again", step="hold", once="form-1").id == made.id
    made = Run.objects.get(pk=made.id)
    assert (made.replay_of_id, made.replay_from) == (run.id, "hold")
    assert at(made) == {"hold#1": "open"}
    assert made.state["outputs"] == {"first": {"ok": True}}
    assert list(Run.objects.get(pk=run.id).replays.values_list("id", flat=True)) == [made.id]
    assert audited("run.replay") == ("Delivery Manager", "again")


def test_replay_on_the_newest_version(run: Run, manager: Actor) -> None:
    publish(source=SOURCE.replace("name: First", "name: Begin here"))
    same = replay_run(run_id=run.id, actor=manager, reason="x")
    newest = replay_run(run_id=run.id, actor=manager, reason="x", newest=True, input={"name": "N"})
    assert StepRun.objects.get(run=same).name == "First"
    assert StepRun.objects.get(run=newest).name == "Begin here"
    assert Run.objects.get(pk=newest.id).start["input"] == {"name": "N"}
    with pytest.raises(CommandRefused, match="no such step"):
        replay_run(run_id=run.id, actor=manager, reason="x", step="nowhere")


def test_pause_and_resume_a_run(run: Run, manager: Actor) -> None:
    pause_run(run_id=run.id, actor=manager, reason="audit")
    with pytest.raises(Conflict, match="paused already"):
        pause_run(run_id=run.id, actor=manager, reason="audit")
    held = Run.objects.get(pk=run.id)
    assert held.paused_by == ["run"]
    assert [(pause.label, pause.reason) for pause in pauses_of_run(held)] == [("work one", "audit")]
    complete_user_task(task_id=UserTask.objects.get(run=run).id, output={}, actor=manager)
    assert at(run) == {}, "the answer is taken, nothing follows"
    resume_run(run_id=run.id, actor=manager)
    assert at(run) == {"hold#1": "open"}
    assert Run.objects.get(pk=run.id).paused_by == []
    with pytest.raises(Conflict, match="not paused"):
        resume_run(run_id=run.id, actor=manager)
    types = OutboxMessage.objects.values_list("type", flat=True)
    assert {"pause.began", "pause.ended"} <= set(types)


def test_a_paused_run_that_is_cancelled_leaves_no_pause(run: Run, manager: Actor) -> None:
    pause_run(run_id=run.id, actor=manager, reason="audit")
    cancel_run(run_id=run.id, actor=manager, reason="x")
    assert Pause.objects.get().end_reason == "The run is over."
    at(run)


def test_a_paused_template_holds_what_runs_and_what_begins(run: Run, manager: Actor, drain: Any) -> None:
    publish("other")
    free = start("other")
    pause_template(template_key="work", actor=manager, reason="wrong price")
    born = start()
    assert Run.objects.get(pk=born.id).paused_by == ["template"]
    assert at(born) == {}
    drain(until=5)
    assert Run.objects.get(pk=run.id).paused_by == ["template"]
    assert Run.objects.get(pk=free.id).paused_by == []
    with pytest.raises(Conflict, match="work is paused already, by Delivery Manager"):
        pause_template(template_key="work", actor=manager, reason="again")
    resume_template(template_key="work", actor=manager, reason="mended")
    drain(until=5)
    assert at(born) == {"first#1": "open"}
    assert Run.objects.filter(paused_by=[]).count() == 3
    facts = HistoryEntry.objects.filter(run=run, kind__in=("run_paused", "run_resumed")).order_by("seq")
    assert [(fact.data["reason"], fact.data["actor"]["label"]) for fact in facts] == [
        ("wrong price", "Delivery Manager"),
        ("mended", "Delivery Manager"),
    ]


def test_a_paused_workspace_and_a_paused_run_in_it(run: Run, in_alpha: TenantRef, drain: Any) -> None:
    director = staff("delivery_director")
    pause_run(run_id=run.id, actor=director, reason="this one")
    pause_tenant(actor=director, reason="incident")
    drain(until=5)
    held = Run.objects.get(pk=run.id)
    assert held.paused_by == ["run", "tenant"]
    assert [pause.scope for pause in pauses_of_run(held)] == ["tenant", "run"]
    resume_run(run_id=run.id, actor=director)
    assert Run.objects.get(pk=run.id).paused_by == ["tenant"]
    resume_tenant(actor=director)
    drain(until=5)
    assert Run.objects.get(pk=run.id).paused_by == []
    at(run)


def test_many_runs_reached_in_portions(manager: Actor, drain: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.workflows.pause_handlers.PORTION", 2)
    publish()
    runs = [start() for _ in range(5)]
    pause_template(template_key="work", actor=manager, reason="x")
    drain(until=5)
    assert Run.objects.filter(paused_by=["template"]).count() == len(runs)


@pytest.mark.parametrize(
    ("command", "parameters", "open_visits"),
    [
        ("skip_step_of_runs", {"step": "first"}, {"hold#1": "open"}),
        ("pause_runs", {}, {"first#1": "open"}),
        ("replay_runs", {"version": "newest"}, {"first#1": "open"}),
        ("jump_runs", {"step": "first"}, {"first#2": "open"}),
    ],
)
def test_in_bulk(
    run: Run, manager: Actor, drain: Any, command: str, parameters: Any, open_visits: dict[str, str]
) -> None:
    operation = prepare_bulk(
        command=command, filter={"template": "work"}, parameters=parameters, actor=manager, reason="all"
    )
    start_bulk(operation_id=operation.id, actor=manager)
    drain()
    assert states(operation) == {"done": 1}
    assert at(run) == open_visits
    assert Run.objects.filter(replay_of=run).count() == (command == "replay_runs")
    assert Pause.objects.filter(scope=PauseScope.RUN).count() == (command == "pause_runs")


def test_reassign_in_bulk(run: Run, manager: Actor, drain: Any) -> None:
    skip_step(run_id=run.id, visit="first#1", actor=manager, reason="x")
    answer_wait(run_id=run.id, visit="hold#1", actor=manager, reason="x", event={})
    with pytest.raises(Invalid):
        prepare_bulk(command="reassign_exceptions", filter={"status": "open"}, actor=manager, reason="x")
    operation = prepare_bulk(
        command="reassign_exceptions",
        filter={"status": "open", "code": "check_failed"},
        parameters={"role": "delivery_director"},
        actor=manager,
        reason="x",
    )
    start_bulk(operation_id=operation.id, actor=manager)
    drain()
    assert ExceptionCase.objects.get(run=run).owner_role == "delivery_director"


APPROVAL = (
    HEAD
    + """
  - {{id: ok, kind: approval, name: Ok, policy: {{stages: [{{name: One, approvers: {{role: finance}}}}]}}}}
  - {{id: done, kind: end, outcome: completed}}
"""
)


def test_an_approval_is_skipped_only_by_who_may_decide_in_its_place(manager: Actor, drain: Any) -> None:
    staff("finance")
    publish("asks", APPROVAL)
    run = start("asks")
    with pytest.raises(ActionForbidden):
        skip_step(run_id=run.id, visit="ok#1", actor=manager, reason="hurry")
    operation = prepare_bulk(
        command="skip_step_of_runs",
        filter={"template": "asks"},
        parameters={"step": "ok"},
        actor=manager,
        reason="hurry",
    )
    start_bulk(operation_id=operation.id, actor=manager)
    drain()
    assert states(operation) == {"refused": 1}
    assert at(run) == {"ok#1": "open"}
    skip_step(run_id=run.id, visit="ok#1", actor=staff("delivery_director"), reason="agreed on the phone")
    assert Run.objects.get(pk=run.id).status == "completed"

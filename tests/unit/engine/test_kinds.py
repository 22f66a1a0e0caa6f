"""What each step kind does by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.workflows.engine.commands import FactsGathered, ReceiveEvent, SkipStep
from apps.workflows.engine.effects import GatherFacts, OpenApproval, SendMessage, StartSubflow
from tests.unit.engine.world import NOW, World

MONEY = {"amount": "60000.00", "currency": "EUR"}


def docs(**more: Any) -> dict[str, Any]:
    return {
        "id": "docs",
        "kind": "check",
        "facts": {"query": "delivery.documents", "input": {"contract": "= input.contract"}},
        "rules": [
            {"id": "sow", "expr": "facts.sow", "message": "Statement of work missing."},
            {
                "id": "po",
                "expr": "facts.po.exists(p, p.valid)",
                "message": "= 'No valid order among ' + string(size(facts.po))",
            },
        ],
        "owner": {"role": "delivery_manager"},
        **more,
    }


GOOD = {"sow": True, "po": [{"valid": True}]}
BAD = {"sow": False, "po": [{"valid": False}]}


def test_check_without_facts_passes_at_once() -> None:
    world = World.of(
        {"id": "c", "kind": "check", "rules": [{"id": "r", "expr": "input.x == 1", "message": "no"}]}
    )
    world.start(x=1)
    assert world.state.outputs["c"] == {
        "passed": True,
        "rules": [{"id": "r", "passed": True, "message": "no"}],
    }


def test_check_gathers_facts_and_explains_every_rule() -> None:
    world = World.of(docs())
    world.start(contract="c-1")
    asked = world.work["docs#1"]
    assert isinstance(asked, GatherFacts)
    assert (asked.query, asked.input) == ("delivery.documents", {"contract": "c-1"})
    world.send(FactsGathered("docs#1", BAD))
    raised = world.exceptions["docs#1"]
    assert raised.code == "check_failed"
    assert raised.message == "Statement of work missing. No valid order among 1"
    assert raised.owner == {"role": "delivery_manager"}
    assert [rule["passed"] for rule in raised.details["rules"]] == [False, False]


def test_retry_of_a_failed_check_gathers_fresh_facts() -> None:
    world = World.of(docs())
    world.start(contract="c-1")
    world.send(FactsGathered("docs#1", BAD))
    world.retry("docs#1")
    assert world.work["docs#1"].epoch == 2
    world.send(FactsGathered("docs#1", GOOD))
    assert world.state.outcome == "completed"


def test_an_event_clears_the_exception_of_a_failed_check() -> None:
    on = {"type": "document.received", "match": "event.data.contract == input.contract"}
    world = World.of(docs(recheck_on=on))
    world.start(contract="c-1")
    world.send(FactsGathered("docs#1", BAD))
    awaited = world.awaiting["docs#1"]
    assert awaited.correlation == {"data.contract": "c-1"}
    other = {"type": "document.received", "data": {"contract": "c-2"}}
    assert world.send(ReceiveEvent("docs#1", other)).refused == "no_match"
    right = {"type": "document.received", "data": {"contract": "c-1"}}
    world.send(ReceiveEvent("docs#1", right))
    world.send(FactsGathered("docs#1", {**GOOD, "po": []}))
    assert world.exceptions["docs#1"].message == "No valid order among 0"
    world.send(ReceiveEvent("docs#1", right))
    world.fail("docs#1", retryable=True)
    assert "docs#1" in world.exceptions
    world.send(ReceiveEvent("docs#1", right))
    world.send(FactsGathered("docs#1", GOOD))
    assert world.state.outcome == "completed"
    assert world.exceptions == {}
    assert world.awaiting == {}


def test_a_failed_check_can_be_skipped_with_a_reason() -> None:
    world = World.of(docs(recheck_on={"type": "document.received"}))
    world.start(contract="c-1")
    world.send(FactsGathered("docs#1", BAD))
    world.send(SkipStep("docs#1", {"waived": True}, {"kind": "user", "label": "Ada"}, "signed on paper"))
    assert world.state.outcome == "completed"
    completed = next(event for event in world.history if event.kind == "step_completed")
    assert completed.data["how"] == "skipped"
    assert completed.data["reason"] == "signed on paper"
    assert completed.data["actor"]["label"] == "Ada"


@pytest.mark.parametrize(("amount", "tier"), [("60000.00", "large"), ("50000.00", "standard")])
def test_decision_first_compares_money(amount: str, tier: str) -> None:
    rules = [
        {"when": "input.amount.value > 50000", "then": {"tier": "large"}},
        {"then": {"tier": "standard"}},
    ]
    world = World.of({"id": "route", "kind": "decision", "hit": "first", "rules": rules})
    world.start(amount={"amount": amount, "currency": "EUR"})
    assert world.state.outputs["route"] == {"tier": tier}


def test_decision_unique_and_collect() -> None:
    rules = [
        {"when": "input.n > 1", "then": {"who": "= 'a' + string(input.n)"}},
        {"when": "input.n > 2", "then": {"who": "b"}},
    ]
    world = World.of({"id": "d", "kind": "decision", "hit": "unique", "rules": rules})
    world.start(n=3)
    assert world.exceptions["d#1"].code == "several_rules_matched"
    world = World.of({"id": "d", "kind": "decision", "hit": "unique", "rules": rules})
    world.start(n=0)
    assert world.exceptions["d#1"].code == "no_rule_matched"
    world = World.of({"id": "d", "kind": "decision", "hit": "collect", "rules": rules})
    world.start(n=3)
    assert world.state.outputs["d"] == {"who": ["a3", "b"]}


def test_approval_shows_what_the_template_says() -> None:
    step = {
        "id": "ok",
        "kind": "approval",
        "policy": {"stages": [{"role": "= input.role"}]},
        "show": {"amount": "= input.amount"},
        "subject": "= input.subject",
        "requested_by": "= run.id",
        "audience": "customer",
    }
    world = World.of(step)
    world.start(role="finance", amount=MONEY, subject="deal/1")
    opened = world.work["ok#1"]
    assert isinstance(opened, OpenApproval)
    assert opened.policy == {"stages": [{"role": "finance"}]}
    assert opened.show == {"amount": MONEY}
    assert (opened.subject, opened.requested_by, opened.audience) == ("deal/1", "run-1", "customer")


@pytest.mark.parametrize(
    ("impact", "decides"), [("low", ("financial",)), ("high", ("financial", "compliance"))]
)
def test_approval_decides_what_it_says_and_compliance_where_its_impact_is_high(
    impact: str, decides: tuple[str, ...]
) -> None:
    step = {"id": "ok", "kind": "approval", "policy": "board", "decides": ["financial", "financial"]}
    world = World.of(step, classification={"compliance_impact": impact})
    world.start()
    assert world.work["ok#1"].decides == decides


def test_an_approval_cannot_decide_what_there_is_no_name_for() -> None:
    step = {"id": "ok", "kind": "approval", "policy": "board", "decides": ["finacial"]}
    with pytest.raises(Exception, match=r"decides\[0\]: 'finacial' is not a kind of decision"):
        World.of(step)


def test_user_task_assignee_may_be_an_expression() -> None:
    world = World.of({"id": "t", "kind": "user_task", "assignee": "= input.who", "prefill": {"a": "= 1 + 1"}})
    world.start(who={"user": "u-1"})
    assert world.work["t#1"].assignee == {"user": "u-1"}
    assert world.work["t#1"].prefill == {"a": 2}


def test_notify_and_subflow_ask_the_shell_and_can_be_edited() -> None:
    world = World.of(
        {"id": "n", "kind": "notify", "message": "welcome", "to": "= input.to", "data": {"x": 1}},
        {"id": "s", "kind": "subflow", "template": "billing", "input": {"x": "= input.to"}},
    )
    world.start(to="a@example.org")
    sent = world.work["n#1"]
    assert isinstance(sent, SendMessage)
    assert (sent.message, sent.to, sent.data) == ("welcome", "a@example.org", {"x": 1})
    world.fail("n#1", "bad_address")
    assert world.exceptions["n#1"].payload == {"to": "a@example.org", "data": {"x": 1}}
    world.retry("n#1", {"to": "b@example.org", "data": {}})
    assert world.work["n#1"].to == "b@example.org"
    world.done("n#1", message_id="m-1")
    started = world.work["s#1"]
    assert isinstance(started, StartSubflow)
    assert (started.template, started.input) == ("billing", {"x": "a@example.org"})
    world.fail("s#1", "cancelled")
    world.retry("s#1", {"x": "other"})
    assert world.work["s#1"].input == {"x": "other"}
    world.done("s#1", total=3)
    assert world.state.outputs["s"] == {"total": 3}


def test_wait_for_an_event() -> None:
    wait = {
        "id": "w",
        "kind": "wait",
        "event": {"type": "milestone.accepted", "match": "event.data.project == vars.p && event.data.n > 1"},
        "timeout": {"after": "P30D", "then": "exception"},
    }
    world = World.of({"id": "v", "kind": "set", "values": {"p": "P-1"}}, wait)
    world.start()
    awaited = world.awaiting["w#1"]
    assert awaited.scope == {"vars": {"p": "P-1"}}
    assert awaited.correlation == {"data.project": "P-1"}
    assert world.timers["w#1/timeout"].at == NOW + timedelta(days=30)
    event = {"type": "milestone.accepted", "data": {"project": "P-1", "n": 1}}
    assert world.send(ReceiveEvent("w#1", event)).refused == "no_match"
    assert world.send(ReceiveEvent("w#1", {"type": "milestone.accepted", "data": None})).refused == "no_match"
    assert (
        world.send(ReceiveEvent("w#1", {"type": "other", "data": {"project": "P-1", "n": 2}})).refused
        == "no_match"
    )
    event["data"] = {"project": "P-1", "n": 2}
    world.send(ReceiveEvent("w#1", event))
    assert world.state.outputs["w"] == {"event": event}
    assert world.timers == {}


@pytest.mark.parametrize(
    "then", ["exception", "continue", [{"id": "x", "kind": "set", "values": {"late": True}}]]
)
def test_wait_that_times_out(then: Any) -> None:
    wait = {"id": "w", "kind": "wait", "event": {"type": "a.b"}, "timeout": {"after": "PT1H", "then": then}}
    world = World.of(wait)
    world.start()
    world.fire("w#1/timeout")
    assert world.awaiting == {}
    if then == "exception":
        assert world.exceptions["w#1"].code == "timed_out"
        world.retry("w#1")
        assert "w#1" in world.awaiting
        world.send(ReceiveEvent("w#1", {"type": "a.b"}))
    else:
        assert world.state.outputs["w"] == {"timed_out": True}
    assert world.state.outcome == "completed"


def test_wait_for_a_time() -> None:
    world = World.of(
        {"id": "a", "kind": "wait", "for": "PT1H"},
        {"id": "b", "kind": "wait", "until": "timestamp(input.at)"},
        {"id": "c", "kind": "wait", "for": "= 'P' + string(input.days) + 'D'"},
        {"id": "d", "kind": "wait", "until": "now + duration('2h')"},
    )
    world.start(at="2026-04-01T00:00:00Z", days=3)
    assert world.timers["a#1/for"].at == NOW + timedelta(hours=1)
    world.fire("a#1/for")
    assert world.timers["b#1/until"].at.isoformat() == "2026-04-01T00:00:00+00:00"
    world.fire("b#1/until")
    assert world.timers["c#1/for"].at == world.now + timedelta(days=3)
    world.fire("c#1/for")
    assert world.timers["d#1/until"].at == world.now + timedelta(hours=2)
    world.fire("d#1/until")
    assert world.state.outcome == "completed"


def test_a_wait_until_nonsense_is_an_exception() -> None:
    world = World.of({"id": "b", "kind": "wait", "until": "input.at"})
    world.start(at="tomorrow")
    assert world.exceptions["b#1"].code == "expression_error"


def test_set_sees_the_values_before_it() -> None:
    first = {"id": "a", "kind": "set", "values": {"x": 1, "y": 1}}
    world = World.of(first, {"id": "b", "kind": "set", "values": {"x": "= vars.y + 1", "y": "= vars.x + 5"}})
    world.start()
    assert world.state.vars == {"x": 2, "y": 6}

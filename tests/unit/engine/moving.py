"""Steps and versions to move runs between, and the moves themselves."""

from __future__ import annotations

from typing import Any

from apps.workflows.engine.commands import Migrate
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.parse import compile_definition
from apps.workflows.engine.plan import Plan, complete
from apps.workflows.engine.trial import verdict
from apps.workflows.engine.verdict import COMPATIBLE, Verdict
from tests.unit.engine.world import World, template

Json = dict[str, Any]


def approval(step: str = "ask", **more: Any) -> Json:
    return {"id": step, "kind": "approval", "policy": "p", **more}


def task(step: str, **more: Any) -> Json:
    return {"id": step, "kind": "user_task", "assignee": {"role": "r"}, **more}


def action(step: str, **more: Any) -> Json:
    return {"id": step, "kind": "action", "connection": "psa", "operation": "do", **more}


def both(*branches: list[Json], step: str = "both", **more: Any) -> Json:
    return {"id": step, "kind": "parallel", "branches": list(branches), **more}


def version(*steps: Json, **top: Any) -> Definition:
    return compile_definition(template(*steps, **top))


def plan_for(world: World, new: Definition, **more: Any) -> Plan:
    steps = complete(world.definition, new, more.pop("steps", {}))
    return Plan(steps, **more)


def judge(world: World, new: Definition, **more: Any) -> Verdict:
    found = verdict(world.definition, new, world.state, plan_for(world, new, **more), world.now)
    sent = world.send(Migrate(new, plan_for(world, new, **more), 1, 2)) if found.kind != COMPATIBLE else None
    assert sent is None or sent.refused == found.kind
    return found


def move(world: World, new: Definition, **more: Any) -> None:
    """Migrate, and go on under the new version."""
    assert judge(world, new, **more).kind == COMPATIBLE
    command = Migrate(
        new, plan_for(world, new, **more), 1, 2, "a better version", {"kind": "user", "label": "Ada"}
    )
    former, world.definition = world.definition, new
    world.former = former
    decision = world.send(command)
    assert not decision.refused


def codes(found: Verdict) -> list[str]:
    return [finding.code for finding in found.findings]


def loop(*steps: Json, step: str = "each", **more: Any) -> Json:
    return {"id": step, "kind": "for_each", "items": "input.list", "steps": list(steps), **more}


def judge_quietly(world: World, new: Definition) -> Verdict:
    return verdict(world.definition, new, world.state, plan_for(world, new), world.now)

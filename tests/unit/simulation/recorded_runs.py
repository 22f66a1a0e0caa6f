"""Runs under a limit, as they were recorded, and what they would be under a draft."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apps.workflows.engine.commands import Start
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.parse import parse_template
from apps.workflows.engine.simulation.comparing import differences, profile
from apps.workflows.engine.simulation.recorded import run_again
from apps.workflows.engine.simulation.records import read_record
from tests.unit.engine.world import World

LIMIT = """
format: 1
key: limits
name: Limits
connections: {psa: {connector: generic-rest}}
steps:
  - {id: approve, kind: approval, policy: p, when: "input.n > LIMIT", on_reject: end}
  - {id: make, kind: action, connection: psa, operation: make}
  - {id: done, kind: end, outcome: completed}
"""


def limited(limit: int) -> Definition:
    parsed = parse_template(LIMIT.replace("LIMIT", str(limit)))
    assert parsed.is_valid
    return parsed.definition


def recorded(definition: Definition, n: int, *, approve: bool = True) -> World:
    world = World(definition)
    world.send(Start({"n": n}, {"id": f"r{n}"}))
    world.now += timedelta(hours=2)
    if "approve#1" in world.work:
        world.done("approve#1", outcome="approved" if approve else "rejected")
    if "make#1" in world.work:
        world.now += timedelta(minutes=5)
        world.done("make#1", id=n)
    return world


def compared(world: World, draft: Definition) -> list[dict[str, Any]]:
    record = read_record(world.history)
    assert record is not None
    return differences(
        profile(world.history), run_again(draft, record), lambda _v: ["finance"], lambda _v: ["director"]
    )


def kinds(world: World, draft: Definition) -> list[str]:
    return [one["kind"] for one in compared(world, draft)]

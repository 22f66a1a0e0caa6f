"""Runs of templates with random answers, in random order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from apps.workflows.engine.commands import (
    Cancel,
    CompleteStep,
    FactsGathered,
    FailStep,
    FireTimer,
    ReceiveEvent,
    RetryStep,
    RollBack,
    SkipStep,
    Start,
    StepError,
)
from apps.workflows.engine.effects import GatherFacts, OpenApproval, PerformAction
from apps.workflows.engine.parse import compile_definition
from tests.unit.engine.world import World


def random_run(draw: Any, template: dict[str, Any]) -> World:
    """A run of the template with random answers, in random order, as far as they lead."""
    world = World(compile_definition(template))
    world.send(Start({"n": draw(st.integers(0, 5))}, {"id": "r"}))
    for _ in range(draw(st.integers(0, 25))):
        if world.state.is_finished:
            break
        world.now += timedelta(seconds=draw(st.sampled_from([0, 0, 1, 3600])))
        _something(draw, world)
    return world


def _something(draw: Any, world: World) -> None:
    deeds = [name for name in ("work", "timers", "awaiting", "exceptions", "late") if getattr(world, name)]
    if not deeds or draw(st.integers(0, 30)) == 0:
        world.send(draw(st.sampled_from([Cancel("enough"), RollBack("enough")])))
        return
    deed = draw(st.sampled_from(deeds))
    visit = draw(st.sampled_from(sorted(getattr(world, deed))))
    if deed == "work":
        _answer(draw, world, visit)
    elif deed == "timers":
        visit = min(world.timers, key=lambda timer: (world.timers[timer].at, timer))
        world.now = max(world.now, world.timers[visit].at)
        world.send(FireTimer(visit))
    elif deed == "awaiting":
        world.send(ReceiveEvent(visit, {"type": "a.b", "data": {"n": draw(st.integers(0, 5))}}))
    elif deed == "late":
        _answer_late(draw, world, world.late[visit])
    elif draw(st.booleans()):
        world.send(RetryStep(visit, None, "again", draw(st.none() | st.just({"n": 9}))))
    else:
        world.send(SkipStep(visit, {"by": "hand"}))


def _answer_late(draw: Any, world: World, asked: PerformAction) -> None:
    given: dict[str, Any] = {"epoch": asked.epoch, "attempt": asked.attempt}
    if draw(st.booleans()):
        world.send(CompleteStep(asked.visit, {"id": draw(st.integers(0, 9))}, **given))
    else:
        error = StepError("boom", "Boom.", draw(st.booleans()), ambiguous=draw(st.booleans()))
        world.send(FailStep(asked.visit, error, **given))


def _answer(draw: Any, world: World, visit: str) -> None:
    asked, good = world.work[visit], draw(st.booleans())
    run_at = getattr(asked, "run_at", None)
    world.now = max(world.now, run_at or world.now)
    if draw(st.integers(0, 4)) == 0:
        error = StepError("boom", "Boom.", draw(st.booleans()), ambiguous=draw(st.booleans()))
        world.send(FailStep(visit, error))
    elif isinstance(asked, GatherFacts):
        world.send(FactsGathered(visit, {"ok": good}))
    elif isinstance(asked, OpenApproval):
        world.send(CompleteStep(visit, {"outcome": "approved" if good else "rejected"}))
    else:
        world.send(CompleteStep(visit, {"id": draw(st.integers(0, 9))}))

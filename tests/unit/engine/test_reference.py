"""The examples of the reference: those of single steps are read and run like the whole ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from apps.workflows.engine.kinds.registry import KINDS
from apps.workflows.engine.lint import check_template
from tests.unit.engine.world import World, template

DOCS = Path(__file__).resolve().parents[3] / "docs"
INPUT = {
    "milestones": [{"name": "Kick-off"}, {"name": "Go-live"}],
    "contract_id": "C-1",
    "amount": {"amount": "70000.00", "currency": "EUR"},
    "contact": "ada@example.com",
}


def examples() -> list[Any]:
    texts = [(DOCS / name).read_text(encoding="utf-8") for name in ("templates.md", "step-kinds.md")]
    blocks = [block for text in texts for block in text.split("```yaml\n")[1:]]
    read = [yaml.safe_load(block.split("```")[0]) for block in blocks]
    steps = [step for data in read if isinstance(data, list) for step in data if "kind" in step]
    rules = [data["on_error"] for data in read if isinstance(data, dict) and "on_error" in data]
    notify = {"id": "told", "kind": "notify", "message": "m", "to": "x"}
    return steps + [{**notify, "on_error": rule} for rule in rules]


@pytest.mark.parametrize("step", examples(), ids=lambda step: str(step["id"]))
def test_an_example_is_valid_and_runs_to_its_end(step: dict[str, Any]) -> None:
    whole = template(step)
    assert [found for found in check_template(whole).problems if found.severity == "error"] == []
    world = World.of(step)
    world.start(**INPUT)
    while not world.state.is_finished:
        if world.work:
            world.done(next(iter(world.work)), id="x-1", tier="large", outcome="approved")
        elif world.awaiting:
            world.tell(next(iter(world.awaiting)), "milestone.accepted", contract_id="C-1")
        else:
            world.fire(next(iter(world.timers)))
    assert world.exceptions == {}
    assert world.state.outcome == ("delivered" if step["kind"] == "end" else "completed")


def test_every_kind_has_its_example() -> None:
    assert {step["kind"] for step in examples()} == set(KINDS)

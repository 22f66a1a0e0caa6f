"""The examples of the reference: those of single steps are read and run like the whole ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from apps.workflows.engine.lint import check_template
from tests.unit.engine.world import World, template

REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "templates.md"
INPUT = {
    "milestones": [{"name": "Kick-off"}, {"name": "Go-live"}],
    "contract_id": "C-1",
    "amount": {"amount": "70000.00", "currency": "EUR"},
    "contact": "ada@example.com",
}


def examples() -> list[Any]:
    blocks = REFERENCE.read_text(encoding="utf-8").split("```yaml\n")[1:]
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
    while world.work:
        world.done(next(iter(world.work)), id="x-1", tier="large", outcome="approved")
    assert world.state.outcome == "completed"


def test_there_are_examples() -> None:
    assert {"milestones", "classify", "told"} <= {step["id"] for step in examples()}

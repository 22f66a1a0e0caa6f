"""What the pure core does by itself, without a database: decisions and test cases a second, in this process."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

from apps.workflows.engine.commands import Command, CompleteStep, Start
from apps.workflows.engine.decide import decide
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.effects import OpenApproval, PerformAction
from apps.workflows.engine.parse import compile_definition, parse_template
from apps.workflows.engine.simulation.running import run_tests
from apps.workflows.engine.state import RunState
from config.local.paths import BASE_DIR

SECONDS = 3.0
CASES = 1_000
_DELIVERED = BASE_DIR / "apps" / "delivery" / "workflow_templates"
_WORK = Path(__file__).parent / "template.yaml"
_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
_START = Start(
    input={"reference": "R-0001", "amount": {"amount": "12500.00", "currency": "EUR"}}, run={"id": "bench"}
)


def core_figures() -> dict[str, float]:
    """Return decisions a second (the measured work, over and over) and seconds for a thousand test cases."""
    return {"core_decisions_per_second": _decisions(), "template_cases_1000_seconds": _cases()}


def _decisions() -> float:
    definition = _definition(_WORK.read_text(encoding="utf-8"))
    decided, began = 0, time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        decided += _run(definition)
    return decided / (time.perf_counter() - began)


def _run(definition: Definition) -> int:
    """Carry one run to its end, its state written and read in between as the shell does; return the decisions taken."""
    pending: list[Command] = [_START]
    stored, decided = "", 0
    while pending:
        state = RunState.from_json(json.loads(stored)) if stored else RunState()
        decision = decide(definition, state, pending.pop(0), _AT)
        decided += 1
        stored = json.dumps(decision.state.to_json())
        for effect in decision.effects:
            if isinstance(effect, OpenApproval):
                pending.append(CompleteStep(effect.visit, {"outcome": "approved"}))
            elif isinstance(effect, PerformAction):
                pending.append(CompleteStep(effect.visit, {"status": "done"}))
    if not decision.state.is_finished:
        raise RuntimeError("the measured work did not come to its end")
    return decided


def _cases() -> float:
    """Run the delivered template's own cases again and again until there are a thousand; read them each time."""
    definitions = {
        found.key: found for found in (_definition(path.read_text(encoding="utf-8")) for path in _templates())
    }
    definition = definitions["contract-to-project"]
    text = (_DELIVERED / "contract-to-project.tests.yaml").read_text(encoding="utf-8")
    done, began = 0, time.perf_counter()
    while done < CASES:
        result = run_tests(text, definition, definitions)
        if not result.passed:
            raise RuntimeError("the delivered template's cases are not green")
        done += len(result.results)
    return (time.perf_counter() - began) * CASES / done


def _templates() -> list[Path]:
    return [path for path in sorted(_DELIVERED.glob("*.yaml")) if not path.name.endswith(".tests.yaml")]


def _definition(text: str) -> Definition:
    return compile_definition(parse_template(text).definition.source)

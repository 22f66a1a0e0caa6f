"""Results of test cases as a page shows them: words, lines, values side by side, and what no case came to."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from apps.core.wording import span_in_words
from apps.portal.diagrams import coverage_diagram
from apps.portal.wording import counted
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.durations import parse_duration
from apps.workflows.engine.simulation.coverage import Coverage

Json = Mapping[str, Any]
SHOWN = 4_000
"""Characters of a value that are shown."""


@dataclass(frozen=True, slots=True)
class ShownDifference:
    """One unmet expectation: what it is, and both values as JSON where that says more."""

    message: str
    line: int
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class ShownCase:
    """One case: green or red, in one sentence."""

    name: str
    line: int
    passed: bool
    sentence: str
    path: str
    differences: Sequence[ShownDifference]


def shown_cases(results: Iterable[Json], definition: Definition) -> list[ShownCase]:
    """The results of cases, as `CaseResult.to_json` tells them, as the page shows them, red ones first."""
    cases = [_case(result, definition) for result in results]
    return sorted(cases, key=lambda case: case.passed)


def verdict(total: int, red: int, *, is_readable: bool) -> str:
    """The title of the page: how the tests stand."""
    if not is_readable:
        return "The tests cannot be read"
    if not total:
        return "No tests yet"
    if red:
        return f"{red} of {counted(total, 'test')} {'is' if red == 1 else 'are'} red"
    return "The test is green" if total == 1 else f"All {total} tests are green"


def untouched(coverage: Coverage, definition: Definition) -> list[str]:
    """What no case came to, in words."""
    steps = [definition.step(step).name for step, count in coverage.steps.items() if not count]
    ways = [
        f"{definition.step(way.step).name}: {way.label}" for way, count in coverage.ways.items() if not count
    ]
    return [*(f"“{name}” is never reached" for name in steps), *ways]


def drawn(coverage: Coverage, definition: Definition) -> SafeString:
    """The diagram with how many cases came to each step."""
    return coverage_diagram(definition, coverage.steps)


def _case(result: Json, definition: Definition) -> ShownCase:
    where = f"ended {result['outcome'].replace('_', ' ')}"
    if result["outcome"] == "running":
        names = [definition.step(step).name for step in result["waiting"] if step in definition.places]
        where = f"stands at {', '.join(f'“{name}”' for name in names)}" if names else "stands still"
    return ShownCase(
        name=result["name"],
        line=result["line"],
        passed=result["passed"],
        sentence=f"{where} after {_span(result['elapsed'])}" if result["began"] else "did not begin",
        path=" → ".join(result["path"]),
        differences=[
            ShownDifference(one["message"], one["line"], _json(one["expected"]), _json(one["got"]))
            for one in result["differences"]
        ],
    )


def _span(elapsed: str) -> str:
    try:
        return span_in_words(parse_duration(elapsed))
    except ValueError:
        return elapsed


def _json(value: Any) -> str:
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False, default=str)[:SHOWN]

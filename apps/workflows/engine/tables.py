"""Decision tables looked at as a whole: values no rule matches, values several match, rules never reached.

Every path the conditions compare is cut into the ranges and values that the conditions can tell apart; each combination
is asked which rules match it. Where a condition cannot be compared, or there are too many combinations, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise, product
from typing import Any

from apps.workflows.engine.terms import Term, Value, terms_of

Json = dict[str, Any]
MAX_COMBINATIONS = 20_000
MAX_TOLD = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a table: `decision_gap`, `decision_overlap` or `unreachable_rule`, and the rule concerned."""

    code: str
    message: str
    rule: int | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """Values of a path that the conditions do not tell apart: a range (bounds None: open) or one value.

    `sample` stands for them; None is a text that no condition names.
    """

    sample: Value | None
    low: Decimal | None = None
    high: Decimal | None = None


def analyse(conditions: Sequence[str | None], hit: str, schema: Json) -> list[Finding]:
    """What is doubtful about a table of these conditions, by its hit policy and the input schema of the template."""
    read = [terms_of(condition) for condition in conditions]
    if any(terms is None for terms in read):
        return []
    rules = [terms for terms in read if terms is not None]
    axes = _axes(rules, schema)
    if axes is None:
        return []
    gaps: list[tuple[Cell, ...]] = []
    first: set[int] = set()
    pairs: dict[tuple[int, int], tuple[Cell, ...]] = {}
    for cells in product(*axes.values()):
        values = dict(zip(axes, (cell.sample for cell in cells), strict=True))
        hits = [index for index, terms in enumerate(rules) if _matches(terms, values)]
        if not hits:
            gaps.append(cells)
        first.update(hits[:1])
        for one, other in pairwise(hits):
            pairs.setdefault((one, other), cells)
    return list(_told(hit, list(axes), rules, gaps, first, pairs))


def _told(
    hit: str,
    paths: list[str],
    rules: list[list[Term]],
    gaps: list[tuple[Cell, ...]],
    first: set[int],
    pairs: dict[tuple[int, int], tuple[Cell, ...]],
) -> Iterator[Finding]:
    if hit != "collect":
        merged = _merged(gaps)
        for cells in merged[:MAX_TOLD]:
            yield Finding("decision_gap", f"{_words(paths, cells)} matches no rule.")
        if len(merged) > MAX_TOLD:
            yield Finding("decision_gap", f"{len(merged) - MAX_TOLD} more combinations match no rule.")
    if hit == "unique":
        for (one, other), cells in pairs.items():
            message = f"Rules {one + 1} and {other + 1} both match {_words(paths, cells)}."
            yield Finding("decision_overlap", message, other)
    if hit == "first":
        for index in sorted(set(range(len(rules))) - first):
            yield Finding(
                "unreachable_rule", f"Rule {index + 1} is never reached: earlier ones match.", index
            )


def _matches(terms: list[Term], values: dict[str, Value | None]) -> bool:
    return all(term.holds(values[term.path]) for term in terms)


def _axes(rules: list[list[Term]], schema: Json) -> dict[str, list[Cell]] | None:
    """The cells of every path; None when a path is compared with values of several kinds, or there are too many."""
    values: dict[str, set[Value]] = {}
    for terms in rules:
        for term in terms:
            values.setdefault(term.path, set()).update(term.values)
    axes: dict[str, list[Cell]] = {}
    combinations = 1
    for path, found in values.items():
        cells = _cells(found, _declared(path, schema))
        combinations *= len(cells)
        if not cells or combinations > MAX_COMBINATIONS:
            return None
        axes[path] = cells
    return axes


def _cells(found: set[Value], declared: Json) -> list[Cell]:
    kinds = {type(value) for value in found}
    if kinds == {bool}:
        return [Cell(True), Cell(False)]
    if kinds == {str}:
        known = declared.get("enum")
        if isinstance(known, list) and all(isinstance(value, str) for value in known):
            return [Cell(value) for value in known]
        return [*(Cell(value) for value in sorted(str(value) for value in found)), Cell(None)]
    if kinds == {Decimal}:
        return _ranges(sorted(value for value in found if isinstance(value, Decimal)), declared)
    return []


def _ranges(points: list[Decimal], declared: Json) -> list[Cell]:
    """Below the first value, each value by itself, between two, above the last; within what the schema allows."""
    low, high = _number(declared.get("minimum")), _number(declared.get("maximum"))
    cells = [Cell(points[0] - 1, None, points[0])]
    for index, point in enumerate(points):
        cells.append(Cell(point, point, point))
        following = points[index + 1] if index + 1 < len(points) else None
        sample = (point + following) / 2 if following is not None else point + 1
        cells.append(Cell(sample, point, following))
    return [cell for cell in cells if _within(cell, low, high)]


def _within(cell: Cell, low: Decimal | None, high: Decimal | None) -> bool:
    is_point = cell.low is not None and cell.low == cell.high
    if low is not None and cell.high is not None and (cell.high < low or (cell.high == low and not is_point)):
        return False
    is_above = high is not None and cell.low is not None
    return not (is_above and (cell.low > high or (cell.low == high and not is_point)))  # type: ignore[operator]


def _declared(path: str, schema: Json) -> Json:
    """What the input schema says about a path that begins with `input`."""
    names = path.split(".")
    if names[0] != "input":
        return {}
    found: Any = schema
    for name in names[1:]:
        properties = found.get("properties") if isinstance(found, dict) else None
        found = properties.get(name) if isinstance(properties, dict) else None
    return found if isinstance(found, dict) else {}


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _merged(found: list[tuple[Cell, ...]]) -> list[tuple[Cell, ...]]:
    """Put neighbouring ranges that differ in one path only together."""
    merged: list[tuple[Cell, ...]] = []
    for cells in found:
        for index, other in enumerate(merged):
            joined = _joined(other, cells)
            if joined is not None:
                merged[index] = joined
                break
        else:
            merged.append(cells)
    return merged if len(merged) == len(found) else _merged(merged)


def _joined(one: tuple[Cell, ...], other: tuple[Cell, ...]) -> tuple[Cell, ...] | None:
    differing = [index for index, cell in enumerate(one) if cell != other[index]]
    if len(differing) != 1:
        return None
    left, right = one[differing[0]], other[differing[0]]
    if left.high is None or left.high != right.low or not isinstance(left.sample, Decimal):
        return None
    sample = left.sample if left.low != left.high else right.sample
    return (*one[: differing[0]], Cell(sample, left.low, right.high), *one[differing[0] + 1 :])


def _words(paths: list[str], cells: tuple[Cell, ...]) -> str:
    told = [
        f"{path.removeprefix('input.')} {_cell_words(cell)}" for path, cell in zip(paths, cells, strict=True)
    ]
    return " and ".join(told) or "Anything"


def _cell_words(cell: Cell) -> str:
    if cell.sample is None:
        return "of another value"
    if isinstance(cell.sample, bool):
        return "true" if cell.sample else "false"
    if isinstance(cell.sample, str):
        return f"'{cell.sample}'"
    if cell.low is not None and cell.low == cell.high:
        return f"{cell.low:f}"
    if cell.low is None:
        return f"below {cell.high:f}" if cell.high is not None else "of any value"
    return f"above {cell.low:f}" if cell.high is None else f"between {cell.low:f} and {cell.high:f}"

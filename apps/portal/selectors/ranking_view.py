"""The ranking of templates, drawn and in lines."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from apps.core.wording import span_in_words
from apps.workflows.engine.ranking import (
    ENOUGH_RUNS,
    Ranked,
    expected_exceptions,
    observed_exceptions,
)

WIDTH, HEIGHT, EDGE = 640, 360, 48


def dots_of(ranked: Sequence[Ranked]) -> list[dict[str, Any]]:
    """Return where each template with enough runs stands in the picture: value to the right, risk upwards."""
    return [
        {
            "x": round(EDGE + one.value / 100 * (WIDTH - 2 * EDGE)),
            "y": round(HEIGHT - EDGE - one.risk / 100 * (HEIGHT - 2 * EDGE)),
            "radius": min(20, 11 + one.measured.runs // 10),
            "number": index,
            "name": one.name,
        }
        for index, one in enumerate(ranked, 1)
        if one.measured.runs >= ENOUGH_RUNS
    ]


def lines_of(ranked: Sequence[Ranked]) -> list[dict[str, Any]]:
    """Return each template with what was measured, in words."""
    return [
        {
            "number": index,
            "key": one.key,
            "name": one.name,
            "runs": one.measured.runs,
            "exceptions": f"{one.measured.exception_rate:.0%}" if one.measured.runs else "—",
            "manual": span_in_words(timedelta(minutes=one.measured.minutes_per_run))
            if one.measured.runs
            else "—",
            "value": round(one.value),
            "risk": round(one.risk),
            "advice": one.advice,
            "surprise": _surprise(one),
        }
        for index, one in enumerate(ranked, 1)
    ]


def _surprise(one: Ranked) -> str:
    said, seen = expected_exceptions(one.classification), observed_exceptions(one.measured)
    if said and seen and said != seen:
        return f"Classified as {said} exception frequency, measured as {seen}."
    return ""

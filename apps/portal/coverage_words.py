"""The gaps of a forecast as pages say them. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

_WORDS = {
    "nobody": ("Nobody", "danger"),
    "too_few": ("Too few", "danger"),
    "ring": ("Ring", "danger"),
    "one_person": ("One person", "warning"),
    "self_approval": ("Own approval", "warning"),
}


def gap_lines(findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return each finding with its word and tone, and whether an absence would have to change."""
    return [_line(finding) for finding in findings]


def _line(finding: Mapping[str, Any]) -> dict[str, Any]:
    word, tone = _WORDS.get(finding["gap"], ("Gap", "warning"))
    to_absences = bool(finding["away"]) or finding["gap"] == "ring"
    return {**finding, "word": word, "tone": tone, "to_absences": to_absences}

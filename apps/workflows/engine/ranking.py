"""Which templates are worth the next effort: what was measured, against what they were classified as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WEIGHT = {"low": 1, "medium": 2, "high": 3}
ENOUGH_RUNS = 5


@dataclass(frozen=True, slots=True)
class Measured:
    """What happened to a template's runs in a window: runs begun, runs with an exception, minutes people held open work."""

    runs: int = 0
    exceptional: int = 0
    manual_minutes: float = 0.0

    @property
    def exception_rate(self) -> float:
        """Share of runs that needed repair, from 0 to 1."""
        return self.exceptional / self.runs if self.runs else 0.0

    @property
    def minutes_per_run(self) -> float:
        """Minutes that work of a run lay with people, on average."""
        return self.manual_minutes / self.runs if self.runs else 0.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """A template with what was measured; ``value`` and ``risk`` run from 0 to 100."""

    key: str
    name: str
    classification: Mapping[str, Any]
    measured: Measured
    value: float
    risk: float

    @property
    def advice(self) -> str:
        """What to do next, in words."""
        if self.measured.runs < ENOUGH_RUNS:
            return "Too few runs to tell."
        if self.value >= 50 and self.risk < 50:
            return "Automate next: much manual work, and little can go wrong."
        if self.value >= 50:
            return "Make it safer first: much to gain, but it fails often or weighs heavily."
        if self.risk >= 50:
            return "Mend its exceptions before anything else."
        return "Leave it as it is."


def rank(
    templates: Mapping[str, tuple[str, Mapping[str, Any]]], measured: Mapping[str, Measured]
) -> list[Ranked]:
    """Return the templates, the most worthwhile first.

    ``templates`` gives name and classification by key. Value is manual time weighed with business criticality, against
    the template with the most; risk is the exception rate, weighed with compliance impact and integration complexity.
    """
    weighed = {
        key: measured.get(key, Measured()).manual_minutes * _weight(classes, "business_criticality")
        for key, (_name, classes) in templates.items()
    }
    most = max(weighed.values(), default=0.0)
    found = [
        Ranked(
            key=key,
            name=name,
            classification=classes,
            measured=measured.get(key, Measured()),
            value=round(100 * weighed[key] / most, 1) if most else 0.0,
            risk=_risk(classes, measured.get(key, Measured())),
        )
        for key, (name, classes) in templates.items()
    ]
    return sorted(found, key=_worth)


def expected_exceptions(classes: Mapping[str, Any]) -> str:
    """Return the class as given: low, medium, high, or empty."""
    level = str(classes.get("exception_frequency", ""))
    return level if level in WEIGHT else ""


def observed_exceptions(measured: Measured) -> str:
    """Return the class that the measured rate stands for: low below 5 %, medium below 20 %, else high."""
    if measured.runs < ENOUGH_RUNS:
        return ""
    rate = measured.exception_rate
    return "low" if rate < 0.05 else "medium" if rate < 0.2 else "high"


def _worth(one: Ranked) -> tuple[bool, float, str]:
    return one.measured.runs < ENOUGH_RUNS, one.risk / 2 - one.value, one.name


def _risk(classes: Mapping[str, Any], measured: Measured) -> float:
    weights = _weight(classes, "compliance_impact") + _weight(classes, "integration_complexity")
    declared = (weights - 2) / 4
    return round(100 * (0.5 * declared + 0.5 * min(measured.exception_rate / 0.3, 1.0)), 1)


def _weight(classes: Mapping[str, Any], name: str) -> int:
    return WEIGHT.get(str(classes.get(name, "")), 1)

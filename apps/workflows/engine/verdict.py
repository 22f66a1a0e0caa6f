"""Words of migration: what stands in the way of a run, and what migrating changes for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

COMPATIBLE = "compatible"
NEEDS_INPUT = "needs_input"
BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing in the way. `weight` is `needs_input` or `blocked`.

    `needs` says what would help: `{"kind": "go_on", "step": old id, "choices": [new ids]}`, `{"kind": "input" | "variable" |
    "output", "name": ...}`; empty where nothing a plan can give helps.
    """

    code: str
    weight: str
    message: str
    remedy: str = ""
    step: str = ""
    needs: Json = field(default_factory=dict)

    def to_json(self) -> Json:
        """The finding for an API answer or a page."""
        return {
            "code": self.code,
            "weight": self.weight,
            "message": self.message,
            "remedy": self.remedy,
            "step": self.step,
            "needs": self.needs,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """One thing people would notice. `step` is an id of the new version, or of the old one where it ends.

    A time that becomes another one names its `timer` and the time `at` (ISO, '' for none); `past` ones take effect at once.
    """

    code: str
    step: str
    message: str
    timer: str = ""
    at: str = ""
    past: bool = False

    def to_json(self) -> Json:
        """The change for an API answer or a page."""
        told = {"code": self.code, "step": self.step, "message": self.message}
        return {**told, "timer": self.timer, "at": self.at, "past": self.past} if self.timer else told


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one run can follow, and what that means for it."""

    kind: str
    findings: Sequence[Finding] = ()
    changes: Sequence[Change] = ()

    @classmethod
    def of(cls, findings: Sequence[Finding], changes: Sequence[Change] = ()) -> Verdict:
        """The verdict the findings lead to."""
        weights = {finding.weight for finding in findings}
        kind = BLOCKED if BLOCKED in weights else NEEDS_INPUT if weights else COMPATIBLE
        return cls(kind, tuple(findings), tuple(changes))

"""What is wrong with a template: code, words, place, remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ERROR = "error"
WARNING = "warning"


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """One problem. `path` is like `steps[3].branches[0][1].policy`; `line` and `column` count from 1, 0 is unknown."""

    code: str
    message: str
    path: str
    line: int = 0
    column: int = 0
    remedy: str = ""
    severity: str = ERROR

    def to_json(self) -> dict[str, Any]:
        """The problem for an API answer or a page."""
        return {
            "code": self.code,
            "message": self.message,
            "path": self.path,
            "line": self.line,
            "column": self.column,
            "remedy": self.remedy,
            "severity": self.severity,
        }


class InvalidTemplate(Exception):
    """A template cannot be compiled; `problems` holds every reason."""

    def __init__(self, problems: list[TemplateProblem]) -> None:
        first = problems[0]
        super().__init__(
            f"{first.path}: {first.message}" + (f" (and {len(problems) - 1} more)" if problems[1:] else "")
        )
        self.problems = problems

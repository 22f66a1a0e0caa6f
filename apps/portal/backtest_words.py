"""What a back-test found, in words. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from apps.core.wording import span_in_words
from apps.portal.wording import capital, counted, label_of, role_words
from apps.workflows.engine.definition import Definition

Json = Mapping[str, Any]
KIND_WORDS = {
    "approval_added": "an approval more",
    "approval_gone": "an approval less",
    "block_added": "a new block",
    "block_gone": "a block less",
    "outcome": "another outcome",
    "outputs": "other results",
    "elapsed": "another duration",
    "path": "other steps",
    "unanswered": "a question nobody answered",
    "unreadable": "could not be compared",
}
"""By kind of difference, in the order of the filter."""
_ASKS = {
    "approval": "a decision",
    "user_task": "a task's answer",
    "action": "a system's answer",
    "query": "facts",
    "subflow": "another workflow's result",
    "event": "an event",
    "assist": "a proposal",
    "compensation": "an undoing",
    "start": "a beginning",
}
_WHY = {
    "new": "nobody was ever asked",
    "no_fit": "the recorded answer does not fit the new form",
    "not_awaited": "the run went on without waiting for the answer",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One finding: a sentence, how many runs, and some of them."""

    text: str
    count: int
    samples: Sequence[str]


@dataclass(frozen=True, slots=True)
class Finding:
    """Findings of one sort under a heading; ``kind`` filters the list of runs."""

    heading: str
    kind: str
    lines: Sequence[Line]


def verdict(status: str, done: int, affected: int) -> str:
    """The answer in one sentence."""
    if status == "waiting":
        return "The back-test waits its turn"
    if status == "running":
        return f"{counted(done, 'run')} looked at so far, {affected} would go another way"
    prefix = "Cancelled: " if status == "cancelled" else ""
    if not affected:
        return capital(f"{prefix}none of {counted(done, 'run')} would have gone another way")
    return f"{prefix}{affected} of {counted(done, 'run')} would have gone another way"


def findings(summary: Json, definition: Definition | None) -> list[Finding]:
    """What was found, sort by sort, the weightiest first."""
    name = _Names(definition)
    groups = (
        ("Questions nobody ever answered", "unanswered", _lines(summary, "unanswered", name.unanswered)),
        ("Approvals more", "approval_added", _lines(summary, "approvals_added", name.approval)),
        ("Approvals less", "approval_gone", _lines(summary, "approvals_gone", name.approval)),
        ("New blocks", "block_added", _lines(summary, "blocks_added", name.block)),
        ("Blocks less", "block_gone", _lines(summary, "blocks_gone", name.block)),
        ("Other outcomes", "outcome", _lines(summary, "outcomes", name.outcome)),
        ("Other results of steps", "outputs", _lines(summary, "outputs", name.output)),
        ("Other durations", "elapsed", _elapsed(summary.get("elapsed") or {})),
    )
    return [Finding(heading, kind, lines) for heading, kind, lines in groups if lines]


def run_words(difference: Json, definition: Definition | None) -> str:
    """One difference of one run, in words."""
    told = _OF_RUN.get(difference["kind"])
    if told is None:
        return f"could not be compared ({difference.get('why', '')})"
    return told(_Names(definition), difference)


class _Names:
    def __init__(self, definition: Definition | None) -> None:
        self.definition = definition

    def step(self, step: str) -> str:
        held = self.definition.places.get(step) if self.definition else None
        return f"“{held.step.name if held else step}”"

    def approval(self, row: Json) -> str:
        return f"{self.step(row['step'])}, asked of {_whom([row['role']])}"

    def block(self, row: Json) -> str:
        how = "rejected" if row["code"] == "rejected" else label_of(row["code"]).lower()
        return f"{self.step(row['step'])} ({how})"

    def outcome(self, row: Json) -> str:
        before, after = (label_of(row[key]).lower() for key in ("before", "after"))
        return f"{after} instead of {before}"

    def output(self, row: Json) -> str:
        return self.step(row["step"]) if row["step"] else "the result of the run"

    def unanswered(self, row: Json) -> str:
        asks = _ASKS.get(row["asks"], label_of(row["asks"]).lower())
        where = f"{self.step(row['step'])} needs {asks}" if row["step"] else f"it needs {asks}"
        return f"{where}; {_WHY.get(row['why'], label_of(row['why']).lower())}"


def _lines(summary: Json, part: str, words: Any) -> list[Line]:
    rows = sorted(summary.get(part) or [], key=lambda row: -row["count"])
    return [Line(words(row), row["count"], row["samples"]) for row in rows]


def _elapsed(held: Json) -> list[Line]:
    found = []
    if held.get("longer"):
        found.append(Line("take longer", held["longer"], []))
    if held.get("shorter"):
        found.append(Line("are quicker", held["shorter"], []))
    return found


def _whom(roles: Sequence[str]) -> str:
    words = [f"the {role_words(role)}" for role in roles if role and role != "nobody named"]
    return " and ".join(words) or "somebody"


def _path(difference: Json, name: _Names) -> str:
    parts = []
    for key, words in (("added", "would also come to"), ("gone", "would not come to")):
        steps = [name.step(step) for step in difference.get(key) or []]
        if steps:
            more = f" and {len(steps) - 4} more" if len(steps) > 4 else ""
            parts.append(f"{words} {', '.join(steps[:4])}{more}")
    return "; ".join(parts)


def _span(seconds: float) -> str:
    return span_in_words(timedelta(seconds=seconds))


def _changed_outputs(name: _Names, row: Json) -> str:
    return "other results: " + ", ".join(name.output({"step": step}) for step in row["steps"])


_OF_RUN: dict[str, Callable[[_Names, Json], str]] = {
    "approval_added": lambda name, row: f"would also ask {_whom(row['roles'])}: {name.step(row['step'])}",
    "approval_gone": lambda name, row: f"would not ask {_whom(row['roles'])}: {name.step(row['step'])}",
    "block_added": lambda name, row: f"would be blocked: {name.block(row)}",
    "block_gone": lambda name, row: f"would not be blocked: {name.block(row)}",
    "outcome": lambda name, row: name.outcome(row),
    "outputs": _changed_outputs,
    "elapsed": lambda _name, row: f"{_span(row['after'])} instead of {_span(row['before'])}",
    "path": lambda name, row: _path(row, name),
    "unanswered": lambda name, row: f"stops: {name.unanswered(row)}",
}

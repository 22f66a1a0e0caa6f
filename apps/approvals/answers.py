"""What somebody answers besides yes or no: conditions, remarks, corrections; checked against what is asked. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.approvals.choices import DecisionOutcome
from apps.core.errors import Invalid, Problem
from apps.core.money import Money

MAX_CONDITIONS = 20
MAX_REMARKS = 50
MAX_TEXT = 1_000
_MONEY = frozenset({"amount", "currency"})


@dataclass(frozen=True, slots=True)
class Condition:
    """What must still be done though it is approved. ``role`` or ``user`` (an id) sees to it, by ``due`` (a day)."""

    text: str
    role: str = ""
    user: str = ""
    due: str = ""

    def to_json(self) -> dict[str, str]:
        """Return the condition without what is not said."""
        said = {"text": self.text, "role": self.role, "user": self.user, "due": self.due}
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True, slots=True)
class Answer:
    """One decision as it is given: ``remarks`` say what to change, ``corrections`` are new values, both by member of
    what was shown."""

    outcome: str
    comment: str = ""
    conditions: Sequence[Condition] = ()
    remarks: Mapping[str, str] = field(default_factory=dict)
    corrections: Mapping[str, Any] = field(default_factory=dict)


def check_answer(answer: Answer, show: Mapping[str, Any], editable: Sequence[str]) -> None:
    """Raise Invalid with every problem: what does not go with the outcome, and what was not shown or may not be edited."""
    problems = [*_wrong_together(answer), *_wrong_remarks(answer, show), *_wrong_texts(answer)]
    for name, value in answer.corrections.items():
        problems += _wrong_correction(name, value, show, editable)
    if problems:
        raise Invalid("invalid_decision", problems[0].message, problems)


def corrections_of(answer: Answer, show: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what really changes, as ``{name: {"before", "after"}}``."""
    return {
        name: {"before": show[name], "after": value}
        for name, value in answer.corrections.items()
        if show[name] != value
    }


def corrected(show: Mapping[str, Any], changes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what is shown once the corrections are made."""
    return {name: changes[name]["after"] if name in changes else value for name, value in show.items()}


def _wrong_together(answer: Answer) -> list[Problem]:
    approves = answer.outcome == DecisionOutcome.APPROVED
    problems = []
    if answer.conditions and not approves:
        message = "Conditions go with an approval only."
        problems.append(Problem("/conditions", message, "not_approved", "Approve, or write a comment."))
    if answer.corrections and not approves:
        message = "Corrections go with an approval only."
        problems.append(Problem("/corrections", message, "not_approved", "Approve, or request the changes."))
    if answer.remarks and answer.outcome != DecisionOutcome.CHANGES:
        message = "Remarks go with a request for changes only."
        problems.append(Problem("/remarks", message, "not_changes", "Request changes, or write a comment."))
    return problems


def _wrong_remarks(answer: Answer, show: Mapping[str, Any]) -> list[Problem]:
    if len(answer.remarks) > MAX_REMARKS:
        return [
            Problem("/remarks", f"At most {MAX_REMARKS} remarks.", "too_many", "Say the rest as a comment.")
        ]
    remedy = f"Use one of: {', '.join(show)}." if show else "Write a comment instead."
    return [
        Problem(f"/remarks/{name}", f"'{name}' is not among what is shown.", "unknown_field", remedy)
        for name in answer.remarks
        if name not in show
    ]


def _wrong_texts(answer: Answer) -> list[Problem]:
    if len(answer.conditions) > MAX_CONDITIONS:
        message = f"At most {MAX_CONDITIONS} conditions."
        return [Problem("/conditions", message, "too_many", "Put several into one.")]
    texts = [(f"/conditions/{at}/text", each.text) for at, each in enumerate(answer.conditions)]
    texts += [(f"/remarks/{name}", text) for name, text in answer.remarks.items()]
    return [
        Problem(pointer, f"Write 1 to {MAX_TEXT} letters.", "required", "Say what has to be done.")
        for pointer, text in texts
        if not 0 < len(text.strip()) <= MAX_TEXT
    ]


def _wrong_correction(
    name: str, value: Any, show: Mapping[str, Any], editable: Sequence[str]
) -> list[Problem]:
    pointer = f"/corrections/{name}"
    if name not in editable or name not in show:
        may = f"These can be corrected: {', '.join(editable)}." if editable else "Request the change instead."
        return [Problem(pointer, f"'{name}' cannot be corrected here.", "not_editable", may)]
    held = show[name]
    if isinstance(held, Mapping) and held.keys() == _MONEY:
        try:
            Money.from_json(value)
        except Invalid:
            remedy = "Write it as {amount: '12500.00', currency: EUR}."
            return [Problem(pointer, "This is not an amount of money.", "not_money", remedy)]
        return []
    if _kind(value) != _kind(held):
        return [
            Problem(pointer, f"A {_kind(held)} is expected here.", "wrong_type", f"Send a {_kind(held)}.")
        ]
    return []


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "yes or no"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str) or value is None:
        return "text"
    return "list" if isinstance(value, list) else "object"

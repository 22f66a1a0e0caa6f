"""What a decision's form sends besides yes or no: conditions, remarks, corrected values. Pure but for the form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from apps.accounts.choices import STAFF_ROLES, Role
from apps.approvals.answers import Condition
from apps.approvals.choices import DecisionOutcome
from apps.approvals.models import ApprovalRequest
from apps.core.data_words import label_of, read_money

MAX_LINE = 1_000


@dataclass(frozen=True, slots=True)
class AnswerField:
    """One member of what is shown: its label, its value as it is typed, what was remarked on it or typed for it."""

    name: str
    label: str
    value: str
    typed: str = ""


def _typed(sent: Mapping[str, Any], name: str, otherwise: str = "") -> str:
    """What stands in a field, as text that can be stored."""
    return str(sent.get(name, otherwise)).replace("\x00", "")


def remark_fields(show: Mapping[str, Any], sent: Mapping[str, Any]) -> list[AnswerField]:
    """Return the members that can be remarked on, with what was typed."""
    return [AnswerField(name, label_of(name), "", _typed(sent, f"remark-{name}")) for name in show]


def correction_fields(
    show: Mapping[str, Any], editable: Sequence[str], sent: Mapping[str, Any]
) -> list[AnswerField]:
    """Return the members that can be corrected on a page (texts, numbers, money), with what was typed."""
    found = []
    for name in editable:
        value = _as_typed(show.get(name))
        if value is not None:
            found.append(AnswerField(name, label_of(name), value, _typed(sent, f"correct-{name}", value)))
    return found


@dataclass(frozen=True, slots=True)
class AnswersView:
    """The form's fields besides the comment, with what was typed into them."""

    conditions: str
    role: str
    roles: Sequence[tuple[str, str]]
    corrections: Sequence[AnswerField]
    remarks: Sequence[AnswerField]

    @property
    def is_corrected(self) -> bool:
        return any(field.typed != field.value for field in self.corrections)

    @property
    def has_remarks(self) -> bool:
        return any(field.typed for field in self.remarks)


def answers_view(
    request: ApprovalRequest, sent: Mapping[str, Any], *, for_customer: bool = False
) -> AnswersView:
    """Return the fields for a request that the reader may decide; customers name no role that sees to conditions."""
    return AnswersView(
        conditions=_typed(sent, "conditions"),
        role=_typed(sent, "condition_role"),
        roles=()
        if for_customer
        else [(value, str(label)) for value, label in Role.choices if value in STAFF_ROLES],
        corrections=correction_fields(request.show, request.editable, sent),
        remarks=remark_fields(request.show, sent),
    )


def read_answer(
    outcome: str,
    show: Mapping[str, Any],
    editable: Sequence[str],
    sent: Mapping[str, Any],
    *,
    for_customer: bool = False,
) -> dict[str, Any]:
    """Return what goes with the outcome, as ``decide_request`` takes it; what does not belong to it is left out."""
    if outcome == DecisionOutcome.CHANGES:
        typed = {name: _typed(sent, f"remark-{name}").strip()[:MAX_LINE] for name in show}
        return {"remarks": {name: text for name, text in typed.items() if text}}
    if outcome != DecisionOutcome.APPROVED:
        return {}
    lines = _typed(sent, "conditions").splitlines()
    role = "" if for_customer else _typed(sent, "condition_role")[:32]
    return {
        "conditions": [Condition(line.strip()[:MAX_LINE], role=role) for line in lines if line.strip()],
        "corrections": {
            field.name: _meant(field.typed, show[field.name])
            for field in correction_fields(show, editable, sent)
            if field.typed != field.value
        },
    }


def _as_typed(value: Any) -> str | None:
    """The value as a field holds it, None if no field can."""
    money = read_money(value)
    if money is not None:
        return f"{money.amount:.2f}"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value)


def _meant(text: str, held: Any) -> Any:
    """What was typed, in the shape of what it replaces; text that does not fit stays text and is refused with a reason."""
    if isinstance(held, str):
        return text.strip()
    number = _number(text)
    if isinstance(held, Mapping):
        return {"amount": f"{number:.2f}" if number is not None else text, "currency": held["currency"]}
    if number is None:
        return text
    return int(number) if number == number.to_integral_value() else float(number)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.replace(",", "").strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None

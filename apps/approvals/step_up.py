"""When a decision needs its maker to show once more who he is, and the words for it. Pure.

``step_up`` of a policy or of a stage is ``always``, ``never``, or an object: ``above`` an amount with its ``currency``,
``for`` kinds of decision, or both (one of them suffices). A stage's own goes before the policy's.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from apps.approvals.approver_reader import DefinitionReader
from apps.core.errors import Invalid
from apps.core.money import Money

ALWAYS, NEVER = "always", "never"
CONTRACTUAL, FINANCIAL, COMPLIANCE = "contractual", "financial", "compliance"
DECISION_KINDS = (CONTRACTUAL, FINANCIAL, COMPLIANCE)
_KEYS = ("above", "currency", "for")
_REMEDY = "Use 'always', 'never', {above: '10000.00', currency: EUR} or {for: [financial]}."


@dataclass(frozen=True, slots=True)
class StepUp:
    """For which requests who decides must prove himself again; nothing said: for none."""

    always: bool = False
    above: Money | None = None
    kinds: tuple[str, ...] = ()

    def because(self, money: Money | None, decides: Collection[str]) -> str:
        """Say why a request with that much at stake, deciding these kinds of matters, needs it; "" if it does not.

        An amount in another currency cannot be compared and counts as above.
        """
        if self.always:
            return "the policy asks for it with every decision"
        if self.above is not None and money is not None:
            if money.currency != self.above.currency:
                return f"amounts in {money.currency} cannot be compared with the policy's limit"
            if money.amount > self.above.amount:
                return f"more than {self.above.amount:,.2f} {self.above.currency} is at stake"
        named = [kind for kind in self.kinds if kind in decides]
        return f"the decision is {' and '.join(named)}" if named else ""


NO_STEP_UP = StepUp()


def read_step_up(reader: DefinitionReader, body: Mapping[str, Any], pointer: str) -> StepUp:
    """Read ``step_up`` of a policy or stage."""
    value, place = body.get("step_up", NEVER), f"{pointer}/step_up"
    if value in (ALWAYS, NEVER):
        return StepUp(always=value == ALWAYS)
    if not isinstance(value, Mapping) or not value.keys() & {"above", "for"}:
        reader.complain(place, "This does not say when to ask again who decides.", "step_up", _REMEDY)
        return NO_STEP_UP
    held = reader.mapping(value, place, _KEYS)
    return StepUp(False, _above(reader, held, place), _kinds(reader, held.get("for", []), f"{place}/for"))


def _above(reader: DefinitionReader, body: Mapping[str, Any], place: str) -> Money | None:
    if "above" not in body:
        if "currency" in body:
            message = "A currency alone is no amount."
            reader.complain(f"{place}/currency", message, "not_money", "Give 'above' as well.")
        return None
    try:
        most = Money.from_json({"amount": body["above"], "currency": body.get("currency")})
    except Invalid:
        most = None
    if most is None or most.amount < 0:
        message = "The amount cannot be read."
        reader.complain(f"{place}/above", message, "not_money", "Write above: '10000.00' and currency: EUR.")
        return None
    return most


def _kinds(reader: DefinitionReader, value: Any, place: str) -> tuple[str, ...]:
    if not isinstance(value, list) or any(kind not in DECISION_KINDS for kind in value):
        remedy = f"Write a list of {', '.join(DECISION_KINDS)}."
        reader.complain(place, "These are not kinds of decision.", "decision_kinds", remedy)
        return ()
    return tuple(dict.fromkeys(str(kind) for kind in value))

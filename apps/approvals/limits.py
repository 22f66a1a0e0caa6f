"""Up to which amount somebody may decide. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.core.money import Money


@dataclass(frozen=True, slots=True)
class Limit:
    """Holders of a role, members of a group or one person (``kind``, ``value``) decide up to ``most``, inclusive."""

    kind: str
    value: str
    most: Money

    def to_json(self) -> dict[str, str]:
        """Return the limit as a policy spells it."""
        return {self.kind: self.value, **self.most.to_json()}


def why_beyond(limits: Sequence[Limit], holds: Collection[tuple[str, str]], money: Money | None) -> str:
    """Say why somebody may not decide about that much; "" if he may.

    ``holds`` are the pairs of kind and value that apply to him. A limit for the person goes before those of his roles
    and groups, of which the highest counts. Nobody named by no limit is limited; who is named, but not in this currency,
    may not decide about it, because amounts in two currencies cannot be compared.
    """
    if money is None:
        return ""
    own = [limit for limit in limits if (limit.kind, limit.value) in holds]
    found = [limit for limit in own if limit.kind == "user"] or own
    if not found:
        return ""
    here = [limit.most.amount for limit in found if limit.most.currency == money.currency]
    if not here:
        return f"may not decide about amounts in {money.currency}"
    highest: Decimal = max(here)
    return "" if money.amount <= highest else f"may decide up to {highest:,.2f} {money.currency}"

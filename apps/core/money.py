"""Money: an amount and its currency, never a float."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from apps.core.errors import Invalid, Problem


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in an ISO 4217 currency, kept to two decimals."""

    amount: Decimal
    currency: str

    @classmethod
    def from_json(cls, value: Any, pointer: str = "/amount") -> "Money":
        """Read ``{"amount": "12500.00", "currency": "EUR"}``; raise Invalid with the pointer when it is not that."""
        try:
            amount = Decimal(str(value["amount"])).quantize(Decimal("0.01"))
            currency = str(value["currency"])
        except (KeyError, TypeError, InvalidOperation) as error:
            raise _not_money(pointer) from error
        if not amount.is_finite() or len(currency) != 3 or not currency.isalpha() or not currency.isupper():
            raise _not_money(pointer)
        return cls(amount=amount, currency=currency)

    def to_json(self) -> dict[str, str]:
        return {"amount": f"{self.amount:.2f}", "currency": self.currency}


def _not_money(pointer: str) -> Invalid:
    problem = Problem(pointer, 'expected {"amount": "12500.00", "currency": "EUR"}', "not_money")
    return Invalid("invalid_money", "An amount of money is not readable.", [problem])

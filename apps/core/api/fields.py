"""Serializer fields of the API's common shapes."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.errors import Invalid
from apps.core.money import Money

_MONEY_SCHEMA = {
    "type": "object",
    "required": ["amount", "currency"],
    "properties": {
        "amount": {"type": "string", "pattern": r"^-?\d{1,15}(\.\d{1,2})?$", "examples": ["12500.00"]},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["EUR"]},
    },
}


@extend_schema_field(_MONEY_SCHEMA)
class MoneyField(serializers.Field):  # type: ignore[type-arg]
    """``{"amount": "12500.00", "currency": "EUR"}`` from and to Money."""

    default_error_messages = {"not_money": 'Send {{"amount": "12500.00", "currency": "EUR"}}.'}

    def to_internal_value(self, data: Any) -> Money:
        if (
            not isinstance(data, Mapping)
            or set(data) != {"amount", "currency"}
            or len(str(data["amount"])) > 19
        ):
            self.fail("not_money")
        try:
            return Money.from_json(data)
        except Invalid:
            self.fail("not_money")

    def to_representation(self, value: Any) -> Any:
        return value.to_json() if isinstance(value, Money) else value


class UtcDateTimeField(serializers.DateTimeField):
    """A time, RFC 3339 in UTC."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)


@extend_schema_field(
    {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$", "examples": ["08:00"]}
)
class ClockTimeField(serializers.TimeField):
    """A time of the day on the clock on the wall, which no time of JSON Schema is: those have an offset."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%H:%M:%S", input_formats=["%H:%M:%S", "%H:%M"], **kwargs)


@extend_schema_field({"type": "object", "additionalProperties": True})
class ObjectField(serializers.DictField):
    """A JSON object of any content."""

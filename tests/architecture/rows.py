"""A row of any model, as small as its constraints allow."""

import itertools
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db import models

from apps.core.clock import now
from apps.core.models import StatusField

_numbers = itertools.count(1)

# What the types of the columns do not tell.
SPECIAL: dict[str, dict[str, Any]] = {
    "partners.Tenant": {},
    "tenants.Tenant": {"region": "EU", "timezone": "UTC", "currency": "EUR"},
    "tenants.Brand": {"primary": "#1f3a5f"},
}


def build(model: type[models.Model], **given: Any) -> Any:
    """Insert a row of the model and, where needed, the rows it refers to; ``given`` columns win."""
    known = SPECIAL.get(model._meta.label, {}) | given
    values = dict(known)
    for field in model._meta.concrete_fields:
        if field.name in known or field.attname in known or _has_value(field):
            continue
        values[field.name] = _value(field)
    row = model(**values)
    row.save(force_insert=True)
    return row


def _has_value(field: "models.Field[Any, Any]") -> bool:
    return (
        field.has_default()
        or bool(getattr(field, "null", False))
        or isinstance(field, models.AutoField)
        or (bool(field.blank) and isinstance(field, models.CharField | models.TextField) and not field.unique)
    )


def _value(field: "models.Field[Any, Any]") -> Any:
    number = next(_numbers)
    if isinstance(field, models.ForeignKey):
        return build(field.related_model)
    if field.choices and not isinstance(field, StatusField):
        return next(iter(field.flatchoices))[0]
    for kind, make in _MAKERS:
        if isinstance(field, kind):
            return make(number, field)
    raise AssertionError(f"rows.py cannot fill {field}")


def _text(number: int, field: Any) -> str:
    return f"x{number}"[: field.max_length or 20]


_MAKERS: tuple[tuple[type[Any], Any], ...] = (
    (models.UUIDField, lambda number, field: uuid4()),
    (models.EmailField, lambda number, field: f"x{number}@rows.example"),
    (models.SlugField, lambda number, field: f"row-{number}"),
    (models.CharField, _text),
    (models.TextField, lambda number, field: f"text {number}"),
    (models.BooleanField, lambda number, field: False),
    (models.IntegerField, lambda number, field: number),
    (models.DecimalField, lambda number, field: Decimal("10.00")),
    (models.FloatField, lambda number, field: 1.0),
    (models.DateTimeField, lambda number, field: now() + timedelta(days=1)),
    (models.DateField, lambda number, field: now().date()),
    (models.BinaryField, lambda number, field: b"x"),
    (models.JSONField, lambda number, field: {}),
)


def some_id() -> UUID:
    return uuid4()

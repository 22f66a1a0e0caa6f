"""Rows read and written on the hot path: SQL put together once for each model, not with every statement.

What the ORM does for a query of one table costs more than the query itself. These do the same for whole rows, which are
read by the fields' own conversions and inserted as JSON. Everything else is the ORM's.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import groupby
from json import dumps, loads
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections, models

M = TypeVar("M", bound=models.Model)


class Rows(Generic[M]):
    """Whole rows of one table, selected by a condition in SQL with the table's own column names.

    ``more`` are further attributes of each row: by name the SQL expression, of type jsonb, that gives its value.
    """

    def __init__(self, model: type[M], **more: str) -> None:
        self.model, self._more = model, more

    def find(self, condition: str, parameters: Sequence[Any]) -> list[M]:
        """Return the rows for which the condition (with what may follow it: ORDER BY, FOR UPDATE) holds."""
        with connection.cursor() as cursor:
            cursor.execute(f"{self._select} WHERE {condition}", parameters)
            found = cursor.fetchall()
        return [self._made(row) for row in found]

    def first(self, condition: str, parameters: Sequence[Any]) -> M | None:
        """Return the first such row, or None."""
        found = self.find(condition, parameters)
        return found[0] if found else None

    def page(self, equal: Mapping[str, Any], *, after: Any, ascending: bool, limit: int) -> list[M]:
        """Return the first rows by id that have these values, by field name; ``after`` an id unless that is None."""
        fields: list[Any] = [self.model._meta.get_field(name) for name in equal]
        conditions = [f"{connection.ops.quote_name(field.column)} = %s" for field in fields]
        if after is not None:
            conditions.append("id > %s" if ascending else "id < %s")
        order = "ASC" if ascending else "DESC"
        parameters = [*equal.values(), *([] if after is None else [after]), limit]
        return self.find(f"{' AND '.join(conditions) or 'TRUE'} ORDER BY id {order} LIMIT %s", parameters)

    def _made(self, row: Sequence[Any]) -> M:
        values = list(row)
        for place, convert in self._conversions:
            values[place] = convert(values[place])
        further = values[len(self._names) :]
        made = self.model.from_db("default", self._names, values[: len(self._names)])
        for name, value in zip(self._more, further, strict=True):
            setattr(made, name, loads(value))
        return made

    @cached_property
    def _fields(self) -> Sequence[Any]:
        return self.model._meta.concrete_fields

    @cached_property
    def _names(self) -> list[str]:
        return [field.attname for field in self._fields]

    @cached_property
    def _select(self) -> str:
        quoted = connection.ops.quote_name
        columns = ", ".join([*(quoted(field.column) for field in self._fields), *self._more.values()])
        return f"SELECT {columns} FROM {quoted(self.model._meta.db_table)}"  # noqa: S608 - names of our own tables

    @cached_property
    def _conversions(self) -> list[tuple[int, Callable[[Any], Any]]]:
        return [
            (place, _conversion(steps))
            for place, field in enumerate(self._fields)
            if (steps := _steps_of(field))
        ]


@dataclass(frozen=True)
class Listing(Generic[M]):
    """The rows that have these values, by field name: what a list shows, page by page (``core.api.paging``)."""

    rows: Rows[M]
    equal: Mapping[str, Any]


def insert_rows(rows: Sequence[models.Model]) -> None:
    """Insert new rows, ids and all, with one statement; what the database would fill in must be there.

    Their columns are of types that JSON has, or UUIDs, moments, decimals and lists of UUIDs.

    Rows of one model stand together. What refers to rows of another model may be inserted along with them.
    """
    if not rows:
        return
    told = [(model, [_told(row) for row in group]) for model, group in groupby(rows, type)]
    with connection.cursor() as cursor:
        cursor.execute(_insert(tuple(model for model, _rows in told)), [dumps(each) for _model, each in told])
    for row in rows:
        row._state.adding, row._state.db = False, "default"


@lru_cache(maxsize=256)
def _insert(kinds: Sequence[type[models.Model]]) -> str:
    quoted, parts = connection.ops.quote_name, []
    for model in kinds:
        columns = ", ".join(quoted(column) for column, _name in _columns(model))
        table = quoted(model._meta.db_table)
        told = f"jsonb_populate_recordset(NULL::{table}, %s::jsonb)"
        parts.append(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {told}")  # noqa: S608 - names of our own
    *before, last = parts
    named = ", ".join(f"inserted{number} AS ({text})" for number, text in enumerate(before))
    return f"WITH {named} {last}" if named else last


@lru_cache(maxsize=256)
def _columns(model: type[models.Model]) -> Sequence[tuple[str, str]]:
    """By column the attribute that holds its value."""
    return [(str(field.column), field.attname) for field in model._meta.concrete_fields]


def _told(row: models.Model) -> dict[str, Any]:
    """The row as JSON: one parameter costs a fraction of what one for each column does."""
    held = row.__dict__
    return {column: _plain(held[name]) for column, name in _columns(type(row))}


def _plain(value: Any) -> Any:
    """A column's value as JSON has it; what is JSON by itself stays, and must be."""
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return [str(each) if isinstance(each, UUID) else each for each in value]
    return value


def update_row(
    row: models.Model, values: Mapping[str, Any], *, held: Mapping[str, Any] | None = None
) -> bool:
    """Write plain values into the row's columns, by field name, if it still has the ``held`` ones; return whether it had.

    The instance is left as it is.
    """
    wanted = {"pk": row.pk, **(held or {})}
    statement, fields = _update(type(row), tuple(values), tuple(wanted))
    parameters = _prepared(zip(fields, [*values.values(), *wanted.values()], strict=True))
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return bool(cursor.rowcount == 1)


@lru_cache(maxsize=256)
def _update(
    model: type[models.Model], changed: Sequence[str], held: Sequence[str]
) -> tuple[str, Sequence[Any]]:
    """The statement, and the fields of its parameters."""
    meta, quoted = model._meta, connection.ops.quote_name
    fields: list[Any] = [meta.pk if name == "pk" else meta.get_field(name) for name in (*changed, *held)]
    terms = [f"{quoted(field.column)} = %s" for field in fields]
    sets, condition = ", ".join(terms[: len(changed)]), " AND ".join(terms[len(changed) :])
    return f"UPDATE {quoted(meta.db_table)} SET {sets} WHERE {condition}", fields  # noqa: S608


def _prepared(values: Iterable[tuple[Any, Any]]) -> list[Any]:
    # The connection itself: through the framework's proxy each field would look it up several times.
    database = connections[DEFAULT_DB_ALIAS]
    return [field.get_db_prep_save(value, database) for field, value in values]


def _steps_of(field: Any) -> list[Callable[[Any, Any, Any], Any]]:
    column = field.get_col(field.model._meta.db_table)
    return [*connection.ops.get_db_converters(column), *field.get_db_converters(connection)]


def _conversion(steps: Sequence[Callable[[Any, Any, Any], Any]]) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, None, connection)
        return value

    return convert

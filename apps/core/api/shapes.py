"""Serializers that are built once a thread and used again: building one copies each of its fields, for every answer.

So ``get_fields`` must not look at the context: the fields stay as the first answer needed them.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import local
from typing import Any

from rest_framework import serializers

Shape = type[serializers.BaseSerializer[Any]]
_OF_ONE_USE = ("initial_data", "_validated_data", "_errors", "_data")


class _Kept(local):
    def __init__(self) -> None:
        self.idle: dict[Shape, list[serializers.BaseSerializer[Any]]] = {}


_kept = _Kept()


@contextmanager
def borrowed(shape: Shape) -> Iterator[Any]:
    """Lend a serializer of the shape, as if just made; nobody else has it, and nothing of its use stays."""
    idle = _kept.idle.setdefault(shape, [])
    lent: Any = idle.pop() if idle else shape()
    try:
        yield lent
    finally:
        for name in _OF_ONE_USE:
            lent.__dict__.pop(name, None)
        lent.partial, lent._context = False, {}  # noqa: SLF001 - what its constructor sets
        idle.append(lent)


def represent(shape: Shape, row: Any, context: Mapping[str, Any] | None = None) -> Any:
    """Return the row as the shape shows it."""
    return represent_all(shape, [row], context)[0]


def represent_all(shape: Shape, rows: Iterable[Any], context: Mapping[str, Any] | None = None) -> list[Any]:
    """Return the rows as the shape shows them."""
    with borrowed(shape) as serializer:
        serializer._context = dict(context or {})  # noqa: SLF001 - what its constructor sets
        return [serializer.to_representation(row) for row in rows]

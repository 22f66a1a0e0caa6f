"""What a schema's configuration says, kept in memory and proven fresh with every activation.

Keys, people's roles, published templates and policies, endpoints: read with every request, changed now and then. Each
schema has a number in the public row ``Configuration``, which database triggers raise in the same transaction as any
change of such tables. The statement that sets the search path reads that number too, so what this process remembers
under it costs no query and cannot be stale when the request (or the work item) begins.

Within a transaction that changes configuration nothing is remembered: the ledger calls ``forget``.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar, cast

from django.db.models import Model

from tenants.db import connection

T = TypeVar("T")

_SCHEMAS_KEPT = 2_000
_ENTRIES_KEPT = 2_000
_NUMBER = 'SELECT number FROM "public".tenants_configuration WHERE schema_name = %s'


@dataclass
class _Memory:
    """What is known of one schema as of one number."""

    number: int
    entries: dict[Hashable, Any] = field(default_factory=dict)


_memories: OrderedDict[str, _Memory] = OrderedDict()
_lock = Lock()
_models: set[type[Model]] = set()


def register_configuration(model: type[Model]) -> None:
    """Declare that changes of the model's rows raise the number; its table has the trigger ``raise_configuration``."""
    _models.add(model)


def list_configuration() -> frozenset[type[Model]]:
    return frozenset(_models)


def is_configuration(model: type[Model]) -> bool:
    return model in _models


def remembered(key: Hashable, load: Callable[[], T]) -> T:
    """Return what ``load`` gives, remembered until the schema's configuration changes.

    ``load`` must read registered models only, and callers must not change what they get. ``key`` names the question
    with all its parameters, such as ``("published_policy", key)``. None is not remembered: anybody may ask for what
    does not exist.
    """
    number = connection.configuration_number()
    if number is None:
        return load()
    schema = connection.schema_name
    memory = _memory(schema, number)
    if key in memory.entries:
        return cast(T, memory.entries[key])
    value = load()
    # What was read may be newer than the number, or this transaction's own: then it is not what the number stands for.
    if value is not None and _current_number(schema) == number and len(memory.entries) < _ENTRIES_KEPT:
        memory.entries[key] = value
    return value


def forget() -> None:
    """Trust nothing remembered until the schema is activated again: this transaction has changed configuration."""
    connection.note_configuration(None)


def forget_all() -> None:
    """Drop all that this process knows; for tests."""
    with _lock:
        _memories.clear()
    forget()


def _memory(schema: str, number: int) -> _Memory:
    with _lock:
        memory = _memories.get(schema)
        if memory is None or memory.number != number:
            memory = _memories[schema] = _Memory(number)
        _memories.move_to_end(schema)
        if len(_memories) > _SCHEMAS_KEPT:
            _memories.popitem(last=False)
        return memory


def _current_number(schema: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_NUMBER, [schema])
        row = cursor.fetchone()
    return int(row[0]) if row else 0

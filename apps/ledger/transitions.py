"""The transition tables of all apps, by model; each app registers its ``states.py``."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Model

from apps.ledger.events import EventType, get_event_type, register_event_type
from apps.ledger.exceptions import IllegalTransition

Table = Mapping[tuple[str, str], str]
"""``(status, command) -> next status``."""

_CHANGED = {
    "type": "object",
    "required": ["status", "was"],
    "properties": {"status": {"type": "string"}, "was": {"type": "string"}},
}
_tables: dict[type[Model], Table] = {}


def register_table(model: type[Model], table: Mapping[tuple[Any, str], str]) -> None:
    """Register the model's table of moves; a second registration is a defect and raises.

    ``<noun>.changed``, which tells of every move that no particular event tells of, is added to the catalogue.
    """
    if model in _tables:
        raise ValueError(f"{model.__name__} has a transition table already")
    _tables[model] = table
    changed = f"{noun_of(model)}.changed"
    if get_event_type(changed) is None:
        words = noun_of(model).replace("_", " ")
        register_event_type(EventType(changed, f"The status of the {words} changed.", _CHANGED))


def next_status(model: type[Model], status: str, command: str) -> str:
    """Return where ``command`` leads from ``status``; raise IllegalTransition if nowhere."""
    target = _tables[model].get((status, command))
    if target is None:
        raise IllegalTransition(noun_of(model).replace("_", " "), status, command)
    return target


def all_moves() -> Iterator[tuple[type[Model], str, str, str]]:
    """Yield every registered move: model, status, command, next status."""
    for model, table in _tables.items():
        for (status, command), target in table.items():
            yield model, status, command, target


def noun_of(model: type[Model]) -> str:
    """Return the model's noun as audit entries and event subjects spell it: ``approval_request``."""
    return str(model._meta.verbose_name).replace(" ", "_")

"""What an author may choose from in this tenant, with the words that explain it."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from apps.accounts.choices import STAFF_ROLES, Role
from apps.core.expressions import FUNCTIONS
from apps.ledger.events import list_event_types
from apps.workflows import steps
from apps.workflows.catalogue import InstalledCatalogue
from apps.workflows.engine.kinds.registry import KINDS
from apps.workflows.models import WorkflowTemplate

Json = dict[str, Any]


def authoring_catalogue() -> Json:
    """Return the names templates may use, by part: lists of ``{name, label, description, schema}``.

    ``operations`` holds such a list for every bound slot. ``schema`` is the JSON Schema of what the named thing takes
    (of an event type: of its data), null where it is not known. Parts that cannot be known are null.
    """
    names = InstalledCatalogue()
    slots = names.slots()
    return {
        "kinds": sorted(KINDS),
        "policies": _plain(names.policies()),
        "messages": _plain(names.messages()),
        "connectors": _plain(names.connectors()),
        "slots": _plain(slots),
        "operations": {slot: _plain(names.operations(slot, "")) for slot in sorted(slots or ())},
        "internal_operations": [_described(found) for found in steps.list_operations()],
        "queries": [_described(found) for found in steps.list_facts()],
        "event_types": [_item(one.name, "", one.description, one.schema) for one in list_event_types()],
        "templates": [
            _item(key, name)
            for key, name in WorkflowTemplate.objects.order_by("name").values_list("key", "name")
        ],
        "roles": [_item(role.value, str(role.label)) for role in Role if role.value in STAFF_ROLES],
        "functions": sorted(FUNCTIONS),
    }


def _described(found: steps.Named) -> Json:
    return _item(found.name, "", found.description, found.input_schema)


def _plain(names: Collection[str] | None) -> list[Json] | None:
    return None if names is None else _items(names)


def _items(names: Iterable[str]) -> list[Json]:
    return [_item(name) for name in sorted(names)]


def _item(name: str, label: str = "", description: str = "", schema: Mapping[str, Any] | None = None) -> Json:
    return {
        "name": name,
        "label": label,
        "description": description,
        "schema": None if schema is None else dict(schema),
    }

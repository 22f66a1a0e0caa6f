"""Compiled definitions and held parts, kept in the process: a published version never changes."""

from collections import OrderedDict
from threading import Lock
from typing import Any
from uuid import UUID

from apps.workflows.engine.definition import Definition
from apps.workflows.engine.parse import compile_definition
from apps.workflows.models import TemplateVersion

HEAVY = (
    "source",
    "definition",
    "tests",
    "parts",
    "imported",
    "authors",
    "accepted_warnings",
)
"""Columns of a version that are needed only until it has been compiled; queries on the hot path defer them."""

_KEPT = 512
_compiled: OrderedDict[tuple[UUID, str], tuple[Definition, dict[str, Any]]] = OrderedDict()
_lock = Lock()


def definition_of(version: TemplateVersion) -> Definition:
    """Return the compiled form of a published version; compiled once for each version and digest in a process."""
    return _kept(version)[0]


def parts_of(version: TemplateVersion) -> dict[str, Any]:
    """Return the parts that a published version holds, ``{part: {key: copy}}``; nobody may change what is returned."""
    return _kept(version)[1]


def _kept(version: TemplateVersion) -> tuple[Definition, dict[str, Any]]:
    key = (version.id, version.digest)
    with _lock:
        found = _compiled.get(key)
        if found is not None:
            _compiled.move_to_end(key)
            return found
    if missing := version.get_deferred_fields() & {"definition", "parts"}:
        version.refresh_from_db(fields=sorted(missing))
    made = compile_definition(version.definition), version.parts
    with _lock:
        _compiled[key] = made
        if len(_compiled) > _KEPT:
            _compiled.popitem(last=False)
    return made

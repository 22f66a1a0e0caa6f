"""Compiled definitions, kept in the process: a published version never changes."""

from collections import OrderedDict
from threading import Lock
from uuid import UUID

from apps.workflows.engine.definition import Definition
from apps.workflows.engine.parse import compile_definition
from apps.workflows.models import TemplateVersion

HEAVY = ("source", "definition", "tests")
"""Columns of a version that are needed only until it has been compiled; queries on the hot path defer them."""

_KEPT = 512
_compiled: OrderedDict[tuple[UUID, str], Definition] = OrderedDict()
_lock = Lock()


def definition_of(version: TemplateVersion) -> Definition:
    """Return the compiled form of a published version; compiled once for each version and digest in a process."""
    key = (version.id, version.digest)
    with _lock:
        found = _compiled.get(key)
        if found is not None:
            _compiled.move_to_end(key)
            return found
    made = compile_definition(version.definition)
    with _lock:
        _compiled[key] = made
        if len(_compiled) > _KEPT:
            _compiled.popitem(last=False)
    return made

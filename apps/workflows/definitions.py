"""Compiled definitions, kept in the process: a published version never changes."""

from apps.workflows.engine.definition import Definition
from apps.workflows.engine.parse import compile_definition
from apps.workflows.models import TemplateVersion


def definition_of(version: TemplateVersion) -> Definition:
    """Return the compiled form of a published version; compiled once for each version and digest in a process."""
    return compile_definition(version.definition, cache_key=(version.id, version.digest))

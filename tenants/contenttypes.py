"""Content types cached per schema: ids may differ between schemas, and threads serve different tenants at once."""

from typing import Any

from django.contrib.contenttypes.models import ContentTypeManager

from tenants.db import connection

_caches: dict[str, dict[Any, Any]] = {}


def _cache_of_schema(_manager: ContentTypeManager) -> dict[Any, Any]:
    return _caches.setdefault(connection.schema_name, {})


def _ignore(_manager: ContentTypeManager, _value: dict[Any, Any]) -> None:
    """Django assigns an empty cache in ``__init__``; ours needs no assignment."""


def keep_content_types_per_schema() -> None:
    """Replace the manager's process-wide cache by one for each schema.

    django-tenants clears the shared cache at every switch instead, which costs queries and still lets two threads
    of different tenants read each other's ids.
    """
    ContentTypeManager._cache = property(_cache_of_schema, _ignore)  # type: ignore[attr-defined]  # noqa: SLF001

"""What a message says in this tenant."""

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from apps.messaging.builtin import BUILTIN
from apps.messaging.choices import TemplateStatus
from apps.messaging.models import MessageTemplate
from apps.messaging.types import Wording

Json = dict[str, Any]
PART = "messages"
"""The name under which versions of workflow templates hold copies of wordings."""


def find_wording(key: str) -> Wording | None:
    """Return the tenant's published wording, else the built-in one, else None."""
    row = MessageTemplate.objects.filter(key=key, status=TemplateStatus.PUBLISHED).first()
    return _of_row(row) if row else BUILTIN.get(key)


def wording_keys() -> list[str]:
    """Return the keys of messages that templates may name."""
    own = MessageTemplate.objects.filter(status=TemplateStatus.PUBLISHED).values_list("key", flat=True)
    return sorted({*BUILTIN, *own})


def wording_copies(keys: Collection[str]) -> dict[str, Json]:
    """Return the wordings in use by key, as versions of workflow templates hold them."""
    return {
        wording.key: {name: value for name, value in asdict(wording).items() if name != "key"}
        for wording in list_wordings()
        if wording.key in keys
    }


def wording_of_copy(key: str, copy: Json) -> Wording:
    """Return the wording that a version of a workflow template holds."""
    return Wording(key=key, **copy)


def list_wordings() -> list[Wording]:
    """Return every message's wording as it holds in this tenant, by key."""
    own = {row.key: _of_row(row) for row in MessageTemplate.objects.filter(status=TemplateStatus.PUBLISHED)}
    return [wording for _key, wording in sorted((dict(BUILTIN) | own).items())]


def _of_row(row: MessageTemplate) -> Wording:
    builtin = BUILTIN.get(row.key)
    return Wording(
        key=row.key,
        subject=row.subject,
        body=row.body,
        action_label=row.action_label,
        action_path=row.action_path,
        why=builtin.why if builtin else "",
        version=row.number,
    )

"""The documents of a deal as evidence of what was decided in its run."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.approvals.documents import ShownDocument
from apps.core.actor import Actor
from apps.delivery.models import DocumentContent
from apps.delivery.policies import is_customer
from apps.delivery.selectors.deals import list_documents

_OWN = ("name", "content_type", "size", "sha256", "reference", "created_at")
_OF_RUNS = """
SELECT deal.run_id, d.id, r.title, d.name, d.content_type, d.size, d.sha256, d.reference, d.created_at
  FROM delivery_deal deal
  JOIN delivery_documentrequirement r ON r.deal_id = deal.id
  JOIN delivery_document d ON d.requirement_id = r.id
 WHERE deal.run_id = ANY(%s::uuid[]) ORDER BY d.id
"""


def shown_documents(run_ids: Collection[UUID], actor: Actor) -> Mapping[UUID, Sequence[ShownDocument]]:
    """Return by run the documents of its deal that the actor may see, the oldest first; one query."""
    found: dict[UUID, list[ShownDocument]] = {}
    for run_id, *document in _for_customer(run_ids, actor) if is_customer(actor) else _all(run_ids):
        found.setdefault(run_id, []).append(_shown(*document))
    return found


def _all(run_ids: Collection[UUID]) -> list[Sequence[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_OF_RUNS, [list(run_ids)])
        return list(cursor.fetchall())


def _for_customer(run_ids: Collection[UUID], actor: Actor) -> Iterable[Sequence[Any]]:
    rows = list_documents(actor).filter(requirement__deal__run_id__in=run_ids).order_by("id")
    return rows.values_list("requirement__deal__run_id", "id", "requirement__title", *_OWN)


def document_contents(ids: Sequence[UUID], actor: Actor) -> Mapping[UUID, bytes]:
    """Return the bytes of those documents that the actor may see and that are kept here."""
    visible = list_documents(actor).filter(pk__in=ids).values("pk")
    rows = DocumentContent.objects.filter(document__in=visible)
    return {row.document_id: bytes(row.data) for row in rows}


def _shown(
    document_id: UUID,
    title: str,
    name: str,
    content_type: str,
    size: int,
    sha256: str,
    reference: str,
    received_at: datetime,
) -> ShownDocument:
    return ShownDocument(
        id=str(document_id),
        title=title,
        name=name,
        content_type=content_type,
        size=size,
        sha256=sha256,
        reference=reference,
        received_at=received_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    )

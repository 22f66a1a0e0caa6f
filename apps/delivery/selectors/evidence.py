"""The documents of a deal as evidence of what was decided in its run."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC
from uuid import UUID

from apps.approvals.documents import ShownDocument
from apps.core.actor import Actor
from apps.delivery.models import Document, DocumentContent
from apps.delivery.selectors.deals import list_documents


def shown_documents(run_ids: Collection[UUID], actor: Actor) -> Mapping[UUID, Sequence[ShownDocument]]:
    """Return by run the documents of its deal that the actor may see, the oldest first; one query."""
    rows = list_documents(actor).filter(requirement__deal__run_id__in=run_ids)
    found: dict[UUID, list[ShownDocument]] = {}
    for row in rows.order_by("id"):
        run_id = row.requirement.deal.run_id
        if run_id is not None:
            found.setdefault(run_id, []).append(_shown(row))
    return found


def document_contents(ids: Sequence[UUID], actor: Actor) -> Mapping[UUID, bytes]:
    """Return the bytes of those documents that the actor may see and that are kept here."""
    visible = list_documents(actor).filter(pk__in=ids).values("pk")
    rows = DocumentContent.objects.filter(document__in=visible)
    return {row.document_id: bytes(row.data) for row in rows}


def _shown(row: Document) -> ShownDocument:
    return ShownDocument(
        id=str(row.id),
        title=row.requirement.title,
        name=row.name,
        content_type=row.content_type,
        size=row.size,
        sha256=row.sha256,
        reference=row.reference,
        received_at=row.created_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    )

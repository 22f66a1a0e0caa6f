"""Documents beside an approval: whoever keeps documents of runs registers here, because approvals know none."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.core.actor import Actor


@dataclass(frozen=True, slots=True)
class ShownDocument:
    """A document as it lay beside what was decided. ``sha256`` is "" where the content is kept elsewhere (``reference``)."""

    id: str
    title: str
    name: str
    content_type: str = ""
    size: int = 0
    sha256: str = ""
    reference: str = ""
    received_at: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": self.title,
            "name": self.name,
            "content_type": self.content_type,
            "size": self.size,
            "sha256": self.sha256,
            "reference": self.reference,
            "received_at": self.received_at,
        }


ListDocuments = Callable[[Collection[UUID], Actor], Mapping[UUID, Sequence[ShownDocument]]]
"""``(run ids, actor)``: by run, its documents that the actor may see, the oldest first; runs without any may be left out."""
ReadDocuments = Callable[[Sequence[UUID], Actor], Mapping[UUID, bytes]]
"""``(document ids, actor)``: the contents of those that are kept here and that the actor may see."""

_sources: list[tuple[ListDocuments, ReadDocuments]] = []


def register_documents(listing: ListDocuments, reading: ReadDocuments) -> None:
    """Have a keeper's documents shown beside approvals and put into their evidence."""
    _sources.append((listing, reading))


def documents_of_run(run_id: UUID, actor: Actor) -> list[ShownDocument]:
    """Return the documents of the run that the actor may see."""
    return documents_of_runs([run_id], actor)[run_id]


def documents_of_runs(run_ids: Collection[UUID], actor: Actor) -> dict[UUID, list[ShownDocument]]:
    """Return the documents of each run that the actor may see; as many queries as for one run."""
    found: dict[UUID, list[ShownDocument]] = {run_id: [] for run_id in run_ids}
    for listing, _reading in _sources if run_ids else ():
        for run_id, documents in listing(run_ids, actor).items():
            found[run_id] += documents
    return found


def contents_of(ids: Sequence[UUID], actor: Actor) -> dict[UUID, bytes]:
    """Return the contents of the documents, by id; those that are not here or not for the actor are left out."""
    found: dict[UUID, bytes] = {}
    for _listing, reading in _sources if ids else ():
        found |= reading(ids, actor)
    return found

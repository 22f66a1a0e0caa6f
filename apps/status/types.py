"""What the status pages show, in words ready to print."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils.safestring import SafeString

from apps.delivery.models import Deal, Document, DocumentRequirement, Milestone, Project


@dataclass(frozen=True, slots=True)
class MilestoneLine:
    """One milestone as it is drawn: ``state`` is done, now, next or late; ``text`` says what was promised or done."""

    name: str
    state: str
    word: str
    text: SafeString


@dataclass(frozen=True, slots=True)
class Need:
    """One thing the customer is asked for: a document (``requirement``) or an acceptance (``milestone``)."""

    title: str
    text: str
    requirement: DocumentRequirement | None = None
    milestone: Milestone | None = None


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A document that is needed, what came in for it last, and whether that still holds."""

    requirement: DocumentRequirement
    word: str
    tone: str
    newest: Document | None
    is_kept_here: bool
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One fact of the history that customers may know."""

    text: str
    at: datetime
    icon: str = "check"
    tone: str = "neutral"
    meta: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """All that the page of one project shows."""

    project: Project
    headline: str
    word: str
    tone: str
    now: str
    next: str
    needs: Sequence[Need]
    milestones: Sequence[MilestoneLine]
    documents: Sequence[DocumentLine]
    history: Sequence[HistoryLine]


@dataclass(frozen=True, slots=True)
class DealPage:
    """A deal that has no project yet: what is being prepared, and what is needed for it."""

    deal: Deal
    headline: str
    needs: Sequence[Need]
    documents: Sequence[DocumentLine]


@dataclass(frozen=True, slots=True)
class ProjectLine:
    """One of several projects, on the page that lists them."""

    id: UUID
    name: str
    headline: str
    word: str
    tone: str
    now: str
    needs: int

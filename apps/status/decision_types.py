"""What the pages of decisions show, in words ready to print."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils.safestring import SafeString

from apps.approvals.models import ApprovalRequest, Decision
from apps.approvals.selectors.steps import Change
from apps.core.money import Money
from apps.delivery.models import Document


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """One decision in a list: what waits (``due_at``, ``since``), or how it ended and what the reader said (``own``)."""

    id: UUID
    title: str
    amount: Money | None
    since: datetime
    due_at: datetime | None
    decided_at: datetime | None
    word: str
    tone: str
    own: str
    is_mine: bool


@dataclass(frozen=True, slots=True)
class OtherDecider:
    """Somebody else who decides, by name or as ``the team of …``, and how far that is."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class DecisionPage:
    """One decision as a customer's person sees it. ``may_decide``: a decision of the reader would count now.

    ``needs_code``: he has to confirm it by a code that is mailed for it.
    """

    request: ApprovalRequest
    amount: Money | None
    asked_by: str
    word: str
    tone: str
    standing: str
    may_decide: bool
    facts: Sequence[tuple[str, SafeString]]
    changes: Sequence[Change]
    documents: Sequence[Document]
    others: Sequence[OtherDecider]
    if_approved: str
    if_rejected: str
    if_changes: str
    own: Sequence[Decision] = field(default_factory=tuple)
    next_id: UUID | None = None
    view_hash: str = ""
    needs_code: bool = False

"""What a person holds: everything that would wait for nobody if he left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.accounts import policies as account_policies
from apps.accounts.models import User
from apps.accounts.selectors import get_user
from apps.approvals.choices import HoldingKind, PolicyStatus, RequestStatus, StageStatus
from apps.approvals.exceptions import UnknownHandOver
from apps.approvals.models import ApprovalPolicy, ApprovalStage, Delegation, HandOver, HandOverItem
from apps.core.actor import Actor
from apps.core.clock import now
from apps.workflows.choices import CaseStatus, TaskStatus
from apps.workflows.models import ExceptionCase, UserTask

UNFINISHED = (StageStatus.OPEN, StageStatus.WAITING)


@dataclass(frozen=True, slots=True)
class Holding:
    """One thing somebody holds. ``waits`` says that it waits for him now; ``alone``, that nobody else is asked."""

    kind: str
    id: UUID
    label: str
    since: datetime
    due_at: datetime | None = None
    waits: bool = True
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Holdings:
    """All that a person holds; ``named_by`` are the keys of published policies that name him in person."""

    user: User
    things: Sequence[Holding]
    named_by: Sequence[str]

    def of(self, kind: str) -> list[Holding]:
        return [thing for thing in self.things if thing.kind == kind]


def read_holdings(*, user_id: UUID, actor: Actor) -> Holdings:
    """Return what the person holds, to himself and to who leads; five queries. Raises NoSuchUser and ActionForbidden."""
    if str(user_id) != actor.user_id:
        account_policies.require(actor, "approvals:reassign")
    user = get_user(user_id)
    things = [*_approvals(user_id), *_tasks(user_id), *_exceptions(user_id), *_delegations(user_id)]
    return Holdings(user, things, _policies_naming(user))


def get_hand_over(hand_over_id: UUID) -> HandOver:
    """Return one hand-over; raise UnknownHandOver."""
    found = HandOver.objects.select_related("giver", "taker").filter(pk=hand_over_id).first()
    if found is None:
        raise UnknownHandOver
    return found


def hand_over_items(hand_over_id: UUID) -> Sequence[HandOverItem]:
    """Return the things of a hand-over, those that were refused first."""
    rows = HandOverItem.objects.filter(hand_over_id=hand_over_id).order_by("id")
    return sorted(rows, key=lambda item: item.state != "refused")


def _approvals(user_id: UUID) -> list[Holding]:
    stages = ApprovalStage.objects.select_related("request").filter(
        request__status=RequestStatus.OPEN,
        status__in=UNFINISHED,
        candidates__contains=[{"id": str(user_id)}],
    )
    # Who has voted in a stage holds it no longer.
    stages = stages.exclude(decisions__user_id=user_id).exclude(decisions__on_behalf_of__id=str(user_id))
    stages = stages.order_by("request_id", "index")
    found: dict[UUID, Holding] = {}
    for stage in stages:
        request = stage.request
        if request.id in found:
            continue
        waits = stage.status == StageStatus.OPEN
        found[request.id] = Holding(
            HoldingKind.APPROVAL,
            request.id,
            str(request),
            request.created_at,
            request.due_at,
            waits=waits,
            alone=len(stage.candidates) <= stage.needed,
        )
    return list(found.values())


def _tasks(user_id: UUID) -> list[Holding]:
    rows = UserTask.objects.filter(status=TaskStatus.OPEN, assignee_user=str(user_id)).order_by("id")
    return [
        Holding(HoldingKind.USER_TASK, row.id, row.title, row.created_at, row.due_at, alone=True)
        for row in rows
    ]


def _exceptions(user_id: UUID) -> list[Holding]:
    rows = ExceptionCase.objects.filter(status=CaseStatus.OPEN, owner_user=str(user_id)).order_by("id")
    return [Holding(HoldingKind.EXCEPTION, row.id, row.title, row.created_at, alone=True) for row in rows]


def _delegations(user_id: UUID) -> list[Holding]:
    rows = Delegation.objects.select_related("giver").filter(taker_id=user_id, withdrawn_at=None)
    rows = rows.filter(Q(ends_at=None) | Q(ends_at__gt=now())).order_by("id")
    return [
        Holding(
            HoldingKind.DELEGATION,
            row.id,
            f"Decides for {row.giver.label}",
            row.begins_at,
            row.ends_at,
            waits=row.begins_at <= now(),
            alone=True,
        )
        for row in rows
    ]


def _policies_naming(user: User) -> list[str]:
    rows = ApprovalPolicy.objects.filter(status=PolicyStatus.PUBLISHED).order_by("key")
    names = {str(user.pk), user.email}
    return [row.key for row in rows if _names(row.definition, names)]


def _names(value: object, names: set[str]) -> bool:
    """Whether a definition names one of these as a ``user``."""
    if isinstance(value, dict):
        said = value.get("user")
        return (isinstance(said, str) and said.strip().lower() in names) or any(
            _names(held, names) for held in value.values()
        )
    return isinstance(value, list) and any(_names(held, names) for held in value)

"""Who is away, and who decides for whom now."""

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from apps.accounts import policies as account_policies
from apps.accounts.models import User
from apps.approvals.delegation import Link, Links, Matter, by_giver
from apps.approvals.exceptions import UnknownDelegation
from apps.approvals.models import AbsenceFeed, ApprovalRequest, Delegation
from apps.approvals.policies import DECIDERS
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.money import Money
from apps.workflows.selectors.calendars import assigned_calendar
from tenants.configuration import remembered
from tenants.context import current_tenant

_KEPT = timedelta(days=1)
"""Delegations are remembered so long after they ended, so that what is asked about a moment ago is still right."""


def live_links() -> Links:
    """Return the delegations that hold now or later, by giver. Remembered: no query, usually."""
    return remembered(("delegations",), lambda: by_giver(read_links()))


def deputy_names() -> dict[str, str]:
    """Return the names of everybody who decides for others now or later, by user id. Remembered: do not change it."""

    def read() -> dict[str, str]:
        takers = Delegation.objects.filter(withdrawn_at=None).exclude(taker=None).values("taker_id")
        return {str(user.pk): user.label for user in User.objects.filter(pk__in=takers)}

    return remembered(("deputy_names",), read)


def read_links() -> list[Link]:
    """Return the delegations that hold now or later between people who are still there."""
    rows = Delegation.objects.filter(withdrawn_at=None, giver__is_active=True)
    rows = rows.filter(Q(ends_at=None) | Q(ends_at__gt=now() - _KEPT)).select_related("taker")
    return [link_from(row) for row in rows.order_by("id")]


def link_from(row: Delegation) -> Link:
    """Return the row as the pure rules see it; a taker who has left decides for nobody."""
    taker = row.taker
    return Link(
        id=str(row.id),
        giver=str(row.giver_id),
        taker=str(taker.id) if taker is not None and taker.is_active else "",
        begins=row.begins_at,
        ends=row.ends_at,
        policies=frozenset(row.policies),
        limit=Money(row.limit_amount, row.limit_currency) if row.limit_amount is not None else None,
    )


def matter_of(request: ApprovalRequest) -> Matter:
    """Return what delegations look at in a request."""
    amount = Money(request.amount, request.currency) if request.amount is not None else None
    return Matter(request.policy_key, amount)


def visible_delegations(actor: Actor) -> QuerySet[Delegation]:
    """Return the delegations the actor may know of: all for who leads, else those he gave or took."""
    rows = Delegation.objects.select_related("giver", "taker")
    if account_policies.may(actor, "delegations:manage"):
        return rows
    mine = actor.user_id
    return rows.filter(Q(giver_id=mine) | Q(taker_id=mine)) if mine else rows.none()


def get_delegation(*, actor: Actor, delegation_id: UUID) -> Delegation:
    """Return one delegation the actor may know of; raise UnknownDelegation."""
    found = visible_delegations(actor).filter(pk=delegation_id).first()
    if found is None:
        raise UnknownDelegation
    return found


def narrow_delegations(
    rows: QuerySet[Delegation], *, user_id: UUID | None = None, when: str = ""
) -> QuerySet[Delegation]:
    """Return those of one giver, and those that are ``active``, ``planned``, ``live`` (both) or ``over`` ("": all)."""
    if user_id is not None:
        rows = rows.filter(giver_id=user_id)
    at = now()
    over = Q(withdrawn_at__isnull=False) | Q(ends_at__lte=at)
    if when == "active":
        return rows.exclude(over).filter(begins_at__lte=at)
    if when == "planned":
        return rows.exclude(over).filter(begins_at__gt=at)
    if when == "live":
        return rows.exclude(over)
    return rows.filter(over) if when == "over" else rows


def visible_feeds(actor: Actor) -> QuerySet[AbsenceFeed]:
    """Return the calendars that absences are taken from, of the actor or, for who leads, of everybody."""
    rows = AbsenceFeed.objects.select_related("user", "taker")
    if account_policies.may(actor, "delegations:manage"):
        return rows
    return rows.filter(user_id=actor.user_id) if actor.user_id else rows.none()


def zone_of_user(user_id: UUID | str) -> ZoneInfo:
    """Return the time zone a person works in: that of his own calendar, else the workspace's."""
    calendar = assigned_calendar(f"user/{user_id}")
    return calendar.zone if calendar is not None else ZoneInfo(current_tenant().timezone)


def possible_takers() -> QuerySet[User]:
    """Return the people who may decide for others, by name."""
    people = User.objects.filter(is_active=True, lease_id=None, role_assignments__role__in=DECIDERS)
    return people.distinct().order_by("name", "email")


def state_of(row: Delegation) -> str:
    """Return ``planned``, ``active``, ``over`` or ``withdrawn``."""
    at = now()
    if row.withdrawn_at is not None:
        return "withdrawn"
    if row.begins_at > at:
        return "planned"
    return "over" if row.ends_at is not None and row.ends_at <= at else "active"

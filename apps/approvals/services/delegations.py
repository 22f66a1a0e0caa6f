"""Say who is away and who decides for him; withdraw that; act when it begins and ends."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from apps.accounts import policies as account_policies
from apps.accounts.models import User
from apps.approvals import people_events
from apps.approvals.choices import DelegationSource
from apps.approvals.delegation import problem_of
from apps.approvals.exceptions import DelegationOver, DelegationRefused, UnknownDelegation, invalid_delegation
from apps.approvals.models import Delegation
from apps.approvals.policies import DECIDERS
from apps.approvals.selectors.delegations import link_from, read_links, zone_of_user
from apps.approvals.selectors.policies import policy_keys
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.money import Money
from apps.dispatch.services.settle import cancel_work_of
from apps.dispatch.types import WorkItemSpec
from apps.ledger.services import enqueue, record, unit_of_work
from apps.ledger.services.unit import subject_of
from apps.ledger.types import DomainEvent
from apps.workflows.engine.calendars import moment_of
from tenants.context import current_tenant

TURN_KIND = "approvals.delegation"


def create_delegation(
    *,
    actor: Actor,
    begins_at: date | datetime,
    ends_at: date | datetime | None = None,
    giver_id: UUID | None = None,
    taker_id: UUID | None = None,
    policies: Sequence[str] = (),
    limit: Money | None = None,
    reason: str = "",
) -> Delegation:
    """Say that ``giver_id`` (None: the actor) is away, and that ``taker_id`` (None: nobody) decides for him meanwhile.

    A date is the whole day, the last one included, in the time zone of who is away; so is a time without a zone. Raises
    Invalid with a pointer, Forbidden, and DelegationRefused where it would close a ring or make a chain of more
    than three links; the ring is named.
    """
    own = actor.user_id
    if giver_id is None and not own:
        raise invalid_delegation("/user_id", "Say who is away.", "required")
    giver = str(giver_id or own)
    with unit_of_work(actor, reason=reason):
        mine = giver == own
        account_policies.require(actor, "delegations:write" if mine else "delegations:manage")
        person, zone = person_for(giver, "/user_id"), zone_of_user(giver)
        row = Delegation(
            giver=person,
            taker=person_for(str(taker_id), "/deputy_id", decides=True) if taker_id else None,
            policies=sorted(set(policies)),
            limit_amount=limit.amount if limit else None,
            limit_currency=limit.currency if limit else "",
            begins_at=moment_in(zone, begins_at, "/begins_at"),
            ends_at=moment_in(zone, ends_at, "/ends_at", is_end=True) if ends_at else None,
            zone=zone.key,
            reason=reason,
            source=DelegationSource.SELF if mine else DelegationSource.ADMIN,
            made_by=actor.label,
        )
        keep_delegation(row)
        return row


def keep_delegation(row: Delegation) -> None:
    """Check and store a new delegation, and have it begin and end in time; part of the caller's unit of work."""
    _check(row)
    _refuse_rings(row)
    row.save(force_insert=True)
    told = DomainEvent(people_events.DELEGATION_CREATED, subject_of(row), delegation_data(row))
    record("delegation.create", row, after=_audited(row), event=told)
    enqueue(WorkItemSpec(TURN_KIND, row.id, run_at=row.begins_at if row.begins_at > now() else None))
    if row.ends_at is not None:
        enqueue(WorkItemSpec(TURN_KIND, row.id, run_at=row.ends_at))


def withdraw_delegation(*, delegation_id: UUID, actor: Actor, reason: str = "") -> Delegation:
    """End a delegation now, or call off one that has not begun. Raises UnknownDelegation, DelegationOver, Forbidden."""
    with unit_of_work(actor, reason=reason):
        row = Delegation.objects.select_for_update(of=("self",)).filter(pk=delegation_id).first()
        may_all = account_policies.may(actor, "delegations:manage")
        if row is None or not (may_all or actor.user_id in (str(row.giver_id), str(row.taker_id))):
            raise UnknownDelegation
        mine = actor.user_id == str(row.giver_id)
        account_policies.require(actor, "delegations:write" if mine else "delegations:manage")
        end_delegation(row, actor)
        return row


def end_delegation(row: Delegation, actor: Actor) -> None:
    """End a delegation whose row is locked; part of the caller's unit of work."""
    at = now()
    if row.withdrawn_at is not None or (row.ends_at is not None and row.ends_at <= at):
        raise DelegationOver
    row.withdrawn_at, row.withdrawn_by = at, actor.label
    row.version += 1
    row.save(update_fields=["withdrawn_at", "withdrawn_by", "version"])
    told = DomainEvent(people_events.DELEGATION_ENDED, subject_of(row), delegation_data(row))
    before, after = {"withdrawn_at": None}, {"withdrawn_at": at.isoformat()}
    record("delegation.withdraw", row, before=before, after=after, event=told)
    cancel_work_of(tenant_id=current_tenant().id, refs=[row.id])
    enqueue(WorkItemSpec(TURN_KIND, row.id))


def delegation_data(row: Delegation) -> dict[str, Any]:
    """Return what events tell of a delegation; why somebody is away is his own business."""
    return {
        "delegation_id": str(row.id),
        "user_id": str(row.giver_id),
        "deputy_id": str(row.taker_id) if row.taker_id else None,
        "begins_at": row.begins_at.isoformat(),
        "ends_at": row.ends_at.isoformat() if row.ends_at else None,
        "policies": list(row.policies),
    }


def person_for(user_id: str, pointer: str, *, decides: bool = False) -> User:
    """Return the active person of ours; raise Invalid with the pointer, also unless he may decide where he has to."""
    try:
        found = User.objects.filter(pk=UUID(user_id), is_active=True, contact_id=None).first()
    except ValueError:
        found = None
    if found is None:
        raise invalid_delegation(pointer, "There is no such active user.", "unknown_user")
    if decides and not found.role_assignments.filter(role__in=DECIDERS).exists():
        message = f"{found.label} has no role that may decide. Choose somebody else, or give a role first."
        raise invalid_delegation(pointer, message, "may_not_decide")
    return found


def moment_in(zone: ZoneInfo, given: date | datetime, pointer: str, *, is_end: bool = False) -> datetime:
    """Return the moment a date or a time stands for in a zone; the end of a date is the end of that day."""
    if not 2000 <= given.year <= 2200:
        raise invalid_delegation(pointer, "This is too far away.", "too_far")
    if not isinstance(given, datetime):
        return moment_of(zone, given + timedelta(days=1) if is_end else given, 0)
    if given.tzinfo is None:
        return moment_of(zone, given.date(), given.hour * 60 + given.minute)
    return given.astimezone(UTC)


def _check(row: Delegation) -> None:
    at = now()
    if row.ends_at is not None and row.ends_at <= row.begins_at:
        raise invalid_delegation("/ends_at", "The end must be after the beginning.", "ends_before")
    if row.ends_at is not None and row.ends_at <= at:
        raise invalid_delegation("/ends_at", "This is in the past.", "past")
    if row.taker_id is not None and row.taker_id == row.giver_id:
        raise invalid_delegation(
            "/deputy_id", "Choose somebody else: nobody stands in for himself.", "own_deputy"
        )
    if row.limit_amount is not None and row.limit_amount <= 0:
        raise invalid_delegation("/limit", "The limit must be more than nothing.", "limit")
    known = set(policy_keys()) if row.policies else set()
    for number, key in enumerate(row.policies):
        if key not in known:
            raise invalid_delegation(
                f"/policies/{number}", f"There is no published policy '{key}'.", "unknown_policy"
            )


def _refuse_rings(row: Delegation) -> None:
    # One at a time: two people who name each other at the same moment would close a ring that neither sees.
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {Delegation._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
    problem = problem_of(read_links(), link_from(row))
    if problem is not None:
        found = User.objects.in_bulk([UUID(person) for person in problem.people])
        raise DelegationRefused(problem.kind, [found[UUID(person)].label for person in problem.people])


def _audited(row: Delegation) -> dict[str, Any]:
    return {
        **delegation_data(row),
        "source": row.source,
        "limit": f"{row.limit_amount:.2f} {row.limit_currency}" if row.limit_amount is not None else "",
    }

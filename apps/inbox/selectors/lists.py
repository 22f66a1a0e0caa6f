"""Decisions beside one's own inbox: asked for, decided, held by the team; and how much each person holds."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from apps.accounts.models import RoleAssignment, User
from apps.approvals.choices import RequestStatus
from apps.approvals.models import ApprovalRequest
from apps.approvals.selectors import requests as approvals
from apps.core.actor import Actor
from apps.core.clock import now
from apps.inbox.policies import EVERYTHING, TEAM_ROLES
from apps.inbox.selectors.entries import decision_entry, decision_rows, waited_for
from apps.inbox.types import Entry, Load

Requests = QuerySet[ApprovalRequest]
MAX_PEOPLE = 100
_LOAD = """
SELECT person, count(*), count(*) FILTER (WHERE due_at < %s), min(created_at),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY created_at)
  FROM approvals_approvalrequest, unnest(waiting_for) AS person
 WHERE status = 'open' AND (%s OR person = ANY(%s))
 GROUP BY person ORDER BY count(*) DESC, min(created_at), person LIMIT %s
"""


def held_by_team(actor: Actor) -> Requests:
    """Return the open requests that wait for the actor's people, in no particular order."""
    if not actor.roles & TEAM_ROLES:
        return ApprovalRequest.objects.none()
    rows = approvals.visible_requests(actor).filter(status=RequestStatus.OPEN)
    people = team_of(actor)
    if people is None:
        return rows
    return rows.filter(waiting_for__overlap=people)


def held_by(actor: Actor, person: UUID) -> tuple[str, Requests]:
    """Return the name of one of the actor's people and the open requests that wait for him; "" and none for others."""
    people = team_of(actor) if actor.roles & TEAM_ROLES else []
    user = User.objects.filter(pk=person).first() if people is None or person in people else None
    if user is None:
        return "", ApprovalRequest.objects.none()
    return user.label, held_by_team(actor).filter(waiting_for__contains=[person])


def team_of(actor: Actor) -> list[UUID] | None:
    """Return whose work the actor sees: None for everybody's, else the holders of roles in his regions."""
    if actor.roles & EVERYTHING or not actor.regions:
        return None
    held = RoleAssignment.objects.filter(region__in=actor.regions, user__is_active=True)
    return list(held.values_list("user_id", flat=True).distinct())


def team_load(actor: Actor) -> list[Load]:
    """Return what each of the actor's people holds, the most first (at most 100 people): three statements at most."""
    if not actor.roles & TEAM_ROLES:
        return []
    people = team_of(actor)
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, [now(), people is None, people or [], MAX_PEOPLE])
        rows = cursor.fetchall()
    names = {user.id: user.label for user in User.objects.filter(pk__in=[row[0] for row in rows])}
    return [
        Load(row[0], names.get(row[0], ""), row[1], row[2], row[3], row[4]) for row in rows if row[0] in names
    ]


def decision_entries(requests: Sequence[ApprovalRequest]) -> list[Entry]:
    """Return the entries of requests in the order given: two statements."""
    rows = decision_rows([request.pk for request in requests], people=True)
    found = {row.id: replace(decision_entry(row), waits_for=waited_for(row)) for row in rows}
    return [found[request.pk] for request in requests if request.pk in found]

"""Intended calls, loaded together with the connection that fills their slot."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.integrations.models import ActionIntent, SlotBinding
from apps.integrations.selectors.connections import EVERY_TEMPLATE
from apps.integrations.types import ConnectionKey, PendingAction

_LOAD = """
SELECT i.id, i.run_id, i.visit, i.epoch, i.attempt, i.slot, i.operation, i.input, i.timeout_seconds, i.state,
       i.begun_attempt, c.id, c.version, r.id, r.version, coalesce(c.status, '')
  FROM integrations_actionintent i
  LEFT JOIN LATERAL (
       SELECT b.connection_id FROM integrations_slotbinding b
        WHERE b.slot = i.slot AND b.template_key IN (i.template_key, '*')
        ORDER BY (b.template_key = '*') LIMIT 1) bound ON true
  LEFT JOIN integrations_connection c ON c.id = bound.connection_id
  LEFT JOIN integrations_credential r ON r.id = c.credential_id
 WHERE i.id = ANY(%s)
"""


def load_actions(ids: Sequence[UUID]) -> dict[UUID, PendingAction]:
    """Return the intents by id; one query, whatever their number."""
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, [list(ids)])
        return {row[0]: _action(row) for row in cursor.fetchall()}


def actions_of_run(run_id: UUID) -> QuerySet[ActionIntent]:
    """Return every call the run has intended, in order: the evidence of what was sent where, and what came back."""
    return (
        ActionIntent.objects.select_related("connection")
        .filter(run_id=run_id)
        .order_by("created_at", "visit")
    )


def calls_through(connection_id: UUID) -> QuerySet[ActionIntent]:
    """Return the calls made through the connection, or that would be: its slot is filled with it."""
    filled = SlotBinding.objects.filter(slot=OuterRef("slot"))
    own = filled.filter(template_key=OuterRef("template_key"))
    for_all = filled.filter(template_key=EVERY_TEMPLATE, connection_id=connection_id)
    bound = Q(Exists(own.filter(connection_id=connection_id))) | (~Q(Exists(own)) & Q(Exists(for_all)))
    return ActionIntent.objects.filter(Q(connection_id=connection_id) | (Q(connection_id=None) & bound))


def _action(row: Sequence[Any]) -> PendingAction:
    connection_id, version, credential_id, credential_version = row[11:15]
    return PendingAction(
        id=row[0],
        run_id=row[1],
        visit=row[2],
        epoch=row[3],
        attempt=row[4],
        slot=row[5],
        operation=row[6],
        input=json.loads(row[7]) if isinstance(row[7], str) else row[7],
        timeout=row[8],
        state=row[9],
        begun_attempt=row[10],
        key=ConnectionKey(connection_id, version, credential_id, credential_version or 0)
        if connection_id
        else None,
        connection_status=row[15],
    )

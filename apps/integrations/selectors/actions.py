"""Intended calls, loaded together with the connection that fills their slot."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from apps.integrations.models import ActionIntent
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

"""The two statements every action costs, written by hand: they run once per call of every run of every tenant."""

import json
from typing import Any

from django.db import connection

from apps.core.clock import now
from apps.integrations.choices import IntentState
from apps.integrations.models import ActionIntent
from apps.integrations.types import Json, PendingAction

# A further attempt of the same epoch renews the row: its id, and with it the idempotency key, stays.
_INTEND = """
INSERT INTO integrations_actionintent (id, created_at, version, run_id, visit, epoch, attempt, template_key, slot,
    operation, input, timeout_seconds, state, begun_attempt, calls, request, response)
VALUES (%(id)s, %(at)s, 1, %(run)s, %(visit)s, %(epoch)s, %(attempt)s, %(template)s, %(slot)s,
    %(operation)s, %(input)s::jsonb, %(timeout)s, 'intended', 0, 0, '{}', '{}')
ON CONFLICT (id) DO UPDATE SET attempt = excluded.attempt, state = excluded.state, slot = excluded.slot,
    operation = excluded.operation, input = excluded.input, timeout_seconds = excluded.timeout_seconds
"""

# The state is left alone where the run has renewed or withdrawn the intent since.
_SETTLE = """
UPDATE integrations_actionintent
   SET state = CASE WHEN attempt = %(attempt)s AND state = 'intended' THEN %(state)s ELSE state END,
       connection_id = %(connection)s, calls = calls + 1, settled_at = %(at)s, latency_ms = %(latency)s,
       request = %(request)s::jsonb, response = %(response)s::jsonb, error = %(error)s::jsonb
 WHERE id = %(id)s
"""


def write_intent(intent: ActionIntent) -> None:
    """Insert the intent, or renew the one of its id."""
    parameters: dict[str, Any] = {
        "id": intent.id,
        "at": intent.created_at,
        "run": intent.run_id,
        "visit": intent.visit,
        "epoch": intent.epoch,
        "attempt": intent.attempt,
        "template": intent.template_key,
        "slot": intent.slot,
        "operation": intent.operation,
        "input": json.dumps(intent.input),
        "timeout": intent.timeout_seconds,
    }
    with connection.cursor() as cursor:
        cursor.execute(_INTEND, parameters)


def settle_intent(
    action: PendingAction,
    state: IntentState,
    *,
    request: Json | None = None,
    response: Json | None = None,
    error: Json | None = None,
    latency_ms: float | None = None,
) -> None:
    """Write what came of a call."""
    parameters: dict[str, Any] = {
        "id": action.id,
        "attempt": action.attempt,
        "state": state.value,
        "connection": action.key.connection_id if action.key else None,
        "at": now(),
        "latency": latency_ms,
        "request": json.dumps(request or {}),
        "response": json.dumps(response or {}),
        "error": json.dumps(error) if error is not None else None,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, parameters)

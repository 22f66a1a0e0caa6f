"""What a unit of work has gathered, as parts of the one statement that writes it."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from apps.dispatch.services.enqueue import Alongside

Row = dict[str, Any]
"""One row as JSON, by column."""

_AUDIT = """
audited AS (
    INSERT INTO ledger_auditentry (id, at, actor_kind, actor_id, actor_label, behind, lease_id, action, subject_type,
                                   subject_id, before, after, reason, request_id)
    SELECT id, at, actor_kind, actor_id, actor_label, behind, lease_id, action, subject_type, subject_id, before, after,
           reason, request_id
      FROM jsonb_to_recordset(%(audit)s::jsonb)
        AS x(id uuid, at timestamptz, actor_kind text, actor_id text, actor_label text, behind text, lease_id uuid,
             action text, subject_type text, subject_id text, before jsonb, after jsonb, reason text, request_id text))
"""
_OUTBOX = """
told AS (
    INSERT INTO ledger_outboxmessage (id, batch, type, type_version, subject, data, time, actor, request_id, delivered_at)
    SELECT id, batch, type, type_version, subject, data, time, actor, request_id,
           CASE WHEN %(unheard)s = coalesce((SELECT number FROM "public".tenants_configuration
                                              WHERE schema_name = current_schema()), 0) THEN time END
      FROM jsonb_to_recordset(%(outbox)s::jsonb)
        AS x(id uuid, batch uuid, type text, type_version smallint, subject text, data jsonb, time timestamptz,
             actor jsonb, request_id text)
    RETURNING delivered_at)
"""
_UNTOLD = "(SELECT count(*) FROM told WHERE delivered_at IS NULL)"


# What no seal covers yet is noted beside it: the sealer finds what is committed, whatever else is still open.
_UNSEALED = """
unsealed AS (
    INSERT INTO ledger_unsealedentries (batch, entries) VALUES (%(batch)s, %(entries)s::uuid[]))
"""


def rows_to_write(
    *, batch: UUID, audit: Sequence[Row], outbox: Sequence[Row], unheard: int | None
) -> Alongside:
    """Return the inserts of the rows of one transaction, as parts of a statement; values are what JSON can hold.

    ``unheard``: nobody listens to the messages while the schema's configuration has this number. They are written as
    delivered then. The statement's answer is how many were not.
    """
    tables: list[str] = []
    parameters: dict[str, Any] = {}
    if audit:
        tables += [_AUDIT, _UNSEALED]
        parameters |= {
            "audit": json.dumps(audit),
            "batch": batch,
            "entries": [row["id"] for row in audit],
        }
    if outbox:
        tables.append(_OUTBOX)
        parameters |= {"outbox": json.dumps(outbox), "unheard": unheard}
    return Alongside(tables, parameters, answer=_UNTOLD if outbox else "0")

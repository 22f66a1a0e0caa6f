"""Write what a unit of work has gathered: all audit entries and messages in one statement."""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection

Row = dict[str, Any]
"""One row as JSON, by column."""

_WRITE = """
WITH audited AS (
    INSERT INTO ledger_auditentry (id, at, actor_kind, actor_id, actor_label, behind, lease_id, action, subject_type,
                                   subject_id, before, after, reason, request_id)
    SELECT id, at, actor_kind, actor_id, actor_label, behind, lease_id, action, subject_type, subject_id, before, after,
           reason, request_id
      FROM jsonb_to_recordset(%(audit)s::jsonb)
        AS x(id uuid, at timestamptz, actor_kind text, actor_id text, actor_label text, behind text, lease_id uuid,
             action text, subject_type text, subject_id text, before jsonb, after jsonb, reason text, request_id text))
INSERT INTO ledger_outboxmessage (id, batch, type, type_version, subject, data, time, actor, request_id)
SELECT id, batch, type, type_version, subject, data, time, actor, request_id
  FROM jsonb_to_recordset(%(outbox)s::jsonb)
    AS x(id uuid, batch uuid, type text, type_version smallint, subject text, data jsonb, time timestamptz, actor jsonb,
         request_id text)
"""


def write_rows(*, audit: Sequence[Row], outbox: Sequence[Row]) -> None:
    """Insert the rows; values are what JSON can hold."""
    if audit or outbox:
        with connection.cursor() as cursor:
            cursor.execute(_WRITE, {"audit": json.dumps(audit), "outbox": json.dumps(outbox)})

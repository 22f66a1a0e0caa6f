"""Write what one transition appended to a run's history, and where its steps now stand, in one statement."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from apps.workflows.engine.definition import Step
from apps.workflows.engine.history import HistoryEvent

Row = dict[str, Any]
"""One step row as JSON, by column."""

_WRITE = """
WITH appended AS (
    INSERT INTO workflows_historyentry (run_id, seq, kind, visit, at, data)
    SELECT %(run)s, seq, kind, visit, at, data
      FROM jsonb_to_recordset(%(facts)s::jsonb) AS x(seq int, kind text, visit text, at timestamptz, data jsonb))
INSERT INTO workflows_steprun (run_id, visit, step, kind, name, audience, status, waiting_on, epoch, attempt, started_at,
                               ended_at, due_at)
SELECT %(run)s, visit, step, kind, name, audience, status, waiting_on, epoch, attempt, started_at, ended_at, due_at
  FROM jsonb_to_recordset(%(steps)s::jsonb)
    AS x(visit text, step text, kind text, name text, audience text, status text, waiting_on text, epoch int,
         attempt int, started_at timestamptz, ended_at timestamptz, due_at timestamptz)
ON CONFLICT (run_id, visit) DO UPDATE
   SET status = excluded.status, waiting_on = excluded.waiting_on, epoch = excluded.epoch, attempt = excluded.attempt,
       ended_at = excluded.ended_at, due_at = excluded.due_at
"""


_RENAME = """
UPDATE workflows_steprun SET step = names.value
  FROM jsonb_each_text(%(names)s::jsonb) AS names WHERE run_id = %(run)s AND step = names.key
"""
_DESCRIBE = """
UPDATE workflows_steprun AS held SET kind = x.kind, name = x.name, audience = x.audience
  FROM jsonb_to_recordset(%(steps)s::jsonb) AS x(step text, kind text, name text, audience text)
 WHERE run_id = %(run)s AND held.step = x.step AND held.ended_at IS NULL
"""


def rename_rows(run_id: UUID, names: Mapping[str, str]) -> None:
    """Have the run's step rows stand at other steps: new id by old id, all at once."""
    with connection.cursor() as cursor:
        cursor.execute(_RENAME, {"run": run_id, "names": json.dumps(names)})


def describe_rows(run_id: UUID, steps: Mapping[str, Step]) -> None:
    """Give the run's open step rows the words of their steps."""
    rows = [
        {"step": key, "kind": step.kind, "name": step.name, "audience": step.audience}
        for key, step in steps.items()
    ]
    with connection.cursor() as cursor:
        cursor.execute(_DESCRIBE, {"run": run_id, "steps": json.dumps(rows)})


def write_progress(run_id: UUID, *, first: int, events: Sequence[HistoryEvent], steps: Sequence[Row]) -> None:
    """Append the events, numbered from ``first``, and put one row for each step they touch."""
    facts = [
        {"seq": seq, "kind": event.kind, "visit": event.visit, "at": event.at.isoformat(), "data": event.data}
        for seq, event in enumerate(events, first)
    ]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, {"run": run_id, "facts": json.dumps(facts), "steps": json.dumps(steps)})

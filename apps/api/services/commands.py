"""Keep the answers to commands for a week, by actor and idempotency key."""

import json
import random
from datetime import timedelta

from django.db import connection
from rest_framework.utils.encoders import JSONEncoder

from apps.api.models import IdempotencyRecord
from apps.core.api.gates import StoredAnswer
from apps.core.clock import now

KEPT = timedelta(days=7)
_CLEAN_ONE_IN = 200

# Waits here while another transaction holds the same key, and then finds its answer.
_CLAIM = """
INSERT INTO api_idempotencyrecord (actor_id, key, request_hash, status, headers, created_at)
VALUES (%s, %s, %s, 0, '{}', %s) ON CONFLICT (actor_id, key) DO NOTHING RETURNING id
"""


class AnsweredCommands:
    """The store behind ``Idempotency-Key``; see ``apps.core.api.idempotency``."""

    def claim(self, *, actor_id: str, key: str, request_hash: str) -> StoredAnswer | None:
        """Take the key, or return what is stored under it."""
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, [actor_id, key, request_hash, now()])
            if cursor.fetchone() is not None:
                return None
        held = IdempotencyRecord.objects.get(actor_id=actor_id, key=key)
        return StoredAnswer(held.request_hash, held.status, held.body, held.headers)

    def keep(self, *, actor_id: str, key: str, answer: StoredAnswer) -> None:
        """Store the answer; now and then forget a few that are older than a week."""
        # As it went over the wire: times and ids as text.
        body = json.loads(json.dumps(answer.body, cls=JSONEncoder))
        IdempotencyRecord.objects.filter(actor_id=actor_id, key=key).update(
            status=answer.status, body=body, headers=dict(answer.headers or {})
        )
        if random.randrange(_CLEAN_ONE_IN) == 0:  # noqa: S311 - spreads the cleaning, guards nothing
            old = IdempotencyRecord.objects.filter(created_at__lt=now() - KEPT).values("pk")[:500]
            IdempotencyRecord.objects.filter(pk__in=old).delete()

"""Ids that do not exist here: audited, because somebody may be trying those of another tenant."""

from typing import Any
from urllib.parse import quote

import redis
import structlog
from django.core.cache import cache
from rest_framework.request import Request

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.api.parsers import storable
from apps.ledger.services import record, unit_of_work

log = structlog.get_logger(__name__)
_NOTED_SECONDS = 60
_NOTED_AT_MOST = 20


def note_not_found(request: Request) -> None:
    """Audit that the actor asked for an id that is not here: each address once a minute, at most 20 of them."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None or actor.user_id is None or not storable(request.path):
        return  # what no text can hold names nobody's row
    if not _is_new(actor, request.path):
        return
    asked: dict[str, Any] = {"method": request.method, "path": request.path[:300]}
    with unit_of_work(actor):
        record("access.not_found", User(id=actor.user_id), after=asked)


def _is_new(actor: Actor, path: str) -> bool:
    try:
        if not cache.add(f"missed:{actor.id}:{quote(path)}"[:200], 1, _NOTED_SECONDS):
            return False
        cache.add(f"misses:{actor.id}", 0, _NOTED_SECONDS)
        return cache.incr(f"misses:{actor.id}") <= _NOTED_AT_MOST
    except (redis.RedisError, ValueError) as error:
        log.info("trespass.uncounted", error=str(error)[:100])
        return True

"""How many requests an actor may send, counted in Redis; without Redis nobody is held up."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import redis
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.accounts.hosts import network_address
from tenants.db import connection

if TYPE_CHECKING:
    # The views module asks for this throttle while it is being imported.
    from rest_framework.views import APIView

WINDOW_SECONDS = 60
_QUIET_SECONDS = 2.0


@dataclass
class _Counter:
    """Counts within fixed windows of a minute; silent for a while after Redis has failed."""

    client: redis.Redis
    silent_until: float = 0.0

    def count(self, name: str, window: int) -> int | None:
        """Return how many there have been in the window with this one, or None if that cannot be said."""
        if time.monotonic() < self.silent_until:
            return None
        try:
            key = f"rate:{name}:{window}"
            count = int(self.client.incr(key))
            if count == 1:
                # A process that dies in between leaves a few bytes behind: no later window has this name.
                self.client.expire(key, WINDOW_SECONDS * 2)
            return count
        except redis.RedisError:
            self.silent_until = time.monotonic() + _QUIET_SECONDS
            return None


_counter = _Counter(
    redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.25, socket_connect_timeout=0.25)
)


class ActorRate(BaseThrottle):
    """One allowance a minute for each actor (each address, for public views), told in the headers of every answer."""

    reset_in = WINDOW_SECONDS

    def allow_request(self, request: Request, view: "APIView") -> bool:
        limit = int(settings.API_RATE_PER_MINUTE)
        seconds = int(time.time())
        self.reset_in = WINDOW_SECONDS - seconds % WINDOW_SECONDS
        count = _counter.count(_name(request), seconds // WINDOW_SECONDS)
        if count is None:
            return True
        cast(Any, request._request).answer_headers = {  # noqa: SLF001 - read by Resource.finalize_response
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(max(0, limit - count)),
            "RateLimit-Reset": str(self.reset_in),
        }
        return count <= limit

    def wait(self) -> float:
        return float(self.reset_in)


def _name(request: Request) -> str:
    actor = getattr(request, "actor", None)
    who = f"{actor.kind}:{actor.id}" if actor is not None else f"at:{network_address(request._request)}"  # noqa: SLF001
    return f"{connection.schema_name}:{who}"

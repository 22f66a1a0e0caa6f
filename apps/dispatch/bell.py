"""The dispatchers' bell in Redis: a hint that work is due, worth nothing when lost."""

import time

import redis
from django.conf import settings

_BELL = "dispatch:bell"
_QUIET_SECONDS = 2.0
_client: redis.Redis = redis.Redis.from_url(
    settings.REDIS_URL, socket_timeout=1.0, socket_connect_timeout=0.5
)
_silent_until = 0.0


def ring() -> None:
    """Wake a dispatcher; without Redis do nothing (dispatchers look by themselves) and try again later."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        with _client.pipeline(transaction=False) as pipe:
            pipe.lpush(_BELL, b"1")
            pipe.ltrim(_BELL, 0, 3)
            pipe.execute()
    except redis.RedisError:
        _silent_until = time.monotonic() + _QUIET_SECONDS


def wait(seconds: float) -> None:
    """Sleep until the bell rings, at most ``seconds``."""
    try:
        _client.blpop([_BELL], timeout=seconds)
    except redis.RedisError:
        time.sleep(seconds)

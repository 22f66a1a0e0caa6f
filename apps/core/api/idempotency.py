"""Commands that are sent twice and done once: ``Idempotency-Key`` on POST.

The key, the command's rows and the answer are one transaction. Only success is kept: a refused command has changed
nothing, so the same key may be used again once the cause is mended. A second request that arrives while the first is at
work waits for it and gets the same answer.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.db import OperationalError, transaction
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.actor import Actor
from apps.core.api.gates import StoredAnswer, command_store
from apps.core.errors import Conflict, Invalid, Problem

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_KEPT_HEADERS = ("Location", "ETag")


def once(
    request: Request, actor: Actor, handler: Callable[[], Response], *, secret_fields: Collection[str] = ()
) -> Response:
    """Answer by ``handler``, or with what was answered to the same key before (without the secret fields)."""
    key = request.headers.get(HEADER, "")
    if not key:
        return handler()
    if len(key) > 200 or not key.isascii() or not key.isprintable():
        message = "Use 1 to 200 printable ASCII characters, such as a UUID."
        raise Invalid("invalid_idempotency_key", message, [Problem(f"header:{HEADER}", message)])
    request_hash = _hash(request)
    actor_id = f"{actor.kind}:{actor.id}"
    store = command_store()
    with transaction.atomic():
        held = _claim(actor_id, key, request_hash)
        if held is not None:
            return _replay(held, request_hash)
        response = handler()
        if response.status_code < 300:
            headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
            answer = StoredAnswer(
                request_hash, response.status_code, _without(response.data, secret_fields), headers
            )
            store.keep(actor_id=actor_id, key=key, answer=answer)
        else:
            transaction.set_rollback(True)
    return response


def _without(body: Any, secret_fields: Collection[str]) -> Any:
    if not isinstance(body, Mapping) or not secret_fields:
        return body
    return {name: None if name in secret_fields else value for name, value in body.items()}


def _claim(actor_id: str, key: str, request_hash: str) -> StoredAnswer | None:
    try:
        return command_store().claim(actor_id=actor_id, key=key, request_hash=request_hash)
    except OperationalError as error:
        # The lock time-out: the first request is still at work after several seconds.
        raise Conflict(
            "idempotency_key_in_use",
            "A request with this Idempotency-Key is still at work. Send it again in a while.",
        ) from error


def _replay(held: StoredAnswer, request_hash: str) -> Response:
    if held.request_hash != request_hash:
        message = "This Idempotency-Key was used for another request. Use a new key for each command."
        raise Invalid("idempotency_key_reused", message, [Problem(f"header:{HEADER}", message)])
    response = Response(held.body, status=held.status, headers=dict(held.headers or {}))
    response[REPLAYED] = "true"
    return response


def _hash(request: Request) -> str:
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n{request.content_type}\n".encode())
    # The raw body was read before parsing (see Resource.initialize_request), so it is at hand here.
    digest.update(request._request.body)  # noqa: SLF001 - the framework's request has no public way to it
    return digest.hexdigest()

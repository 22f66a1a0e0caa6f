"""One request to one of the systems: token, mood, idempotency, operation, log; in one transaction."""

import hashlib
import hmac
import json
from dataclasses import replace

from config.demo.systems import chat, erp, psa
from config.demo.systems.messages import Answer, JsonObject, Request, VendorError
from config.demo.systems.operations import Call, Operation, Result
from config.demo.systems.store import Store
from config.demo.systems.switch import Mood, Switch

OPERATIONS: tuple[Operation, ...] = (*psa.OPERATIONS, *erp.OPERATIONS, *chat.OPERATIONS)
BY_SYSTEM = {name: [op for op in OPERATIONS if op.system == name] for name in ("psa", "erp", "chat")}


def route(request: Request, system: str) -> tuple[Operation, dict[str, str]]:
    """The operation and its path arguments. Raises `VendorError` (404, 405)."""
    path = request.path
    found = [(op, match) for op in BY_SYSTEM[system] if (match := op.pattern.match(path))]
    if not found:
        raise VendorError(404, "not_found", f"Nothing at {path}.")
    for op, match in found:
        if op.method == request.method:
            return op, match.groupdict()
    raise VendorError(405, "method_not_allowed", f"{request.method} is not possible at {path}.")


def digest_of(request: Request) -> str:
    """What must be equal for an idempotency key to be the same request again."""
    return hashlib.sha256(f"{request.method} {request.target}\n".encode() + request.body).hexdigest()


class Systems:
    """PSA, ERP and chat over one store."""

    def __init__(self, store: Store, switch: Switch, tokens: dict[str, str], latency: float) -> None:
        self._store = store
        self._switch = switch
        self._tokens = tokens
        self._latency = latency

    def answer(self, request: Request, system: str) -> Answer:
        """Answers a request; whatever it changed is on disk before this returns."""
        with self._store.transaction():
            answer = self._attempt(request, system)
        return replace(answer, delay=answer.delay + self._latency)

    def _attempt(self, request: Request, system: str) -> Answer:
        operation_name = ""
        try:
            self._check_token(request, system)
            op, args = route(request, system)
            operation_name = op.name
            answer = self._perform(request, op, args)
        except VendorError as error:
            answer = error.answer()
        self._store.log(
            system=system,
            kind="request",
            operation=operation_name,
            method=request.method,
            path=request.target,
            key=request.headers.get("idempotency-key"),
            status=0 if answer.cut or answer.hang else answer.status,
            body=request.body.decode("utf-8", "replace") or None,
        )
        return answer

    def _check_token(self, request: Request, system: str) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(
            token.encode(), self._tokens[system].encode()
        ):
            raise VendorError(401, "unauthorized", "A valid bearer token is required.")

    def _perform(self, request: Request, op: Operation, args: dict[str, str]) -> Answer:
        body = request.json_object()
        mood = self._switch.take(op.system, op.name, body)
        answer: Answer | None = None
        if mood.effect:
            try:
                answer = self._with_key(request, op, Call(self._store, args, request.query, body))
            except VendorError as error:
                answer = error.answer()
        return in_mood(mood, answer, op.system, op.name)

    def _with_key(self, request: Request, op: Operation, call: Call) -> Answer:
        key = request.headers.get("idempotency-key")
        if request.method != "POST" or not key:
            return self._execute(request, op, call, key)
        digest = digest_of(request)
        earlier = self._store.replay(op.system, key)
        if earlier is not None:
            first_digest, _, body = earlier
            if first_digest != digest:
                message = "This Idempotency-Key was used with another request."
                raise VendorError(422, "idempotency_key_reused", message)
            return Answer(200, body, {"Idempotent-Replayed": "true"})
        answer = self._execute(request, op, call, key)
        self._store.remember(op.system, key, digest, answer.status, answer.body)
        return answer

    def _execute(self, request: Request, op: Operation, call: Call, key: str | None) -> Answer:
        result: Result = op.handler(call)
        if result.effect is not None:
            self._store.log(
                system=op.system,
                kind="effect",
                operation=op.name,
                method=request.method,
                path=request.target,
                key=key,
                status=result.status,
                subject=result.effect,
                body=json.dumps(result.body),
            )
        return Answer(result.status, result.body)


def in_mood(mood: Mood, answer: Answer | None, system: str, operation: str) -> Answer:
    """What leaves the system, given what really happened and the mood it is in."""
    if mood.status is not None:
        headers = {} if mood.retry_after is None else {"Retry-After": f"{mood.retry_after:g}"}
        body: JsonObject = mood.body or {
            "error": {"code": "unavailable", "message": f"{system} cannot serve {operation} right now."}
        }
        answer = Answer(mood.status, body, headers)
    if answer is None:
        answer = Answer(
            503, {"error": {"code": "unavailable", "message": "The request was not carried out."}}
        )
    return replace(answer, delay=mood.delay, cut=mood.cut, hang=mood.hang)

"""A subscriber to the platform's outbound webhooks: verifies Standard Webhooks signatures, keeps what came.

    PUT  /subscriber/<name>/secret    {"secret": "whsec_..."}   from then on every message must be signed with it
    POST /subscriber/<name>           204; 401 when the signature or the timestamp is wrong
    GET  /subscriber/<name>/messages  {"results": [{webhook_id, timestamp, type, body, verified, duplicate}, ...],
                                       "rejected": n};  [?type=] narrows

A message whose `webhook-id` came before is answered like the first and listed with `duplicate: true`.
The systems' switch works here too: `{"system": "subscriber", "operation": "<name>", "plan": [...]}`.
"""

import base64
import binascii
import json
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from config.demo.systems.application import in_mood
from config.demo.systems.messages import Answer, JsonObject, Request, VendorError
from config.demo.systems.store import Store, utc_now
from config.demo.systems.switch import Switch

SYSTEM = "subscriber"


def check_secret(secret: Any) -> str:
    """A usable `whsec_` secret. Raises `VendorError` (422)."""
    try:
        if not isinstance(secret, str):
            raise TypeError
        if len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) < 16:
            raise ValueError
    except (TypeError, ValueError, binascii.Error) as error:
        message = "secret must be whsec_ and at least 16 bytes in base64."
        raise VendorError(422, "invalid_field", message, field="secret") from error
    return secret


class Subscriber:
    """All named subscribers over one store."""

    def __init__(self, store: Store, switch: Switch) -> None:
        self._store = store
        self._switch = switch

    def answer(self, request: Request) -> Answer:
        """Answers one request below /subscriber/."""
        parts = request.path.strip("/").split("/")[1:]
        with self._store.transaction():
            match (request.method, parts):
                case ("POST", [name]):
                    return self._receive(request, name)
                case ("PUT", [name, "secret"]):
                    return self._set_secret(request, name)
                case ("GET", [name, "messages"]):
                    return self._messages(request, name)
        raise VendorError(404, "not_found", f"Nothing at {request.method} {request.path}.")

    def _set_secret(self, request: Request, name: str) -> Answer:
        secret = check_secret(request.json_object().get("secret"))
        self._store.save_setting(f"{SYSTEM}.{name}.secret", secret)
        return Answer(204)

    def _receive(self, request: Request, name: str) -> Answer:
        mood = self._switch.take(SYSTEM, name, self._body_for_matching(request))
        answer = self._accept(request, name) if mood.effect else None
        answer = in_mood(mood, answer, SYSTEM, name)
        self._store.log(
            system=SYSTEM,
            kind="request",
            operation=name,
            method=request.method,
            path=request.target,
            key=request.headers.get("webhook-id"),
            status=0 if answer.cut or answer.hang else answer.status,
            body=request.body.decode("utf-8", "replace"),
        )
        return answer

    def _body_for_matching(self, request: Request) -> JsonObject:
        try:
            return request.json_object()
        except VendorError:
            return {}

    def _accept(self, request: Request, name: str) -> Answer:
        secret = self._store.setting(f"{SYSTEM}.{name}.secret")
        if secret is not None:
            try:
                Webhook(secret).verify(request.body, request.headers)
            except WebhookVerificationError as error:
                return VendorError(401, "bad_signature", str(error)).answer()
        try:
            body = json.loads(request.body)
        except ValueError:
            return VendorError(400, "malformed_json", "The body is not JSON.").answer()
        self._keep(request, name, body, verified=secret is not None)
        return Answer(204)

    def _keep(self, request: Request, name: str, body: Any, *, verified: bool) -> None:
        webhook_id = request.headers.get("webhook-id", "")
        duplicate = bool(self._store.find(SYSTEM, name, {"webhook_id": webhook_id}, limit=1))
        message = {
            "id": f"{self._store.next_number(SYSTEM, name):06d}",
            "received_at": utc_now(),
            "webhook_id": webhook_id,
            "timestamp": request.headers.get("webhook-timestamp", ""),
            "type": body.get("type", "") if isinstance(body, dict) else "",
            "body": body,
            "verified": verified,
            "duplicate": duplicate,
        }
        self._store.put(SYSTEM, name, message)

    def _messages(self, request: Request, name: str) -> Answer:
        filters = {"type": request.query["type"]} if "type" in request.query else {}
        found = self._store.find(SYSTEM, name, filters, limit=10_000)
        _, lines = self._store.log_lines({"system": SYSTEM, "operation": name, "kind": "request"}, 0, 10_000)
        rejected = sum(line["status"] == 401 for line in lines)
        return Answer(200, {"results": found, "rejected": rejected})

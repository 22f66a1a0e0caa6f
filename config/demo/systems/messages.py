"""What crosses the wire: one request, one answer, and the errors a vendor's API would send."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; header names are lower case, `body` is raw."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The decoded path without its query string."""
        return unquote(self.target.split("?", 1)[0])

    @property
    def query(self) -> dict[str, str]:
        """The query string; of a repeated name the last value counts."""
        _, _, raw = self.target.partition("?")
        return dict(parse_qsl(raw, keep_blank_values=True))

    def json_object(self) -> JsonObject:
        """The body as a JSON object; an empty body is an empty object. Raises `VendorError` (400) otherwise."""
        if not self.body:
            return {}
        try:
            value = json.loads(self.body)
        except ValueError as error:
            raise VendorError(400, "malformed_json", f"The body is not JSON: {error}.") from error
        if not isinstance(value, dict):
            raise VendorError(400, "malformed_json", "The body must be a JSON object.")
        return value


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. `delay` is in seconds; `cut` closes the connection unanswered, `hang` never answers."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: bool = False
    hang: bool = False

    def encoded(self) -> bytes:
        """The body as it goes over the wire; nothing for None."""
        return b"" if self.body is None else json.dumps(self.body, separators=(",", ":")).encode()


class VendorError(Exception):
    """A refusal, shaped like a vendor's error body: {"error": {"code", "message", "field"?}}."""

    def __init__(self, status: int, code: str, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        error = {"code": code, "message": message}
        if field is not None:
            error["field"] = field
        self.body: JsonObject = {"error": error}

    def answer(self) -> Answer:
        """The HTTP answer for this refusal."""
        headers = {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}
        return Answer(self.status, self.body, headers)

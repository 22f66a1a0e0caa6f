"""Domain errors: each has a stable code, says what is wrong and how to mend it, and maps to RFC 9457 problem+json."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: a JSON pointer or field name, what is wrong, a stable code, and the remedy."""

    pointer: str
    message: str
    code: str = "invalid"
    remedy: str = ""
    line: int | None = None

    def to_json(self) -> dict[str, Any]:
        shape: dict[str, Any] = {"pointer": self.pointer, "detail": self.message, "code": self.code}
        if self.remedy:
            shape["remedy"] = self.remedy
        if self.line is not None:
            shape["line"] = self.line
        return shape


@dataclass
class DomainError(Exception):
    """A command was refused. Subclasses fix the HTTP status; ``code`` is stable and documented."""

    code: str
    detail: str
    errors: Sequence[Problem] = ()
    extra: dict[str, Any] = field(default_factory=dict)

    status = 400
    title = "Bad request"

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class Invalid(DomainError):
    status = 422
    title = "The input is not valid"


class Unauthorized(DomainError):
    status = 401
    title = "Sign in or send a valid key"


class Forbidden(DomainError):
    status = 403
    title = "Not allowed"


class NotFound(DomainError):
    status = 404
    title = "Not found"


class Conflict(DomainError):
    status = 409
    title = "The state does not allow this"


class PreconditionFailed(DomainError):
    status = 412
    title = "The resource has changed"


class TooLarge(DomainError):
    status = 413
    title = "Too large"


class TooMany(DomainError):
    status = 429
    title = "Too many requests"

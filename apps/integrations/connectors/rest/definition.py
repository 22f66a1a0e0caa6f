"""What a connection's definition says, typed. Texts that begin with ``=`` are expressions, resolved at each call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DEFAULT_TIMEOUT = 10.0
MAX_TIMEOUT = 60.0
MAX_RESPONSE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Path:
    """A path: one expression, or literals and ``{expressions}`` in turn, the latter percent-encoded."""

    expression: str | None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestSpec:
    """How a request is made of the variables."""

    method: str
    path: Path
    query: Mapping[str, Any]
    headers: Mapping[str, Any]
    body: Any
    has_body: bool
    form: bool


@dataclass(frozen=True, slots=True)
class Lookup:
    """How to find out whether an earlier, ambiguous call had its effect."""

    request: RequestSpec
    found: str
    result: Any


@dataclass(frozen=True, slots=True)
class Idempotency:
    """Why sending twice does no harm: ``key``, ``natural``, ``query``; ``none``: it does, so a person decides."""

    kind: str
    header: str = "Idempotency-Key"
    lookup: Lookup | None = None


@dataclass(frozen=True, slots=True)
class ErrorSpec:
    """How refusals are read: which statuses are worth another try, and where the vendor says what is wrong."""

    retryable: frozenset[int] = frozenset()
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    description: str
    request: RequestSpec
    success: frozenset[int] | str | None
    result: Any
    errors: ErrorSpec
    idempotency: Idempotency
    input_schema: Mapping[str, Any] | None
    timeout: float


@dataclass(frozen=True, slots=True)
class Auth:
    """How the credential goes into a request; ``kind`` empty: as the credential's own kind says."""

    kind: str = ""
    header: str = "Authorization"
    prefix: str = "Bearer "


@dataclass(frozen=True, slots=True)
class Definition:
    auth: Auth
    headers: Mapping[str, Any]
    operations: Mapping[str, Operation]
    test: str = ""
    config_required: tuple[str, ...] = field(default=())

"""Errors of integrations."""

from typing import Any

from apps.core.errors import Conflict, Invalid, NotFound, Unauthorized


class OperationError(Exception):
    """An operation of another system did not succeed.

    ``retryable``: the same call may be sent again by itself. ``ambiguous``: the other system may have acted all the
    same. ``retry_after`` is in seconds, a lower bound. ``details`` hold masked excerpts for the person who looks.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        retryable: bool = False,
        ambiguous: bool = False,
        retry_after: float | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.retryable = retryable
        self.ambiguous = ambiguous
        self.retry_after = retry_after
        self.details = details or {}


class CredentialUnreadable(RuntimeError):
    """A stored secret does not decrypt with this tenant's keys."""


class UnknownConnection(NotFound):
    def __init__(self) -> None:
        super().__init__("not_found", "There is no such connection.")


class UnknownHook(NotFound):
    def __init__(self) -> None:
        super().__init__("not_found", "There is no such hook.")


class UnknownEndpoint(NotFound):
    def __init__(self) -> None:
        super().__init__("not_found", "There is no such webhook endpoint.")


class BadSignature(Unauthorized):
    """The message is not signed with a live secret of the hook; ``why`` helps whoever sets up the sender."""

    def __init__(self, why: str) -> None:
        super().__init__("bad_signature", why)


class BodyConflict(Conflict):
    """A message with this id came before, with another body."""

    def __init__(self, event_id: str) -> None:
        super().__init__(
            "id_reused",
            "A message with this id was received before with another body. It was not stored; somebody was told.",
            extra={"id": event_id},
        )


class MappingFailed(Exception):
    """A message does not become an event: where in the mapping, and why."""

    def __init__(self, code: str, pointer: str, message: str) -> None:
        super().__init__(f"{pointer}: {message}")
        self.code = code
        self.pointer = pointer
        self.message = message


class NotReplayable(Conflict):
    def __init__(self, status: str) -> None:
        super().__init__(
            "not_replayable", f"Only what failed or was ignored can be replayed; this one is {status}."
        )


class InvalidConnection(Invalid):
    """The definition or configuration of a connection has problems; each with pointer and remedy."""

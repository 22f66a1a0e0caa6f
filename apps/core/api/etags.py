"""ETags of what can be edited: the row's version, so that nobody overwrites a change he has not seen."""

from typing import Any

from rest_framework.request import Request

from apps.core.errors import PreconditionFailed


def etag(row: Any) -> str:
    """Return the strong ETag of a row with a version: ``"7"``."""
    return f'"{row.version}"'


def check_if_match(request: Request, row: Any) -> None:
    """Raise PreconditionFailed if the request names a version in ``If-Match`` and the row has moved on."""
    wanted = request.headers.get("If-Match", "").strip()
    if not wanted or wanted == "*":
        return
    if etag(row) not in {candidate.strip() for candidate in wanted.split(",")}:
        raise PreconditionFailed(
            "version_mismatch",
            "It was changed since you read it. Read it again and repeat your change.",
            extra={"current_etag": etag(row)},
        )


def is_unchanged(request: Request, row: Any) -> bool:
    """Whether the reader already has this version (``If-None-Match``)."""
    held = request.headers.get("If-None-Match", "")
    return bool(held) and etag(row) in {part.strip().removeprefix("W/") for part in held.split(",")}

"""Pages of a list by cursor: stable while rows are added, and as quick on page 1000 as on page 1."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Model, QuerySet
from rest_framework.request import Request

from apps.core.errors import Invalid, Problem
from apps.core.rows import Listing

DEFAULT_LIMIT = 25
MAX_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Page:
    """One page: the rows, and the URLs of its neighbours (None where there are none)."""

    rows: Sequence[Any]
    next: str | None
    previous: str | None


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where a page begins: after the row of this id, read forwards or backwards."""

    after: UUID
    backwards: bool

    def encode(self) -> str:
        raw = (b"\x01" if self.backwards else b"\x00") + self.after.bytes
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "_Cursor":
        try:
            raw = base64.b64decode(
                text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True
            )
        except (binascii.Error, UnicodeEncodeError, ValueError) as error:
            raise _invalid(
                "cursor", "Follow the next and previous links instead of making cursors."
            ) from error
        if len(raw) != 17 or raw[0] > 1:
            raise _invalid("cursor", "Follow the next and previous links instead of making cursors.")
        return cls(after=UUID(bytes=raw[1:]), backwards=raw[0] == 1)


def cut_page(found: QuerySet[Any] | Listing[Any], request: Request, *, oldest_first: bool = False) -> Page:
    """Return the page that the request's ``cursor`` and ``limit`` ask for, ordered by id (the newest first)."""
    limit = limit_of(request)
    text = request.query_params.get("cursor")
    cursor = _Cursor.decode(text) if text else None
    backwards = cursor is not None and cursor.backwards
    ascending = oldest_first != backwards
    rows = _read(found, cursor.after if cursor else None, ascending=ascending, limit=limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    if backwards:
        rows.reverse()
    has_next = more if not backwards else True
    has_previous = more if backwards else cursor is not None
    return Page(
        rows=rows,
        next=_link(request, rows[-1], backwards=False) if rows and has_next else None,
        previous=_link(request, rows[0], backwards=True) if rows and has_previous else None,
    )


def _read(
    found: QuerySet[Any] | Listing[Any], after: UUID | None, *, ascending: bool, limit: int
) -> list[Any]:
    if isinstance(found, Listing):
        return found.rows.page(found.equal, after=after, ascending=ascending, limit=limit)
    if after is not None:
        found = found.filter(**{"pk__gt" if ascending else "pk__lt": after})
    return list(found.order_by("pk" if ascending else "-pk")[:limit])


def limit_of(request: Request) -> int:
    """Return how many rows a page is to have; raise Invalid if that cannot be read."""
    text = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not text.isascii() or not text.isdecimal() or len(text) > 4 or not 1 <= int(text) <= MAX_LIMIT:
        raise _invalid("limit", f"Use a whole number from 1 to {MAX_LIMIT}.")
    return int(text)


def _link(request: Request, row: Model, *, backwards: bool) -> str:
    query = {name: value for name, value in request.query_params.items() if name != "cursor"}
    query["cursor"] = _Cursor(after=row.pk, backwards=backwards).encode()
    return request.build_absolute_uri(f"{request.path}?{urlencode(query)}")


def _invalid(name: str, message: str) -> Invalid:
    return Invalid(f"invalid_{name}", message, [Problem(f"/{name}", message, f"invalid_{name}")])

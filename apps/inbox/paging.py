"""Cursors of lists that are sorted by something else than the id. Pure."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.inbox.exceptions import BadCursor


@dataclass(frozen=True, slots=True)
class Cursor:
    """Beyond which row a page begins: its group, moment and id; ``backwards`` reads towards the start."""

    group: str
    moment: datetime
    id: UUID
    backwards: bool = False

    def encode(self) -> str:
        held = [self.group, self.moment.isoformat(), self.id.hex, int(self.backwards)]
        return base64.urlsafe_b64encode(json.dumps(held).encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor | None":
        """Return the cursor, None for ""; raise BadCursor if it is none."""
        if not text:
            return None
        try:
            raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), b"-_", validate=True)
            group, moment, number, backwards = json.loads(raw)
            read = datetime.fromisoformat(moment)
            if not isinstance(group, str) or "\x00" in group or read.tzinfo is None:
                raise BadCursor
            return cls(group, read, UUID(hex=number), bool(backwards))
        except (binascii.Error, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise BadCursor from error


def neighbours(
    rows: Sequence[Cursor], *, limit: int, asked: Cursor | None
) -> tuple[Sequence[Cursor], str, str]:
    """Cut ``limit + 1`` rows, in the order they were read in, to a page in the list's own order.

    Return the page and the cursors of the next and the previous one, "" where there is none.
    """
    backwards = asked is not None and asked.backwards
    more, page = len(rows) > limit, list(rows[:limit])
    if backwards:
        page.reverse()
    if not page:
        return [], "", ""
    last, first = page[-1], page[0]
    following = Cursor(last.group, last.moment, last.id) if more or backwards else None
    preceding = (
        Cursor(first.group, first.moment, first.id, backwards=True)
        if (more if backwards else asked is not None)
        else None
    )
    return page, following.encode() if following else "", preceding.encode() if preceding else ""

"""The inbox of one person: pages by cursor and honest counts, each one statement however much waits."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from apps.accounts.selectors.users import NOBODY
from apps.core.actor import Actor
from apps.inbox.choices import ItemKind, Show
from apps.inbox.models import Mark
from apps.inbox.paging import Cursor, neighbours
from apps.inbox.selectors.entries import load_entries
from apps.inbox.selectors.sources import COLUMNS, waiting_sql
from apps.inbox.types import Counts, EntryPage, KindCount, Wanted

PAGE = 25
_SHOWN = {
    Show.WAITING: "NOT i_snoozed",
    Show.UNREAD: "NOT i_snoozed AND NOT i_read",
    Show.OVERDUE: "i_overdue",
    Show.SNOOZED: "i_snoozed",
}
_NAMES = ", ".join(COLUMNS)
_COUNT = """
SELECT i_kind, count(*) FILTER (WHERE NOT i_snoozed), count(*) FILTER (WHERE i_snoozed),
       count(*) FILTER (WHERE NOT i_snoozed AND NOT i_read), count(*) FILTER (WHERE i_overdue),
       min(i_since) FILTER (WHERE NOT i_snoozed),
       coalesce(bit_xor(hash_record_extended(ROW(id, version, i_read, i_snoozed, i_overdue, i_rank), 0)), 0)
"""


def count_waiting(actor: Actor, wanted: Wanted | None = None) -> Counts:
    """Return how much waits for the actor (of what is wanted; all unless said), by kind, in one statement."""
    held = (wanted or Wanted()).but(show="", group="")
    kinds: dict[str, KindCount] = {}
    marks: list[str] = []
    for kind, waiting, snoozed, unread, overdue, oldest, pulse in _ask(
        _COUNT, actor, held, " GROUP BY i_kind"
    ):
        kinds[kind] = KindCount(waiting, snoozed, unread, overdue, oldest)
        marks.append(f"{kind}:{waiting}:{snoozed}:{pulse}")
    return Counts(kinds, "|".join(sorted(marks)))


def total_waiting(actor: Actor) -> int:
    """Return how much waits for the actor and is not put off; one statement."""
    rows = _ask("SELECT count(*)", actor, Wanted(), " WHERE NOT i_snoozed")
    return int(rows[0][0]) if rows else 0


def page_waiting(actor: Actor, wanted: Wanted, *, cursor: str = "", limit: int = PAGE) -> EntryPage:
    """Return a page of what waits, the most urgent first (within its group, if grouped); raise BadCursor.

    The number of statements depends on the kinds on the page alone.
    """
    asked = Cursor.decode(cursor)
    backwards = asked is not None and asked.backwards
    direction = " DESC" if backwards else ""
    tail = f" WHERE {_SHOWN[Show(wanted.show)]}"
    parameters: list[Any] = []
    if asked is not None:
        tail += f" AND (i_group, i_rank, id) {'<' if backwards else '>'} (%s, %s, %s)"
        parameters += [asked.group, asked.moment, asked.id]
    tail += f" ORDER BY i_group{direction}, i_rank{direction}, id{direction} LIMIT {limit + 1}"
    found = _ask(f"SELECT {_NAMES}", actor, wanted, tail, parameters)
    rows = {row[1]: row for row in found}
    page, following, preceding = neighbours(
        [Cursor(row[4], row[3], row[1]) for row in found], limit=limit, asked=asked
    )
    entries = load_entries([rows[place.id] for place in page], actor)
    return EntryPage(entries, following, preceding)


def still_waiting(actor: Actor, item_ids: Sequence[UUID]) -> dict[UUID, tuple[ItemKind, bool]]:
    """Return those of the items that wait for the actor: their kind, and whether they are overdue; one statement."""
    rows = _ask("SELECT id, i_kind, i_overdue", actor, Wanted(), " WHERE id = ANY(%s)", [list(item_ids)])
    return {row[0]: (ItemKind(row[1]), row[2]) for row in rows}


def next_decision(actor: Actor, *, after: UUID) -> UUID | None:
    """Return the most urgent decision that waits for the actor, other than ``after``; one statement."""
    tail = " WHERE NOT i_snoozed AND id <> %s ORDER BY i_rank, id LIMIT 1"
    wanted = Wanted(kind=ItemKind.DECISION.value)
    rows = _ask("SELECT id", actor, wanted, tail, [after])
    return rows[0][0] if rows else None


def _ask(
    select: str, actor: Actor, wanted: Wanted, tail: str, parameters: list[Any] | None = None
) -> list[tuple[Any, ...]]:
    sql, held = waiting_sql(actor, wanted)
    if not sql or actor.user_id is None:
        return []
    names = ", ".join(COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"{select} FROM ({sql}) AS waiting ({names}){tail}",
            [*held, *(parameters or [])],
        )
        return list(cursor.fetchall())


def is_unread(actor: Actor, item_id: UUID) -> bool:
    """Whether the actor has not looked at the item yet."""
    return not Mark.objects.filter(
        user_id=actor.user_id or NOBODY, item_id=item_id, read_at__isnull=False
    ).exists()

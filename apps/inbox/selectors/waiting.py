"""The inbox of one person: pages by cursor and honest counts, each one statement however much waits."""

from collections.abc import Sequence
from dataclasses import dataclass
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
       coalesce(bit_xor(hashfloat8extended(date_part('epoch', i_rank), uuid_hash_extended(
           id, version * 8 + i_read::int * 4 + i_snoozed::int * 2 + i_overdue::int))), 0)
"""


@dataclass(frozen=True, slots=True)
class Held:
    """All that waits for one person, as a statement that is asked more than once; making it costs as much as asking."""

    sql: str
    parameters: tuple[Any, ...]


def hold_all(actor: Actor) -> Held:
    """Return the statement of everything that waits for the actor, snoozed or not, in no groups."""
    return Held(*waiting_sql(actor, Wanted()))


def count_waiting(actor: Actor, wanted: Wanted | None = None, *, held: Held | None = None) -> Counts:
    """Return how much waits for the actor (of what is wanted; all unless said), by kind, in one statement.

    ``held`` is ``hold_all`` of the actor, if all is wanted and it is at hand.
    """
    part = (wanted or Wanted()).but(show="", group="")
    kinds: dict[str, KindCount] = {}
    marks: list[str] = []
    for kind, waiting, snoozed, unread, overdue, oldest, pulse in _ask(
        _COUNT, actor, part, " GROUP BY i_kind", held=held
    ):
        kinds[kind] = KindCount(waiting, snoozed, unread, overdue, oldest)
        marks.append(f"{kind}:{waiting}:{snoozed}:{pulse}")
    return Counts(kinds, "|".join(sorted(marks)))


def total_waiting(actor: Actor) -> int:
    """Return how much waits for the actor and is not put off; one statement."""
    rows = _ask("SELECT count(*)", actor, Wanted(), " WHERE NOT i_snoozed")
    return int(rows[0][0]) if rows else 0


def page_waiting(
    actor: Actor, wanted: Wanted, *, cursor: str = "", limit: int = PAGE, held: Held | None = None
) -> EntryPage:
    """Return a page of what waits, the most urgent first (within its group, if grouped); raise BadCursor.

    The number of statements depends on the kinds on the page alone. ``held`` is ``hold_all`` of the actor, if at hand.
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
    is_all = wanted.but(show="") == Wanted()
    found = _ask(f"SELECT {_NAMES}", actor, wanted, tail, parameters, held=held if is_all else None)
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
    select: str,
    actor: Actor,
    wanted: Wanted,
    tail: str,
    parameters: list[Any] | None = None,
    *,
    held: Held | None = None,
) -> list[tuple[Any, ...]]:
    held = held or Held(*waiting_sql(actor, wanted))
    if not held.sql or actor.user_id is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"{select} FROM ({held.sql}) AS waiting ({_NAMES}){tail}",
            [*held.parameters, *(parameters or [])],
        )
        return list(cursor.fetchall())


def is_unread(actor: Actor, item_id: UUID) -> bool:
    """Whether the actor has not looked at the item yet."""
    return not Mark.objects.filter(
        user_id=actor.user_id or NOBODY, item_id=item_id, read_at__isnull=False
    ).exists()

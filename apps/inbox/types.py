"""Values of the inbox."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.core.money import Money
from apps.inbox.choices import Grouping, ItemKind, Show


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of what waits, and how grouped; "" stands for all."""

    kind: str = ""
    show: str = Show.WAITING.value
    search: str = ""
    customer: str = ""
    template: str = ""
    group: str = Grouping.NONE.value

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> "Wanted":
        """Return what the values ask for; what is unknown or no text counts as not said."""
        texts = {name: str(values.get(name) or "").replace("\x00", "").strip()[:120] for name in _NAMES}
        known = {"kind": ItemKind.values, "show": Show.values, "group": Grouping.values}
        return cls(**{name: text if text in known.get(name, [text]) else "" for name, text in texts.items()})

    @property
    def is_narrow(self) -> bool:
        """Whether something is left out that waits."""
        return bool(self.kind or self.search or self.customer or self.template or self.show)

    def but(self, **changes: str) -> "Wanted":
        return replace(self, **changes)

    def to_json(self) -> dict[str, str]:
        """Return what is said, by name."""
        return {name: value for name, value in asdict(self).items() if value}


_NAMES = ("kind", "show", "search", "customer", "template", "group")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that waits. ``asks_as`` is the stage, role or owner because of which it waits for the reader.

    ``group`` is the heading's key (see ``Wanted.group``); ``urgent_at`` what the list is sorted by; ``waits_for`` names
    the people whose decision would count now, in the lists of those who do not decide it.
    """

    kind: ItemKind
    id: UUID
    title: str
    about: str
    text: str
    asked_by: str
    asks_as: str
    customer: str
    template: str
    run_id: UUID | None
    since: datetime
    due_at: datetime | None
    amount: Money | None
    urgent_at: datetime
    is_unread: bool = False
    is_snoozed: bool = False
    snoozed_until: datetime | None = None
    group: str = ""
    show_hash: str = ""
    waits_for: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class KindCount:
    """How much of one kind waits now, is put off, is unread and overdue, and since when the oldest waits."""

    waiting: int = 0
    snoozed: int = 0
    unread: int = 0
    overdue: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Honest numbers of everything that waits for one person. ``pulse`` changes whenever the list would."""

    kinds: Mapping[str, KindCount]
    pulse: str

    def of(self, kind: str) -> KindCount:
        return self.kinds.get(kind, KindCount())

    @property
    def all(self) -> KindCount:
        held = list(self.kinds.values())
        return KindCount(
            waiting=sum(one.waiting for one in held),
            snoozed=sum(one.snoozed for one in held),
            unread=sum(one.unread for one in held),
            overdue=sum(one.overdue for one in held),
            oldest=min((one.oldest for one in held if one.oldest), default=None),
        )


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One page of the list; the cursors of its neighbours are "" where there are none."""

    entries: Sequence[Entry]
    next: str
    previous: str


@dataclass(frozen=True, slots=True)
class Load:
    """What one person holds: open decisions, how many overdue, how long the oldest and the middle one have waited."""

    user_id: UUID
    label: str
    waiting: int
    overdue: int
    oldest: datetime
    median_since: datetime

"""Due dates as an iCalendar text (RFC 5545). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

SHOWN_FOR = timedelta(minutes=15)
"""Calendars draw entries of no length badly: each ends at its deadline."""
_LINE = 73


@dataclass(frozen=True, slots=True)
class DueEntry:
    """What is due when; ``url`` leads to its page."""

    id: UUID
    title: str
    due_at: datetime
    url: str


def calendar_text(entries: Iterable[DueEntry], *, name: str, host: str, at: datetime) -> str:
    """Return the calendar called ``name``, made at ``at``: titles, deadlines and links, nothing else."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{_text(name)}//Due dates//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
        "X-PUBLISHED-TTL:PT1H",
    ]
    for entry in entries:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{entry.id}@{host}",
            f"DTSTAMP:{_moment(at)}",
            f"DTSTART:{_moment(entry.due_at - SHOWN_FOR)}",
            f"DTEND:{_moment(entry.due_at)}",
            f"SUMMARY:{_text(entry.title)}",
            f"URL:{entry.url}",
            f"DESCRIPTION:{_text(entry.url)}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    return "".join(f"{line}\r\n" for long in [*lines, "END:VCALENDAR"] for line in _folded(long))


def _moment(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "".join(char for char in escaped.replace("\r", "").replace("\n", "\\n") if char.isprintable())


def _folded(line: str) -> Iterable[str]:
    """Lines hold at most 75 bytes; a longer one goes on behind a blank."""
    piece, size = "", 0
    for char in line:
        width = len(char.encode())
        if size + width > _LINE:
            yield piece
            piece, size = " ", 1
        piece += char
        size += width
    yield piece

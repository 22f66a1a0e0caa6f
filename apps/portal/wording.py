"""Words of the portal's pages: counts, names of roles and systems, JSON values as people read them. Pure."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from apps.core.errors import Invalid
from apps.core.money import Money
from apps.core.templatetags.ui import day, exact_words, money

_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")
_ABBREVIATIONS = {
    "psa": "PSA",
    "erp": "ERP",
    "crm": "CRM",
    "itsm": "ITSM",
    "id": "ID",
    "url": "URL",
    "sla": "SLA",
}
_NOTHING = "—"


WHOSE_TIME = {
    "us": "our time",
    "customer": "the customer’s time",
    "vendor_system": "a connected system’s time",
    "third_party": "a third party’s time",
}
"""Whose time a pause is, by party."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return "1 approval", "3 approvals"."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def joined(parts: Iterable[str]) -> str:
    """Return "a, b and c"."""
    words = [part for part in parts if part]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def capital(text: str) -> str:
    """Return the text with its first letter in upper case, the others as they are."""
    return text[:1].upper() + text[1:]


def titled(title: str, about: str) -> str:
    """Return "Approve the team: ERP rollout"; after a question mark no colon is needed."""
    if not about:
        return title
    return f"{title} {about}" if title.endswith(("?", "!", ".")) else f"{title}: {about}"


def label_of(name: str) -> str:
    """Return a name out of data as a label: ``start_date`` is "Start date", ``erp_id`` "ERP ID"."""
    words = [_ABBREVIATIONS.get(word.lower(), word) for word in name.replace("-", "_").split("_") if word]
    return capital(" ".join(words))


def role_words(role: str) -> str:
    """Return a role within a sentence: "delivery manager"."""
    return role.replace("_", " ")


def system_words(slot: str) -> str:
    """Return a slot within a sentence: "the PSA"."""
    return (
        f"the {_ABBREVIATIONS.get(slot.lower(), label_of(slot).lower() if len(slot) > 4 else slot.upper())}"
    )


def since_words(moment: datetime, now: datetime) -> str:
    """Return since when, as one says it: "09:14", "yesterday", "Tuesday", "12 March"."""
    local, today = localtime(moment), localtime(now).date()
    age = (today - local.date()).days
    if age <= 0:
        return f"{local:%H:%M}"
    if age == 1:
        return "yesterday"
    if age < 7:
        return f"{local:%A}"
    year = f" {local.year}" if local.year != today.year else ""
    return f"{local.day} {local:%B}{year}"


def read_money(value: Any) -> Money | None:
    """Return the value as money if it has the shape of money."""
    if isinstance(value, Mapping) and value.keys() >= {"amount", "currency"}:
        try:
            return Money.from_json(value)
        except Invalid:
            return None
    return None


def facts_of(shown: Mapping[str, Any], *, without: Iterable[str] = ()) -> list[tuple[str, SafeString]]:
    """Return label and value of everything a mapping holds that is not empty."""
    left_out = set(without)
    return [
        (label_of(name), value_words(value))
        for name, value in shown.items()
        if name not in left_out and value not in (None, "", [], {})
    ]


def value_words(value: Any) -> SafeString:
    """Return a JSON value as people read it: money, dates, lists in words, objects as label and value."""
    amount = read_money(value)
    if amount is not None:
        return money(amount)
    if isinstance(value, bool):
        return SafeString("yes" if value else "no")
    if value is None or value in ("", [], {}):
        return SafeString(_NOTHING)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return format_html_join(", ", "{}", ((value_words(item),) for item in value))
    if isinstance(value, Mapping):
        return _mapping(value)
    return format_html("{}", value)


def _mapping(value: Mapping[str, Any]) -> SafeString:
    named = value.get("name") or value.get("title") or value.get("role")
    count = value.get("count")
    if isinstance(named, str) and isinstance(count, int):
        return format_html("{} × {}", count, role_words(named))
    if isinstance(named, str) and len(value) <= 3:
        rest = [part for key, part in value.items() if part != named and isinstance(part, str) and part]
        return format_html("{} ({})", named, joined(rest)) if rest else format_html("{}", named)
    return format_html_join(
        ", ", "{}: {}", ((label_of(key).lower(), value_words(part)) for key, part in value.items())
    )


def _text(value: str) -> SafeString:
    try:
        if _DATE.match(value):
            return day(date.fromisoformat(value))
        if _MOMENT.match(value):
            return format_html("{}", exact_words(datetime.fromisoformat(value)))
    except ValueError:
        pass
    return format_html("{}", value)


def is_uuid(text: str) -> bool:
    """Whether the text is an id."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def worth_saying(span: timedelta) -> bool:
    """Whether a wait is long enough to be mentioned."""
    return span >= timedelta(seconds=60)

"""Values out of data as people read them: labels, money, dates, lists. Pure."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.core.errors import Invalid
from apps.core.money import Money
from apps.core.templatetags.ui import day, exact_words, money

_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")
ABBREVIATIONS = {
    "psa": "PSA",
    "erp": "ERP",
    "crm": "CRM",
    "itsm": "ITSM",
    "id": "ID",
    "url": "URL",
    "sla": "SLA",
}
_NOTHING = "—"


def capital(text: str) -> str:
    """Return the text with its first letter in upper case, the others as they are."""
    return text[:1].upper() + text[1:]


def joined(parts: Iterable[str]) -> str:
    """Return "a, b and c"."""
    words = [part for part in parts if part]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def label_of(name: str) -> str:
    """Return a name out of data as a label: ``start_date`` is "Start date", ``erp_id`` "ERP ID"."""
    words = [ABBREVIATIONS.get(word.lower(), word) for word in name.replace("-", "_").split("_") if word]
    return capital(" ".join(words))


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


def role_words(role: str) -> str:
    """Return a role within a sentence: "delivery manager"."""
    return role.replace("_", " ")


def is_uuid(text: str) -> bool:
    """Whether the text is an id."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True

"""Words of the portal: counts, names of systems, times. Those of values out of data are in ``core.data_words``. Pure."""

from datetime import datetime, timedelta

from django.utils.timezone import localtime

from apps.core.data_words import (
    ABBREVIATIONS,
    capital,
    facts_of,
    is_uuid,
    joined,
    label_of,
    read_money,
    role_words,
    value_words,
)

__all__ = [
    "WHOSE_TIME",
    "capital",
    "counted",
    "facts_of",
    "is_uuid",
    "joined",
    "label_of",
    "read_money",
    "role_words",
    "since_words",
    "system_words",
    "titled",
    "value_words",
    "worth_saying",
]

WHOSE_TIME = {
    "us": "our time",
    "customer": "the customer’s time",
    "vendor_system": "a connected system’s time",
    "third_party": "a third party’s time",
}
"""Whose time a pause is, by party."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return "1 approval", "3 approvals", "12,000 approvals"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def titled(title: str, about: str) -> str:
    """Return "Approve the team: ERP rollout"; after a question mark no colon is needed."""
    if not about:
        return title
    return f"{title} {about}" if title.endswith(("?", "!", ".")) else f"{title}: {about}"


def system_words(slot: str) -> str:
    """Return a slot within a sentence: "the PSA"."""
    return f"the {ABBREVIATIONS.get(slot.lower(), label_of(slot).lower() if len(slot) > 4 else slot.upper())}"


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


def worth_saying(span: timedelta) -> bool:
    """Whether a wait is long enough to be mentioned."""
    return span >= timedelta(seconds=60)

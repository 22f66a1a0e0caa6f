"""Until when people put things off, in their workspace's time. Pure but for the time zone in use."""

from datetime import datetime, time, timedelta

from django.utils.timezone import get_current_timezone, localtime

_MORNING = time(8)


def snooze_choices() -> list[tuple[str, str]]:
    """Return the values and words to choose from: in three hours, tomorrow, on Monday, in a week."""
    return [
        ("3h", "in 3 hours"),
        ("tomorrow", "tomorrow morning"),
        ("monday", "Monday morning"),
        ("week", "in a week"),
    ]


def snoozed_until(choice: str, at: datetime) -> datetime | None:
    """Return the moment of a choice, or of a typed date and time (in the zone in use); None if it is neither."""
    today = localtime(at).date()
    if choice == "3h":
        return at + timedelta(hours=3)
    days = {"tomorrow": 1, "monday": 7 - today.weekday(), "week": 7}.get(choice)
    if days is not None:
        return datetime.combine(today + timedelta(days=days), _MORNING, get_current_timezone())
    try:
        typed = datetime.fromisoformat(choice)
    except ValueError:
        return None
    return typed if typed.tzinfo else typed.replace(tzinfo=get_current_timezone())

"""Time and money as people say them. Pure; static/src/js/times.js uses the same words."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
SOON = timedelta(days=1)

# From when to how long: "3 h ago", "due in 3 h" / "overdue by 3 h", or the bare "3 h" somebody has waited.
Wording = Literal["ago", "due", "wait"]


def span_in_words(span: timedelta) -> str:
    """Return a length of time in its largest one or two units: "2 d 4 h", "45 min"."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < MINUTE:
        return "less than a minute"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    if seconds < DAY:
        minutes = seconds % HOUR // MINUTE if seconds < 3 * HOUR else 0
        return f"{seconds // HOUR} h" + (f" {minutes} min" if minutes else "")
    hours = seconds % DAY // HOUR if seconds < 3 * DAY else 0
    return f"{seconds // DAY} d" + (f" {hours} h" if hours else "")


def relative(value: datetime, now: datetime, wording: Wording = "ago") -> str:
    """Return a moment as seen from ``now``."""
    return _WORDINGS[wording](now - value)


def _ago(past: timedelta) -> str:
    if past < timedelta():
        return f"in {span_in_words(-past)}"
    return "just now" if past < timedelta(minutes=1) else f"{span_in_words(past)} ago"


def _due(past: timedelta) -> str:
    return f"overdue by {span_in_words(past)}" if past > timedelta() else f"due in {span_in_words(-past)}"


_WORDINGS: dict[Wording, Callable[[timedelta], str]] = {"ago": _ago, "due": _due, "wait": span_in_words}

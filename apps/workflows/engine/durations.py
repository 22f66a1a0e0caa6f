"""ISO 8601 durations of weeks, days, hours, minutes and seconds. Months and years have no fixed length: refused."""

from __future__ import annotations

import re
from datetime import timedelta

_DURATION = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
MAX_DURATION = timedelta(days=3660)


def parse_duration(text: str) -> timedelta:
    """`PT10S`, `P2D`, `P1DT12H`, `P2W` as a timedelta. Raise ValueError for anything else or over ten years."""
    found = _DURATION.fullmatch(text)
    if not found or text.endswith(("P", "T")):
        raise ValueError(f"'{text}' is not a duration like P2D, PT4H or PT30S")
    parts = {name: float(value) for name, value in found.groupdict().items() if value}
    try:
        duration = timedelta(**parts)
    except OverflowError:
        raise ValueError(f"'{text}' is longer than ten years") from None
    if duration > MAX_DURATION:
        raise ValueError(f"'{text}' is longer than ten years")
    return duration


def format_duration(duration: timedelta) -> str:
    """The ISO text of a duration, without zero parts: `P1DT12H`."""
    seconds = duration.total_seconds()
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    time = "".join(f"{value:g}{unit}" for value, unit in ((hours, "H"), (minutes, "M"), (rest, "S")) if value)
    date = f"{days:g}D" if days else ""
    return f"P{date}T{time}" if time else f"P{date or 'T0S'}"

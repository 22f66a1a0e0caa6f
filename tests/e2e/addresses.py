"""What pages are called, and what none of them may say."""

import re
from urllib.parse import urlsplit

PLATFORM = re.compile("through" + "line", re.IGNORECASE)
"""The working name of the platform, which nobody outside may ever read."""
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def sort_of(url: str) -> str:
    """Return what the addresses of pages of one sort have in common."""
    parts = urlsplit(url)
    names = sorted(pair.partition("=")[0] for pair in parts.query.split("&"))
    return f"{parts.netloc}{ID.sub('<id>', parts.path)}?{'&'.join(names)}"

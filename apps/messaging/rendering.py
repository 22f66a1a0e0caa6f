"""From a wording and its values to a letter in the brand."""

import re
from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string

from apps.messaging.exceptions import MessageIncomplete
from apps.messaging.placeholders import fill, fill_line, fill_path, missing_in
from apps.messaging.types import Letter, Recipient, Wording
from tenants.links import Place

_BLANK_LINES = re.compile(r"\n{3,}")


def compose(
    wording: Wording, *, to: Recipient, place: Place, data: Mapping[str, Any], action_url: str = ""
) -> Letter:
    """Return the letter to ``to``; ``action_url`` replaces the wording's own link.

    Raises MessageIncomplete when a placeholder has no value: half a message helps nobody.
    """
    values = _values(to, place) | dict(data)
    missing = [
        path
        for text in (wording.subject, wording.body, wording.action_path)
        for path in missing_in(text, values)
    ]
    if missing:
        raise MessageIncomplete(wording.key, list(dict.fromkeys(missing)))
    path = fill_path(wording.action_path, values) if wording.action_path and not action_url else ""
    url = action_url or (place.url(path) if path else "")
    subject = fill_line(wording.subject, values)
    paragraphs = [filled for part in wording.body.split("\n\n") if (filled := fill(part, values).strip())]
    context = {
        "brand": place.brand,
        "tenant": place.name,
        "logo_src": place.url(place.brand.logo_url) if place.brand.logo_url else "",
        "subject": subject,
        "preheader": next((part for part in paragraphs[1:2]), subject).split("\n")[0],
        "paragraphs": [part.split("\n") for part in paragraphs],
        "code": str(data["code"]) if "code" in data else "",
        "action_url": url,
        "action_label": fill_line(wording.action_label, values),
        "why": wording.why,
    }
    return Letter(
        subject=subject,
        text=_BLANK_LINES.sub("\n\n", render_to_string("email/message.txt", context)).strip() + "\n",
        html=render_to_string("email/message.html", context),
        path=path,
    )


def _values(to: Recipient, place: Place) -> dict[str, Any]:
    return {
        "greeting": f"Hello {to.name}," if to.name else "Hello,",
        "recipient": {"name": to.name, "email": to.email},
        "brand": {"name": place.brand.name},
        "tenant": {"name": place.name},
    }

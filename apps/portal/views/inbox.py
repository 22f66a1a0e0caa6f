"""The first page in the morning: what waits for me."""

from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.core.clock import now
from apps.inbox.choices import Grouping, ItemKind, Show
from apps.inbox.selectors import Held, count_waiting, hold_all, list_filters, page_waiting
from apps.inbox.types import Counts, Wanted
from apps.portal.inbox_tabs import tabs_of
from apps.portal.inbox_titles import inbox_lede, inbox_title
from apps.portal.selectors.inbox import headings_of, line_of
from apps.portal.snoozes import snooze_choices
from apps.portal.views.base import StaffPage

_KINDS = {
    ItemKind.DECISION: "Decisions",
    ItemKind.TASK: "Tasks",
    ItemKind.EXCEPTION: "Exceptions",
}


class InboxPage(StaffPage):
    """What waits, the most urgent first.

    The open page asks for its list again now and then, with the ETag of what it shows: the answer is 304, for the
    price of one statement, as long as the list would be the same.
    """

    section = "inbox"
    action = "inbox:read"

    def get(self, request: HttpRequest) -> HttpResponse:
        wanted = Wanted.read(request.GET.dict())
        held = hold_all(self.actor)
        counts = count_waiting(self.actor, held=held)
        etag = _etag(counts, _address(wanted.to_json(), self.asked_exactly("cursor")))
        is_part = bool(getattr(request, "htmx", False)) and request.headers.get("HX-Target") == "inbox-live"
        if is_part and request.headers.get("If-None-Match") == etag:
            return HttpResponse(status=304, headers={"ETag": etag})
        values = self._values(wanted, counts, held) | {"etag": etag}
        if is_part:
            answer = self.part("portal/inbox/_live.html", values)
            answer["ETag"] = etag
            return answer
        return self.page("portal/inbox/inbox.html", values)

    def _values(self, wanted: Wanted, counts: Counts, held: Held) -> dict[str, Any]:
        page = page_waiting(self.actor, wanted, cursor=self.asked_exactly("cursor"), held=held)
        headings = headings_of(wanted.group, page.entries)
        query = wanted.to_json()
        return {
            "title": inbox_title(counts, now()),
            "lede": inbox_lede(counts),
            "items": [line_of(entry, headings) for entry in page.entries],
            "wanted": wanted,
            "filters": [(row, f"?{urlencode(row.query)}") for row in list_filters(self.actor)],
            "kept": query,
            "narrowed": wanted.is_narrow,
            "tabs": tabs_of("waiting", self.may("inbox:team")),
            "kinds": _kinds(counts, wanted),
            "shows": [choice for choice in Show.choices if choice[0]],
            "groupings": Grouping.choices,
            "next_url": _link(query, page.next),
            "previous_url": _link(query, page.previous),
            "snoozes": snooze_choices(),
            "here": _address(query, self.asked_exactly("cursor")),
            "nav_inbox": counts.all.waiting,
        }


def _kinds(counts: Counts, wanted: Wanted) -> list[dict[str, object]]:
    """The parts of the inbox with their numbers; what is empty is left out."""
    snoozed = wanted.show == Show.SNOOZED
    found: list[tuple[str, int, str, bool]] = [
        ("All", counts.all.waiting, "?", not wanted.kind and not snoozed)
    ]
    found += [
        (word, counts.of(kind).waiting, f"?kind={kind}", wanted.kind == kind and not snoozed)
        for kind, word in _KINDS.items()
        if counts.of(kind).waiting or wanted.kind == kind
    ]
    if counts.all.snoozed or snoozed:
        found.append(("Snoozed", counts.all.snoozed, "?show=snoozed", snoozed))
    names = ("label", "count", "url", "is_chosen")
    return [dict(zip(names, one, strict=True)) for one in found]


def _link(query: dict[str, str], cursor: str) -> str:
    return f"?{urlencode({**query, 'cursor': cursor})}" if cursor else ""


def _address(query: dict[str, str], cursor: str) -> str:
    """Where the page is, whole."""
    asked = urlencode({**query, **({"cursor": cursor} if cursor else {})})
    return f"{reverse('portal:inbox')}?{asked}" if asked else reverse("portal:inbox")


def _etag(counts: Counts, address: str) -> str:
    said = f"{counts.pulse} {address}"
    return f'"{sha256(said.encode()).hexdigest()[:32]}"'

"""What the reader was told: the list behind the bell."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.messaging.models import Message
from apps.messaging.selectors.notices import list_notices
from apps.messaging.services.notices import read_notices
from apps.messaging.ways import kind_of
from apps.portal.paging import list_page
from apps.portal.views.base import StaffPage
from apps.portal.wording import counted

_ICONS = {
    "asked": "inbox",
    "reminded": "clock",
    "stopped": "alert-triangle",
    "reviewed": "shield-check",
    "other": "message",
}


class NotificationsPage(StaffPage):
    """Notices, the latest first; looking at the list leaves them unread until somebody says so."""

    section = "notifications"
    action = "notifications:use"

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = list_notices(self.actor)
        unread_only = self.asked("show") == "unread"
        if unread_only:
            rows = rows.filter(read_at__isnull=True)
        page = list_page(rows, request)
        unread = sum(row.read_at is None for row in page.rows)
        values = {
            "title": _title(unread, bool(page.rows), more=bool(page.next_url)),
            "lines": [(row, _ICONS[kind_of(row.key).value], _first_words(row)) for row in page.rows],
            "page": page,
            "unread": unread,
            "unread_only": unread_only,
        }
        return self.page("portal/notifications/notifications.html", values)

    def post(self, request: HttpRequest) -> HttpResponse:
        here = reverse("portal:notifications")
        try:
            ids = [UUID(text) for text in request.POST.getlist("notices")] or None
        except ValueError:
            ids = []
        number = read_notices(actor=self.actor, ids=ids)
        if getattr(request, "htmx", False):
            return HttpResponse(status=204)
        return self.done(here, f"{counted(number, 'notice')} marked as read.")


def _title(unread: int, some: bool, *, more: bool) -> str:
    if not some:
        return "You have been told nothing yet"
    if not unread:
        return "Nothing new"
    return f"{counted(unread, 'new notice')}{' and more' if more else ''}"


def _first_words(row: Message) -> str:
    """What the message tells behind its greeting; of an approval its details, as its title says the rest."""
    paragraphs = [part.strip() for part in row.text.split("\n\n") if part.strip()][1:]
    chosen = paragraphs[1:2] if row.key.startswith("approval-") and len(paragraphs) > 2 else paragraphs[:1]
    return " · ".join(line.strip() for line in chosen[0].splitlines()) if chosen else ""

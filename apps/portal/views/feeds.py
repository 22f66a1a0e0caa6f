"""A person's due dates for his calendar, under a secret address."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.views import View

from apps.core.clock import now
from apps.inbox.calendar_text import calendar_text
from apps.inbox.exceptions import UnknownFeed
from apps.inbox.selectors.feeds import due_entries, reader_of_feed
from tenants.context import current_tenant


class CalendarFeedPage(View):
    """Whoever knows the address reads titles, deadlines and links; each link still asks who one is."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        try:
            reader = reader_of_feed(token)
        except UnknownFeed:
            return HttpResponseNotFound(
                "There is no such calendar.\n", content_type="text/plain; charset=utf-8"
            )
        tenant = current_tenant()
        text = calendar_text(
            due_entries(reader), name=f"{tenant.name}: due dates", host=tenant.primary_host, at=now()
        )
        headers = {"Cache-Control": "no-store, private", "X-Robots-Tag": "noindex"}
        return HttpResponse(text, content_type="text/calendar; charset=utf-8", headers=headers)

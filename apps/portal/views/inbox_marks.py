"""What people do to the lines of their inbox: look at, put off, bring back; and the filters they keep."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from apps.core.clock import now
from apps.core.errors import Conflict, DomainError
from apps.inbox.exceptions import BadUntil, UnknownFilter
from apps.inbox.services import delete_filter, mark_read, save_filter, snooze_items, wake_items
from apps.messaging.services.notices import read_notices
from apps.portal.snoozes import snoozed_until
from apps.portal.views.base import StaffPage
from apps.portal.wording import counted

MAX_PICKED = 100


class InboxMarksPage(StaffPage):
    """The commands below the list; nothing to look at by itself."""

    http_method_names = ["post"]
    section = "inbox"
    action = "inbox:write"

    def post(self, request: HttpRequest) -> HttpResponse:
        items, command = picked(request.POST.getlist("items")), self.sent("command")
        here = back_to(request, self.sent("next"))
        if not items:
            messages.info(request, "Nothing was chosen. Tick what you mean, then try again.")
            return self.seen(here)
        try:
            words = self._do(command, items)
        except (Conflict, BadUntil) as error:
            return self.came_late(here, error)
        if getattr(request, "htmx", False):
            return HttpResponse(status=204)
        return self.done(here, words)

    def _do(self, command: str, items: Sequence[UUID]) -> str:
        if command == "snooze":
            return self._snooze(items)
        if command == "wake":
            return f"{counted(wake_items(item_ids=items, actor=self.actor), 'item')} back in the list."
        read = command != "unread"
        number = mark_read(item_ids=items, read=read, actor=self.actor)
        if read:
            read_notices(actor=self.actor, paths=[f"/approvals/{item}/" for item in items])
        return f"{counted(number, 'item')} marked as {'read' if read else 'unread'}."

    def _snooze(self, items: Sequence[UUID]) -> str:
        until = snoozed_until(self.sent("until_exactly") or self.sent("until"), now())
        if until is None:
            raise BadUntil("Choose until when.")
        put_off = len(snooze_items(item_ids=items, until=until, actor=self.actor))
        left = len(items) - put_off
        rest = f" {counted(left, 'item')} stayed: what is overdue cannot be put off." if left else ""
        return f"{counted(put_off, 'item')} snoozed.{rest}"


class InboxFiltersPage(StaffPage):
    """Keep the filter one looks through, or forget one."""

    http_method_names = ["post"]
    section = "inbox"
    action = "inbox:write"

    def post(self, request: HttpRequest) -> HttpResponse:
        here = back_to(request, self.sent("next"))
        try:
            if "delete" in request.POST:
                delete_filter(filter_id=UUID(self.sent("delete")), actor=self.actor)
                return self.done(reverse("portal:inbox"), "Filter deleted.")
            saved = save_filter(name=self.sent("name"), query=request.POST.dict(), actor=self.actor)
        except ValueError:
            return self.came_late(here, UnknownFilter())
        except DomainError as error:
            messages.info(request, error.errors[0].message if error.errors else error.detail)
            return self.seen(here)
        return self.done(here, f"Filter “{saved.name}” saved.")


def picked(texts: Sequence[str]) -> list[UUID]:
    """Return the ids among the values of check boxes, each once."""
    found: dict[UUID, None] = {}
    for text in texts[:MAX_PICKED]:
        try:
            found[UUID(text)] = None
        except ValueError:
            continue
    return list(found)


def back_to(request: HttpRequest, wanted: str) -> str:
    """Return where a list wants to be shown again: a page of this host, else the inbox."""
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        return wanted
    return reverse("portal:inbox")

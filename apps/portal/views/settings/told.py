"""How the reader wants to be told, and the secret address for his calendar."""

from datetime import time
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.core.errors import DomainError, Invalid, Problem
from apps.inbox.selectors.feeds import has_feed
from apps.inbox.services import make_feed, revoke_feed
from apps.messaging.choices import MailWay, NoticeKind
from apps.messaging.selectors.preferences import preference_of
from apps.messaging.services.chats import chat_is_connected
from apps.messaging.services.notices import save_preferences
from apps.messaging.ways import said_of
from apps.portal.views.settings.base import SettingsPage
from tenants.context import current_tenant
from tenants.links import tenant_url


class ToldPage(SettingsPage):
    """One form for the wishes, one for the calendar; a new address is shown on the page that answers."""

    tab = "told"
    action = "notifications:use"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(self._held())

    def post(self, request: HttpRequest) -> HttpResponse:
        here = reverse("portal:told")
        command = self.sent("command")
        if command == "make_feed":
            return self._show(
                self._held(), feed_url=tenant_url(f"/calendar/{make_feed(actor=self.actor)}.ics")
            )
        if command == "revoke_feed":
            try:
                revoke_feed(actor=self.actor)
            except DomainError as error:
                return self.came_late(here, error)
            return self.done(here, "The calendar address no longer works.")
        typed = self._typed()
        try:
            save_preferences(
                actor=self.actor,
                zone=typed["zone"],
                quiet_from=_time(typed["quiet_from"], "/quiet_from"),
                quiet_to=_time(typed["quiet_to"], "/quiet_to"),
                digest_at=_time(typed["digest_at"], "/digest_at") or time(8),
                ways=typed["ways"],
            )
        except Invalid as error:
            problems = {problem.pointer.strip("/"): problem.message for problem in error.errors}
            return self._show(typed, problems=problems, status=422)
        return self.done(here, "Saved. It holds for what comes from now on.")

    def _held(self) -> dict[str, Any]:
        row = preference_of(UUID(self.actor.user_id or str(UUID(int=0))))
        return {
            "zone": row.zone,
            "quiet_from": _clock(row.quiet_from),
            "quiet_to": _clock(row.quiet_to),
            "digest_at": _clock(row.digest_at),
            "ways": row.ways,
        }

    def _typed(self) -> dict[str, Any]:
        ways = {
            kind.value: {
                "mail": self.sent(f"mail-{kind.value}") or MailWay.NOW.value,
                "chat": f"chat-{kind.value}" in self.request.POST,
            }
            for kind in NoticeKind
        }
        texts = {name: self.sent(name)[:64] for name in ("zone", "quiet_from", "quiet_to", "digest_at")}
        return {**texts, "ways": ways}

    def _show(
        self,
        form: dict[str, Any],
        *,
        problems: dict[str, str] | None = None,
        feed_url: str = "",
        status: int = 200,
    ) -> HttpResponse:
        values = {
            "title": "How you are told",
            "form": form,
            "kinds": [(kind.value, kind.label, said_of(form["ways"], kind)) for kind in NoticeKind],
            "mails": MailWay.choices,
            "zones": sorted(available_timezones()),
            "workspace_zone": current_tenant().timezone,
            "problems": problems or {},
            "has_chat": chat_is_connected(),
            "has_feed": bool(feed_url) or has_feed(self.actor),
            "feed_url": feed_url,
        }
        return self.page("portal/settings/told.html", values, status=status)


def _clock(value: time | None) -> str:
    return f"{value:%H:%M}" if value else ""


def _time(text: str, pointer: str) -> time | None:
    if not text:
        return None
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        problem = Problem(pointer, "Write a time of day such as 20:00.", "not_a_time")
        raise Invalid("invalid_preferences", problem.message, [problem]) from None

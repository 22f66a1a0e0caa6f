"""Inbound hooks, what came in through them, and replay."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.core.errors import Conflict
from apps.integrations.choices import InboundEventStatus
from apps.integrations.selectors.hooks import get_hook, get_inbound_event, list_hooks, list_inbound_events
from apps.integrations.services.mapping import replay_inbound_event
from apps.portal.paging import list_page
from apps.portal.views.settings.base import SettingsPage

_SHOWN_BYTES = 20_000


class HooksPage(SettingsPage):
    """All hooks."""

    tab = "hooks"
    action = "hooks:read"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page("portal/settings/hooks.html", {"hooks": list_hooks().order_by("name")})


class HookPage(SettingsPage):
    """One hook with its messages, the newest first."""

    tab = "hooks"
    action = "hooks:read"

    def get(self, request: HttpRequest, hook_id: UUID) -> HttpResponse:
        hook = get_hook(hook_id)
        status = self.asked("status")
        status = status if status in InboundEventStatus.values else ""
        values = {
            "hook": hook,
            "address": request.build_absolute_uri(reverse("inbound_hook", args=[hook.id])),
            "page": list_page(list_inbound_events(hook.id, status), request),
            "status": status,
            "statuses": InboundEventStatus.choices,
            "may_manage": self.may("hooks:manage"),
        }
        return self.page("portal/settings/hook.html", values)


class InboundEventPage(SettingsPage):
    """One message as it came in, and what became of it."""

    tab = "hooks"
    action = "hooks:read"

    def get(self, request: HttpRequest, hook_id: UUID, event_id: UUID) -> HttpResponse:
        event = get_inbound_event(hook_id, event_id)
        body = bytes(event.body)
        values = {
            "hook": get_hook(hook_id),
            "event": event,
            "body": body[:_SHOWN_BYTES].decode("utf-8", "replace"),
            "cut": len(body) > _SHOWN_BYTES,
            "can_replay": event.status in (InboundEventStatus.FAILED, InboundEventStatus.IGNORED)
            and self.may("hooks:manage"),
        }
        return self.page("portal/settings/inbound_event.html", values)

    def post(self, request: HttpRequest, hook_id: UUID, event_id: UUID) -> HttpResponse:
        here = reverse("portal:inbound_event", args=[hook_id, event_id])
        get_inbound_event(hook_id, event_id)
        try:
            replay_inbound_event(event_id=event_id, actor=self.actor, reason=self.sent("reason"))
        except Conflict as error:
            return self.came_late(here, error)
        return self.done(here, "It is mapped once more now.")

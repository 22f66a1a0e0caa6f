"""Connections to other systems: how they are, and a test."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.core.errors import Conflict, Invalid
from apps.integrations.choices import ConnectionStatus
from apps.integrations.selectors.connections import list_connections
from apps.integrations.services.connections import pause_connection, resume_connection, test_connection
from apps.portal.views.base import SeeOther
from apps.portal.views.settings.base import SettingsPage
from apps.workflows.choices import PauseScope
from apps.workflows.selectors.pauses import pauses_by_key
from apps.workflows.services.runs import require_reason


class ConnectionsPage(SettingsPage):
    """All connections with the slots they fill."""

    tab = "connections"
    action = "connections:read"

    def get(self, request: HttpRequest) -> HttpResponse:
        connections = list(list_connections().order_by("name"))
        paused = [str(row.id) for row in connections if row.status == ConnectionStatus.PAUSED]
        held = pauses_by_key(PauseScope.CONNECTION, paused) if paused else {}
        values = {
            "connections": [(row, held.get(str(row.id))) for row in connections],
            "may_manage": self.may("connections:manage"),
        }
        return self.page("portal/settings/connections.html", values)


class ConnectionCommandPage(SettingsPage):
    """Test, pause or resume; nothing to look at by itself."""

    http_method_names = ["post"]
    action = "connections:manage"

    def post(self, request: HttpRequest, connection_id: UUID) -> HttpResponse:
        here = reverse("portal:connections")
        try:
            return self._perform(self.sent("command"), connection_id, here)
        except Conflict as error:
            return self.came_late(here, error)
        except Invalid as error:
            messages.error(request, error.errors[0].message if error.errors else error.detail)
            return SeeOther(here)

    def _perform(self, command: str, connection_id: UUID, here: str) -> HttpResponse:
        if command == "pause":
            require_reason(self.sent("reason"))
            pause_connection(connection_id=connection_id, actor=self.actor, reason=self.sent("reason"))
            return self.done(here, "Paused: calls are held until it is resumed.")
        if command == "resume":
            resume_connection(connection_id=connection_id, actor=self.actor, reason=self.sent("reason"))
            return self.done(here, "Resumed; what was held is sent now.")
        answer = test_connection(connection_id=connection_id, actor=self.actor)
        if answer["ok"]:
            return self.done(here, f"It answered in {answer['latency_ms']:.0f} ms.")
        messages.error(self.request, f"It did not work: {answer['message']}")
        return SeeOther(here)

"""What the pages of the settings have in common: their tabs."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpResponse

from apps.portal.views.base import StaffPage

_TABS = (
    ("overview", "Workspace", "portal:settings", ""),
    ("security", "Sign-in and security", "portal:security", ""),
    ("told", "Notifications", "portal:told", "notifications:use"),
    ("connections", "Connections", "portal:connections", "connections:read"),
    ("calendars", "Calendars", "portal:calendars", "calendars:read"),
    ("policies", "Approval policies", "portal:policies", "approvals:read"),
    ("schedules", "Schedules", "portal:schedules", "schedules:read"),
    ("hooks", "Inbound hooks", "portal:hooks", "hooks:read"),
    ("webhooks", "Webhooks", "portal:webhooks", "webhooks:read"),
    ("keys", "API keys", "portal:keys", "keys:manage"),
    ("users", "Users", "portal:users", "users:read"),
    ("absences", "Absences", "portal:absences", "delegations:read"),
    ("coverage", "Coverage", "portal:coverage", "coverage:read"),
)


class SettingsPage(StaffPage):
    """A page below the settings; ``tab`` is its own."""

    section = "settings"
    tab: ClassVar[str] = "overview"

    def page(self, template: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
        tabs = [
            {"name": name, "label": label, "to": to}
            for name, label, to, action in _TABS
            if not action or self.may(action)
        ]
        return super().page(template, {"tabs": tabs, "tab": self.tab, **context}, status=status)

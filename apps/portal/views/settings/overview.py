"""The workspace at a glance."""

from django.http import HttpRequest, HttpResponse

from apps.integrations.choices import ConnectionStatus, EndpointStatus
from apps.integrations.models import Connection, InboundHook, WebhookEndpoint
from apps.portal.views.settings.base import SettingsPage
from apps.portal.wording import counted
from tenants.context import current_tenant


class OverviewPage(SettingsPage):
    """What this workspace is, and what in its set-up needs somebody."""

    def get(self, request: HttpRequest) -> HttpResponse:
        tenant = current_tenant()
        paused = (
            Connection.objects.filter(status=ConnectionStatus.PAUSED).count()
            if self.may("connections:read")
            else 0
        )
        disabled = (
            WebhookEndpoint.objects.filter(status=EndpointStatus.DISABLED).count()
            if self.may("webhooks:read")
            else 0
        )
        refused = InboundHook.objects.filter(rejected_count__gt=0).count() if self.may("hooks:read") else 0
        worries = [
            words
            for number, words in (
                (paused, f"{counted(paused, 'connection')} paused: calls through it are held."),
                (
                    disabled,
                    f"{counted(disabled, 'webhook endpoint')} disabled: events are not delivered there.",
                ),
                (refused, f"{counted(refused, 'hook')} refused messages with a wrong signature."),
            )
            if number
        ]
        values = {
            "title": f"{tenant.name}: {'something in the set-up needs you' if worries else 'everything is set up'}",
            "worries": worries,
            "facts": [
                ("Name", tenant.name),
                ("Kind", "Test workspace" if tenant.environment == "sandbox" else "Production"),
                ("Region", tenant.region),
                ("Time zone", tenant.timezone),
                ("Currency", tenant.currency),
                ("Address", tenant.primary_host),
            ],
        }
        return self.page("portal/settings/overview.html", values)

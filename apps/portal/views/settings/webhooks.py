"""Webhook endpoints of subscribers and what was delivered to them."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.core.errors import Conflict
from apps.integrations.choices import DeliveryState
from apps.integrations.selectors.webhooks import get_delivery, get_endpoint, list_deliveries, list_endpoints
from apps.integrations.services.deliveries import resend_delivery
from apps.integrations.services.endpoints import enable_endpoint, test_endpoint
from apps.portal.paging import list_page
from apps.portal.views.settings.base import SettingsPage


class WebhooksPage(SettingsPage):
    """All endpoints."""

    tab = "webhooks"
    action = "webhooks:read"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page("portal/settings/webhooks.html", {"endpoints": list_endpoints().order_by("id")})


class WebhookPage(SettingsPage):
    """One endpoint with its deliveries, the newest first."""

    tab = "webhooks"
    action = "webhooks:read"

    def get(self, request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
        state = self.asked("state")
        state = state if state in DeliveryState.values else ""
        values = {
            "endpoint": get_endpoint(endpoint_id),
            "page": list_page(list_deliveries(endpoint_id=endpoint_id, state=state), request),
            "state": state,
            "states": DeliveryState.choices,
            "may_manage": self.may("webhooks:manage"),
        }
        return self.page("portal/settings/webhook.html", values)

    def post(self, request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
        here = reverse("portal:webhook", args=[endpoint_id])
        try:
            if self.sent("command") == "enable":
                enable_endpoint(endpoint_id=endpoint_id, actor=self.actor, reason=self.sent("reason"))
                return self.done(here, "Enabled.")
            test_endpoint(endpoint_id=endpoint_id, actor=self.actor)
        except Conflict as error:
            return self.came_late(here, error)
        return self.done(here, "A test message is on its way; its delivery is listed below.")


class DeliveryResendPage(SettingsPage):
    """The button beside a delivery; nothing to look at by itself."""

    http_method_names = ["post"]
    action = "webhooks:manage"

    def post(self, request: HttpRequest, delivery_id: UUID) -> HttpResponse:
        here = reverse("portal:webhook", args=[get_delivery(delivery_id).endpoint_id])
        try:
            resend_delivery(delivery_id=delivery_id, actor=self.actor)
        except Conflict as error:
            return self.came_late(here, error)
        return self.done(here, "Delivered once more, with the same id and body.")

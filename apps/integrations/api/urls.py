"""Addresses of integrations below /api/v1/."""

from django.urls import path

from apps.integrations.api import connections, hooks, webhooks

urlpatterns = [
    path("connections", connections.Connections.as_view()),
    path("connections/<uuid:connection_id>", connections.OneConnection.as_view()),
    path("connections/<uuid:connection_id>/test", connections.ConnectionTested.as_view()),
    path("connections/<uuid:connection_id>/pause", connections.ConnectionPaused.as_view()),
    path("connections/<uuid:connection_id>/resume", connections.ConnectionResumed.as_view()),
    path("slot-bindings", connections.Slots.as_view()),
    path("slot-bindings/<uuid:binding_id>", connections.OneSlot.as_view()),
    path("inbound-hooks", hooks.Hooks.as_view()),
    path("inbound-hooks/<uuid:hook_id>", hooks.OneHook.as_view()),
    path("inbound-hooks/<uuid:hook_id>/rotate-secret", hooks.HookSecretRotated.as_view()),
    path("inbound-hooks/<uuid:hook_id>/pause", hooks.HookPaused.as_view()),
    path("inbound-hooks/<uuid:hook_id>/resume", hooks.HookResumed.as_view()),
    path("inbound-hooks/<uuid:hook_id>/events", hooks.InboundEvents.as_view()),
    path("inbound-hooks/<uuid:hook_id>/events/<uuid:event_id>", hooks.OneInboundEvent.as_view()),
    path("inbound-hooks/<uuid:hook_id>/events/<uuid:event_id>/replay", hooks.InboundEventReplayed.as_view()),
    path("webhook-endpoints", webhooks.Endpoints.as_view()),
    path("webhook-endpoints/<uuid:endpoint_id>", webhooks.OneEndpoint.as_view()),
    path("webhook-endpoints/<uuid:endpoint_id>/rotate-secret", webhooks.EndpointSecretRotated.as_view()),
    path("webhook-endpoints/<uuid:endpoint_id>/enable", webhooks.EndpointEnabled.as_view()),
    path("webhook-endpoints/<uuid:endpoint_id>/disable", webhooks.EndpointDisabled.as_view()),
    path("webhook-endpoints/<uuid:endpoint_id>/test", webhooks.EndpointTested.as_view()),
    path("webhook-deliveries", webhooks.Deliveries.as_view()),
    path("webhook-deliveries/<uuid:delivery_id>", webhooks.OneDelivery.as_view()),
    path("webhook-deliveries/<uuid:delivery_id>/resend", webhooks.DeliveryResent.as_view()),
]

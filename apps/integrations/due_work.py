"""The work that the rows of integrations ask for."""

from collections.abc import Iterator

from apps.dispatch.types import WorkItemSpec
from apps.integrations.choices import DeliveryState, InboundEventStatus, IntentState
from apps.integrations.models import ActionIntent, InboundEvent, WebhookDelivery
from apps.integrations.services.kinds import ACTION_KIND, MAPPING_KIND, WEBHOOK_KIND


def due_work() -> Iterator[WorkItemSpec]:
    """Calls intended and not made, messages not mapped, deliveries not delivered."""
    intents = ActionIntent.objects.filter(state=IntentState.INTENDED).values_list("id", flat=True)
    for intent in intents.iterator():
        yield WorkItemSpec(ACTION_KIND, intent)
    received = InboundEvent.objects.filter(status=InboundEventStatus.RECEIVED).values_list("id", flat=True)
    for event in received.iterator():
        yield WorkItemSpec(MAPPING_KIND, event)
    pending = WebhookDelivery.objects.filter(state=DeliveryState.PENDING).values_list("id", "next_at")
    for delivery, at in pending.iterator():
        yield WorkItemSpec(WEBHOOK_KIND, delivery, run_at=at)

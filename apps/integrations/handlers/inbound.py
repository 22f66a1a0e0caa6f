"""Map what came in through hooks."""

from collections.abc import Sequence

from apps.dispatch.types import ClaimedItem, Retry
from apps.integrations.services.mapping import map_inbound_event


def map_inbound(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Map the messages the items refer to, each in a transaction of its own."""
    for item in items:
        map_inbound_event(event_id=item.ref, item=item)
    return {}

"""The work that the ledger's rows ask for."""

from collections.abc import Iterator

from apps.core.clock import now
from apps.dispatch.types import WorkItemSpec
from apps.ledger.handlers import RETRY_KIND
from apps.ledger.models import OutboxMessage, SubscriberRetry
from apps.ledger.services.sealing import CHAIN_REF, CHECKPOINT_KIND, chain_id, next_signing
from apps.ledger.services.unit import OUTBOX_KIND, SEAL_KIND


def due_work() -> Iterator[WorkItemSpec]:
    """Events not told yet, subscribers to be told again, entries to be sealed, the head of the chain to be signed."""
    untold = OutboxMessage.objects.filter(delivered_at=None).order_by("batch").values_list("batch", flat=True)
    for batch in untold.distinct().iterator():
        yield WorkItemSpec(OUTBOX_KIND, batch)
    for retry in SubscriberRetry.objects.values_list("id", flat=True).iterator():
        yield WorkItemSpec(RETRY_KIND, retry)
    yield WorkItemSpec(SEAL_KIND, CHAIN_REF, dedupe=SEAL_KIND)
    at = next_signing(now(), chain_id())
    yield WorkItemSpec(CHECKPOINT_KIND, CHAIN_REF, run_at=at, dedupe=CHECKPOINT_KIND)

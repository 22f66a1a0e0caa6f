"""What the ledger registers: its kinds of work."""

from apps.dispatch.registry import register as register_kind
from apps.ledger import handlers
from apps.ledger.services.unit import OUTBOX_KIND


def register() -> None:
    """Called once, when the apps are loaded."""
    register_kind(OUTBOX_KIND, handlers.deliver_outbox, lane="events", batch=32)
    register_kind(handlers.RETRY_KIND, handlers.retry_subscriber, lane="events", batch=4, max_attempts=20)

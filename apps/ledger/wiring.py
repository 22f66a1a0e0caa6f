"""What the ledger registers: its kinds of work."""

from apps.core.journal import set_journal
from apps.dispatch.rebuilding import register_due_work
from apps.dispatch.registry import register as register_kind
from apps.ledger import due_work, handlers, seal_handlers, services
from apps.ledger.services.sealing import CHECKPOINT_KIND
from apps.ledger.services.unit import OUTBOX_KIND, SEAL_KIND


def register() -> None:
    """Called once, when the apps are loaded."""
    set_journal(services)
    register_due_work(OUTBOX_KIND, handlers.RETRY_KIND, SEAL_KIND, CHECKPOINT_KIND, source=due_work.due_work)
    register_kind(OUTBOX_KIND, handlers.deliver_outbox, lane="events", batch=32)
    register_kind(handlers.RETRY_KIND, handlers.retry_subscriber, lane="events", batch=4, max_attempts=20)
    register_kind(SEAL_KIND, seal_handlers.seal, lane="timers", batch=32, max_attempts=20)
    register_kind(CHECKPOINT_KIND, seal_handlers.sign, lane="timers", max_attempts=20)

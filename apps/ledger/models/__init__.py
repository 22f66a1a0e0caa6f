"""Rows of the ledger, in each tenant's schema and, for partners' staff, in the platform's."""

from apps.ledger.models.audit import AuditEntry
from apps.ledger.models.outbox import OutboxMessage, SubscriberRetry
from apps.ledger.models.seals import AuditCheckpoint, AuditSeal, UnsealedEntries

__all__ = [
    "AuditCheckpoint",
    "AuditEntry",
    "AuditSeal",
    "OutboxMessage",
    "SubscriberRetry",
    "UnsealedEntries",
]

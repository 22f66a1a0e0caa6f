"""All commands of the ledger: what may be said within a unit of work, and the unit itself."""

from apps.ledger.services.unit import attempt, emit, enqueue, finish, record, transition, unit_of_work

__all__ = ["attempt", "emit", "enqueue", "finish", "record", "transition", "unit_of_work"]

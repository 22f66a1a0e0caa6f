"""Commands of the ledger; ``unit_of_work``, ``transition``, ``record``, ``emit`` and ``enqueue`` are all of them."""

from apps.ledger.services.unit import attempt, emit, enqueue, record, transition, unit_of_work

__all__ = ["attempt", "emit", "enqueue", "record", "transition", "unit_of_work"]

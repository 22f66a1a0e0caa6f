"""Which failures speak of the database's troubles, and not against the work that met them."""

from django.db import InterfaceError, OperationalError

# PostgreSQL's classes: no connection, conflict with another transaction, out of resources; and its being shut down.
_CLASSES = ("08", "40", "53")
_STATES = ("57P01", "57P02", "57P03", "57P05")


def is_outage(error: BaseException) -> bool:
    """Return whether the same work may well succeed later: the database was away, full, or had to choose a victim.

    A statement that took too long, or waited too long for a lock, is not one: that may be the work's own doing.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(_CLASSES) or state in _STATES

"""Errors of the ledger."""

from apps.core.errors import Conflict


class NoUnitOfWork(RuntimeError):
    """A state change was attempted outside ``unit_of_work``. Always a defect of ours."""


class IllegalTransition(Conflict):
    """The subject's present status does not allow the command."""

    def __init__(self, noun: str, status: str, command: str) -> None:
        super().__init__(
            "illegal_transition",
            f"A {noun} that is {status} cannot {command.replace('_', ' ')}.",
            extra={"current_status": status},
        )


class StaleVersion(Conflict):
    """Somebody else changed the row meanwhile."""

    def __init__(self, noun: str) -> None:
        super().__init__(
            "stale_version", f"The {noun} was changed by somebody else meanwhile. Load it again."
        )

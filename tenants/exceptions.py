"""Errors of tenancy."""

from apps.core.errors import NotFound


class NoTenant(RuntimeError):
    """Code that belongs to a tenant ran without one. Always a defect of ours, never shown as such to a user."""


class UnknownTenant(NotFound):
    """The tenant does not exist or is not ready."""

    def __init__(self) -> None:
        super().__init__("unknown_tenant", "There is no such workspace.")

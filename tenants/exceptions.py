"""Errors of tenancy."""

from apps.core.errors import NotFound


class NoTenant(RuntimeError):
    """Code that belongs to a tenant ran without one. Always a defect of ours, never shown as such to a user."""


class UnknownTenant(NotFound):
    """The tenant does not exist or is not ready."""

    def __init__(self) -> None:
        super().__init__("unknown_tenant", "There is no such workspace.")


class HandoverInvalid(NotFound):
    """The link of a partner's person into a tenant was used, is too old, or never existed."""

    def __init__(self) -> None:
        super().__init__(
            "handover_invalid", "This link has been used or is older than a minute. Open it again."
        )

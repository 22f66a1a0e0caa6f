"""Errors of the reseller's business, with stable codes."""

from apps.core.errors import Conflict, NotFound, Problem


class NoSuchTenant(NotFound):
    """There is no such tenant, or it is another partner's."""

    def __init__(self) -> None:
        super().__init__("not_found", "There is no such tenant.")


class HostTaken(Conflict):
    """The name in the address is in use, by whomever."""

    def __init__(self, slug: str) -> None:
        detail = f"The name “{slug}” is in use. Choose another."
        super().__init__("host_taken", detail, [Problem("/slug", detail, "host_taken")])


class NotSuspended(Conflict):
    """Only a suspended tenant can be replaced under its people's feet."""

    def __init__(self, slug: str) -> None:
        super().__init__("tenant_not_suspended", f"“{slug}” is open. Suspend it first, then restore it.")


class BrandChanged(Conflict):
    """Somebody else saved the brand since it was read."""

    def __init__(self) -> None:
        super().__init__(
            "version_mismatch",
            "Somebody else has changed the brand since you opened it. What you see below is not saved; look at the "
            "brand as it is now, then save again.",
        )

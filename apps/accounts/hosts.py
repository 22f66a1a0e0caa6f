"""Who may sign in where: a session belongs to one tenant, one partner's console or the operators' host."""

from ipaddress import ip_address

from django.http import HttpRequest

from apps.accounts.models import User

SESSION_REALM = "realm"


def realm_of(request: HttpRequest) -> str:
    """Return the name of what the request's host leads to; a session of one realm is worthless in another."""
    tenant, partner = getattr(request, "tenant", None), getattr(request, "partner", None)
    if tenant is not None:
        return f"tenant:{tenant.id}"
    return f"partner:{partner.id}" if partner is not None else "operator"


def belongs_here(request: HttpRequest, user: User) -> bool:
    """Whether the user is one of the host's own people: the tenant's, the partner's or the operators'."""
    if getattr(request, "tenant", None) is not None:
        return True
    partner = getattr(request, "partner", None)
    if partner is not None:
        return bool(user.partner_id == partner.id)
    return user.is_staff and user.partner_id is None


def network_address(request: HttpRequest) -> str | None:
    """Return where the request came from, None behind a socket that has no address."""
    try:
        return str(ip_address(str(request.META.get("REMOTE_ADDR", ""))))
    except ValueError:
        return None

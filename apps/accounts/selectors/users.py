"""Who is there, and as whom they act."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts.exceptions import NoSuchUser
from apps.accounts.models import RoleAssignment, User
from apps.core.actor import Actor, ActorKind
from tenants.configuration import remembered
from tenants.context import tenant_or_none

NOBODY = UUID(int=0)


def get_user(user_id: UUID | str) -> User:
    """Return the user with its roles; raise NoSuchUser."""
    user = User.objects.with_roles().filter(pk=user_id).first()
    if user is None:
        raise NoSuchUser
    return user


def find_user(email: str) -> User | None:
    """Return the active user of the address, if there is one."""
    return User.objects.with_roles().filter(email=User.objects.normalize_email(email), is_active=True).first()


def user_addresses() -> frozenset[str]:
    """Return the mail addresses of all active users, in small letters."""
    found = User.objects.filter(is_active=True).values_list("email", flat=True)
    return frozenset(address.lower() for address in found)


def visible_users(actor: Actor) -> QuerySet[User]:
    """Return the users, with their roles, whom the actor may know of.

    In a tenant these are all; in the platform's schema, which partners share, those of the actor's own partner.
    """
    users = User.objects.with_roles()
    if actor.is_system or tenant_or_none() is not None:
        return users
    return users.filter(partner_id__in=User.objects.filter(pk=actor.user_id or NOBODY).values("partner_id"))


def users_with_role(role: str, *, region: str = "") -> list[User]:
    """Return the active holders of the role, oldest first.

    ``region`` "" asks for holders in any region; otherwise only those of that region, or of all regions, count.
    Remembered: do not change them.
    """
    return remembered(("users_with_role", role, region), lambda: _read_holders(role, region))


def _read_holders(role: str, region: str) -> list[User]:
    assignments = RoleAssignment.objects.filter(role=role)
    if region:
        assignments = assignments.filter(Q(region=region) | Q(region=""))
    return list(User.objects.filter(is_active=True, pk__in=assignments.values("user_id")).order_by("pk"))


def actor_of_user(user: User, *, behind: str = "") -> Actor:
    """Return the actor of a person; under an access lease ``behind`` names the partner user.

    ``regions`` of the actor are those the roles are limited to, empty if at least one role holds everywhere.
    """
    pairs = role_pairs(user)
    regions = frozenset(region for _role, region in pairs)
    return Actor(
        kind=ActorKind.PARTNER_USER if user.lease_id or user.partner_id else ActorKind.USER,
        id=str(user.pk),
        label=user.label,
        roles=frozenset(role for role, _region in pairs),
        regions=frozenset() if "" in regions else regions,
        lease_id=user.lease_id,
        behind=behind,
    )


def role_pairs(user: User) -> list[tuple[str, str]]:
    """Return the user's roles with their regions; no query if the user was read ``with_roles``."""
    known: Iterable[str] | None = getattr(user, "role_pairs", None)
    if known is None:
        return list(user.role_assignments.values_list("role", "region"))
    return [(role, region) for role, _, region in (pair.partition(":") for pair in known)]

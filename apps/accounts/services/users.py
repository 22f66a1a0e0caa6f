"""Make and change users and their roles."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from apps.accounts.choices import Role
from apps.accounts.exceptions import EmailTaken, NoSuchUser
from apps.accounts.models import ApiKey, RoleAssignment, User
from apps.accounts.policies import require
from apps.accounts.selectors import visible_users
from apps.accounts.selectors.users import NOBODY
from apps.accounts.services.departures import tell_departure
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Conflict, Invalid, Problem
from apps.core.journal import record, unit_of_work
from tenants.context import tenant_or_none

MANAGE = "users:manage"


def create_user(
    *,
    email: str,
    actor: Actor,
    name: str = "",
    roles: Iterable[str] = (),
    regions: Iterable[str] = (),
    password: str | None = None,
    partner_id: UUID | None = None,
    contact_id: UUID | None = None,
    lease_id: UUID | None = None,
) -> User:
    """Make a user, with each role in each of the regions (none: everywhere).

    Without a password the person signs in by a code sent by mail. Raises EmailTaken, and Invalid for an unreadable
    address, an unknown role or a weak password.
    """
    address = _readable(email)
    with unit_of_work(actor):
        require(actor, MANAGE)
        if User.objects.filter(email=address).exists():
            raise EmailTaken
        if tenant_or_none() is None and not actor.is_system:
            # Partners share this schema: whom a partner adds is the partner's.
            partner_id = (
                visible_users(actor).values_list("partner_id", flat=True).get(pk=actor.user_id or NOBODY)
            )
        user = User(email=address, name=name, partner_id=partner_id, contact_id=contact_id, lease_id=lease_id)
        _put_password(user, password)
        user.save(force_insert=True)
        pairs = [(_known(role), region) for role in roles for region in (list(regions) or [""])]
        RoleAssignment.objects.bulk_create(
            RoleAssignment(user=user, role=role, region=region) for role, region in pairs
        )
        after = {"email": address, "name": name, "roles": [_spelled(role, region) for role, region in pairs]}
        record("user.create", user, after=after)
    return user


def update_user(*, user_id: UUID, actor: Actor, name: str) -> User:
    """Change how the person is called."""
    with unit_of_work(actor):
        require(actor, MANAGE)
        user = _locked(user_id, actor)
        before, user.name = user.name, name
        user.version += 1
        user.save(update_fields=["name", "version"])
        record("user.update", user, before={"name": before}, after={"name": name})
    return user


def assign_role(*, user_id: UUID, role: str, actor: Actor, region: str = "") -> RoleAssignment:
    """Give the user a role, in one region or (region "") everywhere; giving it twice is giving it once."""
    with unit_of_work(actor):
        require(actor, MANAGE)
        user = _locked(user_id, actor)
        assignment, made = RoleAssignment.objects.get_or_create(user=user, role=_known(role), region=region)
        if made:
            record("user.assign_role", user, after={"role": _spelled(role, region)})
    return assignment


def revoke_role(*, user_id: UUID, role: str, actor: Actor, region: str = "") -> None:
    """Take the role away. The last administrator keeps his, so that nobody is locked out."""
    with unit_of_work(actor):
        require(actor, MANAGE)
        user = _locked(user_id, actor)
        if role in {Role.TENANT_ADMIN, Role.PARTNER_ADMIN}:
            _keep_one_admin(user, actor)
        gone, _by_model = RoleAssignment.objects.filter(user=user, role=role, region=region).delete()
        if gone:
            record("user.revoke_role", user, before={"role": _spelled(role, region)})
            tell_departure(user)


def deactivate_user(*, user_id: UUID, actor: Actor, reason: str = "") -> User:
    """Close the account: sessions and keys stop working with the next request; history keeps the name."""
    with unit_of_work(actor, reason=reason):
        require(actor, MANAGE)
        user = _locked(user_id, actor)
        if str(user.pk) == actor.user_id:
            raise Conflict("own_account", "Nobody closes his own account; ask another administrator.")
        _keep_one_admin(user, actor)
        user.is_active = False
        user.version += 1
        user.save(update_fields=["is_active", "version"])
        ApiKey.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=now())
        record("user.deactivate", user, before={"is_active": True}, after={"is_active": False})
        tell_departure(user)
    return user


def set_password(*, user_id: UUID, password: str, actor: Actor) -> None:
    """Set the user's password; raise Invalid if it is weak. Other sessions of the user end."""
    with unit_of_work(actor):
        if actor.user_id != str(user_id):
            require(actor, MANAGE)
        user = _locked(user_id, actor)
        _put_password(user, password)
        user.save(update_fields=["password"])
        record("user.set_password", user)


def _put_password(user: User, password: str | None) -> None:
    if password is None:
        user.set_unusable_password()
        return
    try:
        validate_password(password, user)
    except ValidationError as error:
        problems = [Problem("/password", message, "weak_password") for message in error.messages]
        raise Invalid("weak_password", "The password is too weak.", problems) from error
    user.set_password(password)


def _readable(email: str) -> str:
    address = User.objects.normalize_email(email)
    try:
        validate_email(address)
    except ValidationError as error:
        problem = Problem("/email", "This is not an e-mail address.", "invalid_email")
        raise Invalid("invalid_email", problem.message, [problem]) from error
    return address


def _known(role: str) -> str:
    admin = {Role.PARTNER_ADMIN.value}
    here = admin if tenant_or_none() is None else set(Role.values) - admin
    if role not in here:
        message = f"There is no role {role!r} here; use {', '.join(sorted(here))}."
        raise Invalid("unknown_role", message, [Problem("/roles", message, "unknown_role")])
    return role


def _locked(user_id: UUID, actor: Actor) -> User:
    seen = visible_users(actor).filter(pk=user_id).values("pk")
    user = User.objects.select_for_update().filter(pk__in=seen).first()
    if user is None:
        raise NoSuchUser
    return user


def _keep_one_admin(user: User, actor: Actor) -> None:
    role = Role.PARTNER_ADMIN if tenant_or_none() is None else Role.TENANT_ADMIN
    admins = RoleAssignment.objects.filter(
        role=role, user__is_active=True, user__in=visible_users(actor).values("pk")
    )
    held = set(admins.select_for_update(of=("self",)).values_list("user_id", flat=True))
    if held == {user.pk}:
        raise Conflict("last_administrator", "This is the last administrator; make somebody else one first.")


def _spelled(role: str, region: str) -> str:
    return f"{role} ({region})" if region else role

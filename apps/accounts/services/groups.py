"""Make and change groups of people."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug

from apps.accounts.exceptions import GroupExists, NoSuchGroup, NoSuchUser
from apps.accounts.models import Group, GroupMembership, User
from apps.accounts.policies import require
from apps.accounts.selectors import visible_users
from apps.accounts.services.departures import tell_departure
from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid, Problem
from apps.core.journal import record, unit_of_work

MANAGE_GROUPS = "groups:manage"


def create_group(*, key: str, name: str, actor: Actor) -> Group:
    """Make an empty group. Raises GroupExists, and Invalid for a key that cannot be one."""
    with unit_of_work(actor):
        require(actor, MANAGE_GROUPS)
        _check_key(key)
        if Group.objects.filter(key=key).exists():
            raise GroupExists
        group = Group.objects.create(key=key, name=_named(name))
        record("group.create", group, after={"key": key, "name": group.name})
    return group


def rename_group(*, group_id: UUID, name: str, actor: Actor) -> Group:
    """Change what the group is called; its key stays, as policies name it."""
    with unit_of_work(actor):
        require(actor, MANAGE_GROUPS)
        group = _locked(group_id)
        before, group.name = group.name, _named(name)
        group.version += 1
        group.save(update_fields=["name", "version"])
        record("group.rename", group, before={"name": before}, after={"name": group.name})
    return group


def add_member(*, group_id: UUID, user_id: UUID, actor: Actor) -> Group:
    """Add an active person to the group; adding twice is adding once."""
    with unit_of_work(actor):
        require(actor, MANAGE_GROUPS)
        group = _locked(group_id)
        user = visible_users(actor).filter(pk=user_id, is_active=True).first()
        if user is None:
            raise NoSuchUser
        _row, made = GroupMembership.objects.get_or_create(group=group, user=user)
        if made:
            _raise_version(group)
            record("group.add_member", group, after={"member": user.label, "user_id": str(user.pk)})
    return group


def remove_member(*, group_id: UUID, user_id: UUID, actor: Actor, reason: str = "") -> Group:
    """Take a person out of the group; what waits for him as a member of it is asked anew."""
    with unit_of_work(actor, reason=reason):
        require(actor, MANAGE_GROUPS)
        group = _locked(group_id)
        # The person before what he is part of: a decision he is making holds the same lock.
        user = User.objects.select_for_update().filter(pk=user_id).first()
        gone, _by_model = GroupMembership.objects.filter(group=group, user_id=user_id).delete()
        if gone and user is not None:
            _raise_version(group)
            record("group.remove_member", group, before={"member": user.label, "user_id": str(user.pk)})
            tell_departure(user)
    return group


def delete_group(*, group_id: UUID, actor: Actor, reason: str = "") -> None:
    """Remove the group for good. Raises Conflict while it has members: policies may ask for them."""
    with unit_of_work(actor, reason=reason):
        require(actor, MANAGE_GROUPS)
        group = _locked(group_id)
        if group.memberships.exists():
            raise Conflict("group_in_use", "The group has members. Take them out first.")
        record("group.delete", group, before={"key": group.key, "name": group.name})
        group.delete()


def _locked(group_id: UUID) -> Group:
    group = Group.objects.select_for_update().filter(pk=group_id).first()
    if group is None:
        raise NoSuchGroup
    return group


def _raise_version(group: Group) -> None:
    group.version += 1
    group.save(update_fields=["version"])


def _named(name: str) -> str:
    if not 0 < len(name.strip()) <= 120:
        message = "Name the group in at most 120 letters."
        raise Invalid("invalid_name", message, [Problem("/name", message, "required")])
    return name.strip()


def _check_key(key: str) -> None:
    try:
        validate_slug(key)
    except ValidationError as error:
        message = "Use letters, digits, '-' and '_', at most 60."
        raise Invalid("invalid_key", message, [Problem("/key", message, "invalid_key")]) from error
    if len(key) > 60:
        message = "Use at most 60 letters."
        raise Invalid("invalid_key", message, [Problem("/key", message, "invalid_key")])

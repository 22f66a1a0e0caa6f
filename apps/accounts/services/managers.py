"""Say who manages whom."""

from typing import Any
from uuid import UUID

from apps.accounts.exceptions import NoSuchUser
from apps.accounts.models import User
from apps.accounts.policies import require
from apps.accounts.selectors import visible_users
from apps.accounts.services.users import MANAGE, update_user
from apps.core.actor import Actor
from apps.core.errors import Invalid, Problem
from apps.core.journal import record, unit_of_work

_CHAIN = 50


def change_user(*, user_id: UUID, actor: Actor, **changes: Any) -> None:
    """Change the person's ``name``, ``manager_id`` or both, in one transaction."""
    with unit_of_work(actor):
        if "name" in changes:
            update_user(user_id=user_id, actor=actor, name=changes["name"])
        if "manager_id" in changes:
            set_manager(user_id=user_id, manager_id=changes["manager_id"], actor=actor)


def set_manager(*, user_id: UUID, manager_id: UUID | None, actor: Actor) -> User:
    """Say who manages a person (None: nobody). Raises NoSuchUser, and Invalid for a manager below that person."""
    with unit_of_work(actor):
        require(actor, MANAGE)
        people = visible_users(actor)
        user = User.objects.select_for_update().filter(pk__in=people.filter(pk=user_id).values("pk")).first()
        if user is None:
            raise NoSuchUser
        if manager_id is not None:
            _check_manager(user, people.filter(pk=manager_id, is_active=True).first())
        before, user.manager_id = user.manager_id, manager_id
        user.version += 1
        user.save(update_fields=["manager", "version"])
        changed = {"manager_id": str(manager_id or "")}
        record("user.set_manager", user, before={"manager_id": str(before or "")}, after=changed)
    return user


def _check_manager(user: User, manager: User | None) -> None:
    if manager is None:
        message = "There is no active user of this id."
        raise Invalid("unknown_user", message, [Problem("/manager_id", message, "unknown_user")])
    above: User | None = manager
    for _step in range(_CHAIN):
        if above is None:
            return
        if above.pk == user.pk:
            message = f"{user.label} cannot be managed by {manager.label}, whom {user.label} manages."
            raise Invalid("manager_cycle", message, [Problem("/manager_id", message, "manager_cycle")])
        above = above.manager

"""May this actor do that? The only caller of guardian.

Every app registers its actions with the roles that may do them. A staff role may do the action on everything. The role
``customer`` only opens the door: on which objects a customer may do it is granted one by one. A key needs the action
among its scopes and acts with its owner's rights. The platform itself may do everything.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet, UUIDField
from django.db.models.functions import Cast
from guardian.models import UserObjectPermission

from apps.accounts.choices import Role
from apps.accounts.exceptions import ActionForbidden
from apps.accounts.models import User
from apps.core.actor import Actor

ModelT = TypeVar("ModelT", bound=Model)
ALL_SCOPES = "*"

_actions: dict[str, frozenset[str]] = {}


def register_actions(actions: Mapping[str, Iterable[str]]) -> None:
    """Add actions and the roles that may do them; an action registered twice is a defect and raises."""
    for action, roles in actions.items():
        if action in _actions:
            raise ValueError(f"action {action!r} is registered twice")
        _actions[action] = frozenset(str(role) for role in roles)


def list_actions() -> Mapping[str, frozenset[str]]:
    """Return every action with its roles; the names are the scopes of API keys as well."""
    return dict(sorted(_actions.items()))


def may(actor: Actor, action: str, subject: Model | None = None) -> bool:
    """Whether the actor may do the action on the subject, or, without a subject, on at least something."""
    roles = _actions.get(action)
    if roles is None:
        raise LookupError(f"action {action!r} is not registered")
    if actor.is_system:
        return True
    if not _in_scope(actor, action) or not actor.roles & roles:
        return False
    return subject is None or _everywhere(actor, roles) or _granted(actor, action, subject)


def may_everywhere(actor: Actor, action: str) -> bool:
    """Whether the actor may do the action on everything there is; no query."""
    return may(actor, action) and (actor.is_system or _everywhere(actor, _actions[action]))


def require(actor: Actor, action: str, subject: Model | None = None) -> None:
    """Raise ActionForbidden unless the actor may do the action."""
    if not may(actor, action, subject):
        raise ActionForbidden(action)


def require_at_door(actor: Actor, action: str) -> None:
    """The policy as REST views ask it: on at least something."""
    require(actor, action)


def objects_for(actor: Actor, action: str, queryset: QuerySet[ModelT]) -> QuerySet[ModelT]:
    """Return those rows on which the actor may do the action."""
    if may_everywhere(actor, action):
        return queryset
    if not may(actor, action):
        return queryset.none()
    granted = UserObjectPermission.objects.filter(
        user_id=actor.user_id,
        permission__codename=action,
        content_type=ContentType.objects.get_for_model(queryset.model),
    )
    return queryset.filter(pk__in=granted.values(pk_of=Cast("object_pk", UUIDField())))


def grant(user: User, action: str, subject: Model) -> None:
    """Let the user do the action on this object. Granting twice is granting once."""
    if action not in _actions:
        raise LookupError(f"action {action!r} is not registered")
    content_type = ContentType.objects.get_for_model(type(subject))
    permission, _made = Permission.objects.get_or_create(
        content_type=content_type, codename=action, defaults={"name": action}
    )
    UserObjectPermission.objects.get_or_create(
        user=user, permission=permission, content_type=content_type, object_pk=str(subject.pk)
    )


def revoke(user: User, action: str, subject: Model) -> None:
    """Take back what ``grant`` gave."""
    UserObjectPermission.objects.filter(
        user=user,
        permission__codename=action,
        content_type=ContentType.objects.get_for_model(type(subject)),
        object_pk=str(subject.pk),
    ).delete()


def _in_scope(actor: Actor, action: str) -> bool:
    return actor.scopes is None or action in actor.scopes or ALL_SCOPES in actor.scopes


def _everywhere(actor: Actor, roles: frozenset[str]) -> bool:
    return bool((actor.roles & roles) - {Role.CUSTOMER.value})


def _granted(actor: Actor, action: str, subject: Model) -> bool:
    rows = UserObjectPermission.objects.filter(
        user_id=actor.user_id,
        permission__codename=action,
        content_type=ContentType.objects.get_for_model(type(subject)),
        object_pk=str(subject.pk),
    )
    return rows.exists()

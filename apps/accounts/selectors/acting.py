"""Acting later for somebody: the actor kept with long work, with the rights he has when it is done."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, F, OuterRef, Value
from django.db.models.functions import Concat

from apps.accounts.models import ApiKey, RoleAssignment, User
from apps.accounts.selectors.keys import actor_of_key
from apps.accounts.selectors.leases import actor_of_lease, find_active_lease
from apps.accounts.selectors.users import actor_of_user
from apps.core.actor import Actor, ActorKind
from apps.core.clock import now
from tenants.context import current_tenant


def actor_today(stored: Mapping[str, Any]) -> Actor | None:
    """Return the actor that ``Actor.to_json`` told of, with today's rights; None if he may no longer act here."""
    kind = stored.get("kind")
    if kind == ActorKind.SYSTEM:
        return Actor.system(str(stored.get("label", "")))
    if kind == ActorKind.KEY:
        return _key_today(str(stored.get("id", "")))
    user = User.objects.with_roles().filter(pk=_uuid(stored.get("id")), is_active=True).first()
    if user is None:
        return None
    if user.lease_id is None:
        return actor_of_user(user)
    lease = find_active_lease(user.lease_id, tenant_id=current_tenant().id)
    return actor_of_lease(user, lease) if lease is not None else None


def _key_today(key_id: str) -> Actor | None:
    pairs = RoleAssignment.objects.filter(user=OuterRef("user_id")).values(
        pair=Concat(F("role"), Value(":"), F("region"), output_field=CharField())
    )
    keys = ApiKey.objects.select_related("user").annotate(role_pairs=ArraySubquery(pairs))
    key = keys.filter(pk=_uuid(key_id)).first()
    return actor_of_key(key) if key is not None and key.is_live(now()) and key.user.is_active else None


def _uuid(text: object) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        return UUID(int=0)

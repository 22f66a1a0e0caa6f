"""API keys: found by what a program sends."""

import hmac

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, F, OuterRef, QuerySet, Value
from django.db.models.functions import Concat

from apps.accounts.keys import hash_secret, parse_key
from apps.accounts.models import ApiKey, RoleAssignment
from apps.accounts.selectors.users import visible_users
from apps.core.actor import Actor, ActorKind
from apps.core.clock import now
from tenants.configuration import remembered


def visible_keys(actor: Actor) -> QuerySet[ApiKey]:
    """Return the keys, with their owners, of the users whom the actor may know of."""
    return ApiKey.objects.select_related("user").filter(user__in=visible_users(actor).values("pk"))


def find_live_key(text: str) -> ApiKey | None:
    """Return the live key of an active owner, with owner and roles; None for any other text. It is remembered."""
    parts = parse_key(text)
    if parts is None:
        return None
    key = remembered(("api_key", parts.public_id), lambda: _read_key(parts.public_id))
    if key is None or not hmac.compare_digest(key.secret_hash, hash_secret(parts.secret)):
        return None
    return key if key.is_live(now()) and key.user.is_active else None


def _read_key(public_id: str) -> ApiKey | None:
    pairs = RoleAssignment.objects.filter(user=OuterRef("user_id")).values(
        pair=Concat(F("role"), Value(":"), F("region"), output_field=CharField())
    )
    keys = ApiKey.objects.select_related("user").annotate(role_pairs=ArraySubquery(pairs))
    return keys.filter(public_id=public_id).first()


def actor_of_key(key: ApiKey) -> Actor:
    """Return the actor of a key: its owner's roles, limited to its scopes."""
    pairs = [pair.partition(":") for pair in getattr(key, "role_pairs", ())]
    regions = frozenset(region for _role, _, region in pairs)
    return Actor(
        kind=ActorKind.KEY,
        id=str(key.pk),
        label=key.name,
        roles=frozenset(role for role, _, _region in pairs),
        scopes=frozenset(key.scopes),
        regions=frozenset() if "" in regions else regions,
        owner_id=str(key.user_id),
    )

"""Make, use and revoke API keys."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from apps.accounts.exceptions import NoSuchKey, NoSuchUser
from apps.accounts.keys import hash_secret, new_key
from apps.accounts.models import ApiKey
from apps.accounts.policies import ALL_SCOPES, list_actions, require
from apps.accounts.selectors.keys import visible_keys
from apps.accounts.selectors.users import visible_users
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Invalid, Problem
from apps.core.journal import record, unit_of_work
from tenants.choices import Environment
from tenants.context import tenant_or_none

DEFAULT_DAYS = 90
MAX_DAYS = 365
_USE_NOTED_EVERY = timedelta(minutes=1)


def create_api_key(
    *, user_id: UUID, name: str, scopes: Sequence[str], actor: Actor, days: int = DEFAULT_DAYS
) -> tuple[ApiKey, str]:
    """Make a key acting for the user; return its row and its text, which is shown this once and never again.

    ``scopes`` are names of actions or ``*``; ``days`` until it expires, 1 to 365. Raises Invalid for anything else.
    """
    _check_scopes(scopes)
    if not 1 <= days <= MAX_DAYS:
        problem = Problem("/days", f"A key lives 1 to {MAX_DAYS} days.", "out_of_range")
        raise Invalid("invalid_expiry", problem.message, [problem])
    with unit_of_work(actor):
        require(actor, "keys:manage")
        owner = visible_users(actor).filter(pk=user_id, is_active=True).first()
        if owner is None:
            raise NoSuchUser
        parts, text = new_key(_environment())
        key = ApiKey.objects.create(
            user=owner,
            name=name,
            public_id=parts.public_id,
            prefix=f"key_{parts.environment}_{parts.public_id}",
            secret_hash=hash_secret(parts.secret),
            scopes=sorted(set(scopes)),
            expires_at=now() + timedelta(days=days),
        )
        after = {"name": name, "prefix": key.prefix, "scopes": key.scopes, "owner": owner.label}
        record("api_key.create", key, after=after | {"expires_at": key.expires_at.isoformat()})
    return key, text


def revoke_api_key(*, key_id: UUID, actor: Actor, reason: str = "") -> ApiKey:
    """End the key's life now; revoking it again changes nothing."""
    with unit_of_work(actor, reason=reason):
        require(actor, "keys:manage")
        key = visible_keys(actor).select_for_update(of=("self",)).filter(pk=key_id).first()
        if key is None:
            raise NoSuchKey
        if key.revoked_at is None:
            key.revoked_at = now()
            key.version += 1
            key.save(update_fields=["revoked_at", "version"])
            record("api_key.revoke", key, after={"prefix": key.prefix})
    return key


def note_key_used(key: ApiKey) -> None:
    """Remember that the key was used, at most once a minute."""
    at = now()
    if key.last_used_at is None or at - key.last_used_at >= _USE_NOTED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=at)
        key.last_used_at = at


def _environment() -> str:
    tenant = tenant_or_none()
    return "test" if tenant is not None and tenant.environment == Environment.SANDBOX else "live"


def _check_scopes(scopes: Sequence[str]) -> None:
    known = list_actions()
    problems = [
        Problem(
            f"/scopes/{index}",
            f"There is no scope {scope!r}.",
            "unknown_scope",
            "See GET /api/v1/roles for all.",
        )
        for index, scope in enumerate(scopes)
        if scope != ALL_SCOPES and scope not in known
    ]
    if not scopes:
        problems.append(Problem("/scopes", "Name at least one scope.", "empty"))
    if problems:
        raise Invalid("unknown_scope", "The scopes are not valid; see errors.", problems)

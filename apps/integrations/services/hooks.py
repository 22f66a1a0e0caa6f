"""Set up and change inbound hooks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.accounts import policies as accounts
from apps.accounts.choices import STAFF_ROLES
from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid, Problem
from apps.integrations import policies
from apps.integrations.choices import HookScheme
from apps.integrations.exceptions import UnknownHook
from apps.integrations.inbound.mapping import mapping_problems
from apps.integrations.inbound.schemes import scheme_of
from apps.integrations.models import InboundHook
from apps.integrations.services.secrets import first_ring, turned_ring
from apps.integrations.types import Json
from apps.ledger.services import record, transition, unit_of_work

DEFAULT_OWNER = "tenant_admin"


@dataclass(frozen=True, slots=True)
class NewHook:
    """A hook together with its secret in the clear, which is shown this once."""

    hook: InboundHook
    secret: str = field(repr=False)


def create_hook(
    *,
    name: str,
    scheme: str,
    mapping: Mapping[str, Any],
    actor: Actor,
    options: Mapping[str, Any] | None = None,
    secret: str = "",
    owner_role: str = DEFAULT_OWNER,
) -> NewHook:
    """Make a hook; without ``secret`` one is made. ``owner_role`` owns the exceptions of messages that do not map.

    Raises Invalid with a pointer to each problem, Conflict (``name_taken``), Forbidden.
    """
    with unit_of_work(actor):
        accounts.require(actor, policies.HOOKS_MANAGE)
        _refuse_taken(name, None)
        _check(scheme, options or {}, mapping, owner_role)
        secret = _secret(scheme, secret)
        hook = InboundHook.objects.create(
            name=name,
            scheme=scheme,
            options=dict(options or {}),
            mapping=dict(mapping),
            owner_role=owner_role,
            sealed_secrets=first_ring(secret),
        )
        record("inbound_hook.create", hook, after=_shown(hook))
        return NewHook(hook, secret)


def update_hook(
    *,
    hook_id: UUID,
    actor: Actor,
    name: str | None = None,
    mapping: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    owner_role: str | None = None,
) -> InboundHook:
    """Change what is given. Raises as ``create_hook``."""
    with unit_of_work(actor):
        accounts.require(actor, policies.HOOKS_MANAGE)
        hook = _locked(hook_id)
        before = _shown(hook)
        hook.name = name or hook.name
        hook.mapping = dict(mapping) if mapping is not None else hook.mapping
        hook.options = dict(options) if options is not None else hook.options
        hook.owner_role = owner_role or hook.owner_role
        _refuse_taken(hook.name, hook.id)
        _check(hook.scheme, hook.options, hook.mapping, hook.owner_role)
        hook.version += 1
        hook.save(update_fields=["name", "mapping", "options", "owner_role", "version"])
        record("inbound_hook.update", hook, before=before, after=_shown(hook))
        return hook


def keep_mapping(name: str, copy: dict[str, Any], actor: Actor) -> None:
    """Give the hook of this name the mapping that a version of a workflow template holds; without such a hook, nothing."""
    hook = InboundHook.objects.filter(name=name, scheme=str(copy["scheme"])).first()
    if hook is not None and hook.mapping != copy["mapping"]:
        update_hook(hook_id=hook.id, mapping=copy["mapping"], actor=actor)


def rotate_hook_secret(*, hook_id: UUID, actor: Actor, secret: str = "") -> NewHook:
    """Add a new secret; the one before it stays live until the next rotation."""
    with unit_of_work(actor):
        accounts.require(actor, policies.HOOKS_MANAGE)
        hook = _locked(hook_id)
        secret = _secret(hook.scheme, secret)
        hook.sealed_secrets = turned_ring(hook.sealed_secrets, secret)
        hook.version += 1
        hook.save(update_fields=["sealed_secrets", "version"])
        record("inbound_hook.rotate_secret", hook)
        return NewHook(hook, secret)


def pause_hook(*, hook_id: UUID, actor: Actor, reason: str = "") -> InboundHook:
    """Take nothing in through the hook; senders are told to try again later."""
    return _move(hook_id, "pause", actor, reason)


def resume_hook(*, hook_id: UUID, actor: Actor, reason: str = "") -> InboundHook:
    """Take messages in again."""
    return _move(hook_id, "resume", actor, reason)


def _move(hook_id: UUID, command: str, actor: Actor, reason: str) -> InboundHook:
    with unit_of_work(actor, reason=reason):
        accounts.require(actor, policies.HOOKS_MANAGE)
        hook = _locked(hook_id)
        transition(hook, command)
        return hook


def _locked(hook_id: UUID) -> InboundHook:
    hook = InboundHook.objects.select_for_update().filter(pk=hook_id).first()
    if hook is None:
        raise UnknownHook
    return hook


def _refuse_taken(name: str, own_id: UUID | None) -> None:
    others = InboundHook.objects.filter(name=name)
    if (others.exclude(pk=own_id) if own_id else others).exists():
        raise Conflict("name_taken", f"There is a hook named {name!r} already.")


def _secret(scheme: str, given: str) -> str:
    rules = scheme_of(scheme)
    secret = given or rules.make_secret()
    if not rules.check_secret(secret):
        remedy = (
            "Send at least 16 characters (Standard Webhooks: whsec_ and base64), or none to have one made."
        )
        problem = Problem("/secret", "The secret does not suit the scheme.", "bad_secret", remedy)
        raise Invalid("invalid_secret", "The secret is not usable.", [problem])
    return secret


def _check(scheme: str, options: Mapping[str, Any], mapping: Mapping[str, Any], owner_role: str) -> None:
    if scheme not in HookScheme.values:
        remedy = f"Use one of {', '.join(HookScheme.values)}."
        problem = Problem("/scheme", f"{scheme!r} is not known.", "unknown_scheme", remedy)
        raise Invalid("invalid_hook", "The scheme is not known.", [problem])
    problems = [*scheme_of(scheme).check_options(options), *mapping_problems(mapping)]
    if owner_role not in STAFF_ROLES:
        remedy = f"Use one of {', '.join(sorted(STAFF_ROLES))}."
        problems.append(Problem("/owner_role", f"There is no role {owner_role!r}.", "unknown_role", remedy))
    if problems:
        raise Invalid("invalid_hook", "The hook is not usable like this; see errors.", problems)


def _shown(hook: InboundHook) -> Json:
    return {
        "name": hook.name,
        "scheme": hook.scheme,
        "options": hook.options,
        "mapping": hook.mapping,
        "owner_role": hook.owner_role,
    }

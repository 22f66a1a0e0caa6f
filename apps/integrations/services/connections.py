"""Set up, change, pause and try connections."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from apps.accounts import policies as accounts
from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid, Problem
from apps.core.ids import new_id
from apps.integrations import policies
from apps.integrations.choices import ConnectionStatus
from apps.integrations.connectors.registry import connector_names, find_connector
from apps.integrations.exceptions import InvalidConnection, OperationError, UnknownConnection
from apps.integrations.models import Connection, SlotBinding
from apps.integrations.selectors.connections import EVERY_TEMPLATE, bind, find_binding, secret_of
from apps.integrations.services.actions import release_held
from apps.integrations.services.credentials import check_secret, store_secret
from apps.integrations.types import Json, Secret
from apps.ledger.services import record, transition, unit_of_work
from apps.workflows.choices import PauseScope
from apps.workflows.services.pause_rows import close_pause, open_pause


def create_connection(
    *,
    name: str,
    definition: Mapping[str, Any],
    config: Mapping[str, Any],
    actor: Actor,
    secret: Secret | None = None,
    connector: str = "generic-rest",
    slots: Sequence[str] = (),
) -> Connection:
    """Make a connection and fill the named slots of every template with it.

    Raises InvalidConnection with a pointer to each problem, Conflict (``name_taken``), Forbidden.
    """
    with unit_of_work(actor):
        accounts.require(actor, policies.CONNECTIONS_MANAGE)
        if Connection.objects.filter(name=name).exists():
            raise Conflict("name_taken", f"There is a connection named {name!r} already.")
        _check(connector, definition, config, secret)
        row = Connection.objects.create(
            name=name,
            connector=connector,
            definition=dict(definition),
            config=dict(config),
            credential=store_secret(secret) if secret else None,
        )
        record("connection.create", row, after=_shown(row))
        for slot in slots:
            bind_slot(slot=slot, connection_id=row.id, actor=actor)
        return row


def update_connection(
    *,
    connection_id: UUID,
    actor: Actor,
    name: str | None = None,
    definition: Mapping[str, Any] | None = None,
    config: Mapping[str, Any] | None = None,
    secret: Secret | None = None,
) -> Connection:
    """Change what is given; a given secret replaces the stored one. Raises as ``create_connection``."""
    with unit_of_work(actor):
        accounts.require(actor, policies.CONNECTIONS_MANAGE)
        row = _locked(connection_id)
        before = _shown(row)
        row.name = name or row.name
        row.definition = dict(definition) if definition is not None else row.definition
        row.config = dict(config) if config is not None else row.config
        if Connection.objects.filter(name=row.name).exclude(pk=row.id).exists():
            raise Conflict("name_taken", f"There is a connection named {row.name!r} already.")
        _check(row.connector, row.definition, row.config, secret or secret_of(row.credential))
        if secret is not None:
            row.credential = store_secret(secret, held=row.credential)
        row.version += 1
        row.save(update_fields=["name", "definition", "config", "credential", "version"])
        after = _shown(row) | ({"credential": "replaced"} if secret else {})
        record("connection.update", row, before=before, after=after)
        return row


def install_connection(
    *,
    name: str,
    definition: Mapping[str, Any],
    config: Mapping[str, Any],
    actor: Actor,
    secret: Secret | None = None,
    slots: Sequence[str] = (),
) -> Connection:
    """Create the connection, or bring the one of that name up to date; for seeds, which run more than once."""
    with unit_of_work(actor):
        held = Connection.objects.select_related("credential").filter(name=name).first()
        if held is None:
            return create_connection(
                name=name, definition=definition, config=config, actor=actor, secret=secret, slots=slots
            )
        wanted = dict(definition), dict(config), secret or secret_of(held.credential)
        if (held.definition, held.config, secret_of(held.credential)) != wanted:
            held = update_connection(
                connection_id=held.id, actor=actor, definition=definition, config=config, secret=secret
            )
        for slot in slots:
            bind_slot(slot=slot, connection_id=held.id, actor=actor)
        return held


def bind_slot(
    *, slot: str, connection_id: UUID, actor: Actor, template_key: str = EVERY_TEMPLATE
) -> SlotBinding:
    """Fill a slot of one template, or of every template, with a connection; calls held for it are made."""
    with unit_of_work(actor):
        accounts.require(actor, policies.CONNECTIONS_MANAGE)
        row = _locked(connection_id)
        binding = SlotBinding.objects.select_for_update().filter(slot=slot, template_key=template_key).first()
        if binding is not None and binding.connection_id == row.id:
            return binding
        before = {"connection": str(binding.connection_id)} if binding else {}
        if binding is None:
            binding = SlotBinding.objects.create(slot=slot, template_key=template_key, connection=row)
        else:
            release_held(binding.connection_id)
            binding.connection = row
            binding.version += 1
            binding.save(update_fields=["connection", "version"])
        record(
            "slot_binding.set",
            binding,
            before=before,
            after={"slot": slot, "template": template_key, "connection": str(row.id)},
        )
        return binding


def unbind_slot(*, slot: str, actor: Actor, template_key: str = EVERY_TEMPLATE) -> None:
    """Empty a slot; actions that need it become exceptions."""
    with unit_of_work(actor):
        accounts.require(actor, policies.CONNECTIONS_MANAGE)
        binding = SlotBinding.objects.select_for_update().filter(slot=slot, template_key=template_key).first()
        if binding is not None:
            before = {"slot": slot, "template": template_key, "connection": str(binding.connection_id)}
            record("slot_binding.clear", binding, before=before)
            binding.delete()


def pause_connection(*, connection_id: UUID, actor: Actor, reason: str = "") -> Connection:
    """Make no more calls through the connection; what is intended waits, visibly, until it is resumed."""
    with unit_of_work(actor, reason=reason):
        accounts.require(actor, policies.CONNECTIONS_MANAGE)
        row = _locked(connection_id)
        transition(row, "pause")
        open_pause(scope=PauseScope.CONNECTION, key=str(row.id), label=row.name, actor=actor, reason=reason)
        return row


def resume_connection(*, connection_id: UUID, actor: Actor, reason: str = "") -> Connection:
    """Make calls again, those that waited first."""
    with unit_of_work(actor, reason=reason):
        accounts.require(actor, policies.CONNECTIONS_MANAGE)
        row = _locked(connection_id)
        transition(row, "resume", details={"released": release_held(row.id)})
        with suppress(Conflict):  # one paused before pauses were kept has no row of its own
            close_pause(scope=PauseScope.CONNECTION, key=str(row.id), actor=actor, reason=reason)
        return row


def test_connection(*, connection_id: UUID, actor: Actor) -> Json:
    """Perform the definition's test operation; return what happened, never raise for what the system answers."""
    accounts.require(actor, policies.CONNECTIONS_MANAGE)
    row = Connection.objects.select_related("credential").filter(pk=connection_id).first()
    if row is None:
        raise UnknownConnection
    operation = str(row.definition.get("test", ""))
    if not operation:
        problem = Problem(
            "/definition/test", "The definition names no test operation.", "missing", "Add `test`."
        )
        raise InvalidConnection("no_test", "The connection cannot be tested.", [problem])
    try:
        result = bind(row).execute(operation, {}, str(new_id()), timeout=8.0)
    except OperationError as error:
        return {"ok": False, "code": error.code, "message": error.message, "details": error.details}
    return {"ok": True, "latency_ms": round(result.latency_ms, 1), "response": result.response}


def try_slot(slot: str, template_key: str) -> Json:
    """Try the connection in a template's slot: ``ok``, ``code`` and ``message`` (nothing of what the system answered)."""
    binding = find_binding(slot, template_key)
    if binding is None:
        message = f"The slot '{slot}' is not bound to a connection."
        return {"ok": False, "code": "not_bound", "message": message}
    name, actor = binding.connection.name, Actor.system(f"try of slot {slot}")
    try:
        tried = test_connection(connection_id=binding.connection_id, actor=actor)
    except Invalid as error:
        return {"ok": False, "code": "test_failed", "message": f"{name}: {error.detail}"}
    if not tried["ok"]:
        return {"ok": False, "code": "test_failed", "message": f"{name}: {tried['message']}"}
    return {"ok": True, "code": "ok", "message": f"{name} answers."}


def _locked(connection_id: UUID) -> Connection:
    row = Connection.objects.select_for_update().filter(pk=connection_id).first()
    if row is None:
        raise UnknownConnection
    return row


def _check(
    connector: str, definition: Mapping[str, Any], config: Mapping[str, Any], secret: Secret | None
) -> None:
    found = find_connector(connector)
    if found is None:
        known = ", ".join(connector_names())
        problem = Problem(
            "/connector", f"There is no connector {connector!r}.", "unknown", f"Use one of {known}."
        )
        raise Invalid("unknown_connector", "The connector is not known.", [problem])
    if secret is not None:
        check_secret(secret)
    found.bind(definition, config, secret)


def _shown(row: Connection) -> Json:
    """Return what the audit entry shows: never the secret, and operations by name only."""
    return {
        "name": row.name,
        "connector": row.connector,
        "status": row.status or ConnectionStatus.ACTIVE,
        "config": row.config,
        "operations": sorted(row.definition.get("operations", {})),
        "credential": row.credential.kind if row.credential else "none",
    }

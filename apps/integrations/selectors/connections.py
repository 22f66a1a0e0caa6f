"""Connections: rows, and bound ones kept in memory for as long as neither they nor their credential change."""

from functools import lru_cache
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from apps.integrations.choices import IntentState
from apps.integrations.connectors.registry import BoundConnection, find_connector
from apps.integrations.exceptions import UnknownConnection
from apps.integrations.models import Connection, Credential, SlotBinding
from apps.integrations.types import ConnectionKey, Secret
from apps.integrations.vault import unseal

EVERY_TEMPLATE = "*"


def list_connections() -> QuerySet[Connection]:
    """Return all connections with their credential and bindings; ``held_actions`` counts what waits for a resume."""
    return (
        Connection.objects.select_related("credential")
        .prefetch_related("bindings")
        .annotate(held_actions=Count("intents", filter=Q(intents__state=IntentState.HELD), distinct=True))
    )


def get_connection(connection_id: UUID) -> Connection:
    """Return the connection; raise UnknownConnection."""
    row = list_connections().filter(pk=connection_id).first()
    if row is None:
        raise UnknownConnection
    return row


def list_bindings() -> QuerySet[SlotBinding]:
    return SlotBinding.objects.all()


def find_binding(slot: str, template_key: str = EVERY_TEMPLATE) -> SlotBinding | None:
    """Return what fills the slot for the template: its own binding before that of every template."""
    found = SlotBinding.objects.select_related("connection__credential").filter(
        slot=slot, template_key__in=[template_key, EVERY_TEMPLATE]
    )
    return min(found, key=lambda binding: binding.template_key == EVERY_TEMPLATE, default=None)


def bound_slots() -> list[str]:
    """Return the slots in which some template finds a connection."""
    return list(SlotBinding.objects.order_by("slot").values_list("slot", flat=True).distinct())


def operations_of_slot(slot: str, _connector: str) -> list[str] | None:
    """Return the operations of the connection in the slot, None if it cannot be known."""
    binding = find_binding(slot) or SlotBinding.objects.select_related("connection").filter(slot=slot).first()
    return sorted(binding.connection.definition.get("operations", {})) if binding else None


def idempotency_of(slot: str, _connector: str, operation: str) -> str | None:
    """Return how an operation of the connection in the slot recognises repetitions, None if it cannot be known."""
    binding = find_binding(slot) or SlotBinding.objects.select_related("connection").filter(slot=slot).first()
    if binding is None:
        return None
    spec = binding.connection.definition.get("operations", {}).get(operation)
    declared = spec.get("idempotency") if isinstance(spec, dict) else None
    return str(declared.get("kind", "")) or None if isinstance(declared, dict) else None


def bind(connection: Connection) -> BoundConnection:
    """Return the connection ready for use; raise InvalidConnection or CredentialUnreadable."""
    return bound_connection(key_of(connection))


def key_of(connection: Connection) -> ConnectionKey:
    credential = connection.credential
    return ConnectionKey(
        connection_id=connection.id,
        version=connection.version,
        credential_id=credential.id if credential else None,
        credential_version=credential.version if credential else 0,
    )


@lru_cache(maxsize=1024)
def bound_connection(key: ConnectionKey) -> BoundConnection:
    """Return the connection in exactly this state, parsed and decrypted once per process.

    Ids are unique over all tenants, so one tenant's connection is never found by another's key.
    """
    row = Connection.objects.select_related("credential").get(pk=key.connection_id)
    connector = find_connector(row.connector)
    if connector is None:
        raise LookupError(f"unknown connector {row.connector!r}")
    return connector.bind(row.definition, row.config, secret_of(row.credential))


def secret_of(credential: Credential | None) -> Secret | None:
    """Return the credential in the clear."""
    return Secret(credential.kind, unseal(credential.sealed)) if credential else None

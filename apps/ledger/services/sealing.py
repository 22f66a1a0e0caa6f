"""Seal what the audit has gathered, and sign how far the chain has come.

Order does not matter and nothing is guessed from ids or times: each transaction leaves a row that names its entries
(``UnsealedEntries``), the seal that covers them takes it away, and both see only what is committed.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from apps.core.canonical import canonical_json
from apps.core.clock import now
from apps.dispatch.models.queue import PLATFORM
from apps.dispatch.types import WorkItemSpec
from apps.ledger.chain import BEGINNING, StoredSeal, entry_leaf, head_statement, make_seal, missing_leaf
from apps.ledger.checkpoint_store import checkpoint_store
from apps.ledger.models import AuditCheckpoint, AuditEntry, AuditSeal
from apps.ledger.services.unit import SEAL_KIND, enqueue, seal_time
from apps.ledger.signing import public_keys, sign
from tenants.context import tenant_or_none
from tenants.db import connection

CHECKPOINT_KIND = "ledger.checkpoint"
BATCHES_A_SEAL = 500
"""How many transactions one seal covers at most."""
CHAIN_REF = UUID(int=1)
"""What work on the chain refers to: there is one chain in each schema."""

_LOCK = "SELECT pg_advisory_xact_lock((4711::bigint << 32) | 'ledger_auditseal'::regclass::oid::bigint)"
_TAKE = """
DELETE FROM ledger_unsealedentries
 WHERE batch IN (SELECT batch FROM ledger_unsealedentries ORDER BY batch LIMIT %s)
RETURNING entries
"""


def chain_id() -> UUID:
    """Return the name of the chain of the present schema: the tenant's id, or the platform's."""
    tenant = tenant_or_none()
    return tenant.id if tenant else PLATFORM


def seal_later() -> None:
    """Have committed entries sealed in a little while, together with others; once for many. Needs a unit of work."""
    enqueue(WorkItemSpec(SEAL_KIND, CHAIN_REF, run_at=seal_time(), dedupe=SEAL_KIND))


def seal_entries() -> AuditSeal | None:
    """Seal what is committed and not sealed yet, up to BATCHES_A_SEAL transactions; None if there is nothing.

    Needs a unit of work. If there may be more, or the new head wants signing, work for that is enqueued.
    """
    _lock_chain()
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [BATCHES_A_SEAL])
        taken = [row[0] for row in cursor.fetchall()]
    entries = sorted({entry for batch in taken for entry in batch})
    if not entries:
        return None
    head = AuditSeal.objects.order_by("-number").values_list("number", "hash", "total").first()
    made = make_seal(
        chain=chain_id(),
        before=head or (0, BEGINNING, 0),
        entries=entries,
        leaves=_leaves(entries),
        sealed_at=now(),
    )
    if len(taken) == BATCHES_A_SEAL:
        enqueue(WorkItemSpec(SEAL_KIND, CHAIN_REF, dedupe=SEAL_KIND))
    at = next_signing(now(), chain_id())
    enqueue(WorkItemSpec(CHECKPOINT_KIND, CHAIN_REF, run_at=at, dedupe=CHECKPOINT_KIND))
    return _store(made)


def sign_head() -> AuditCheckpoint | None:
    """Sign the head of the chain and keep it outside the database too; None if it is signed already.

    Needs a unit of work. It waits for a seal that is being made, so that none is left unsigned.
    """
    _lock_chain()
    signed = (
        AuditCheckpoint.objects.order_by("-seal_number").values_list("seal_number", flat=True).first() or 0
    )
    hashes = list(
        AuditSeal.objects.filter(number__gt=signed).order_by("number").values_list("hash", flat=True)
    )
    if not hashes:
        return None
    at, chain, number = now(), chain_id(), signed + len(hashes)
    statement = head_statement(
        chain, number=number, hashes=hashes, key=public_keys(chain)[0].id, signed_at=at
    )
    signature = sign(chain, statement)
    checkpoint_store().append(
        chain, canonical_json({"statement": statement.decode(), "signature": signature})
    )
    return AuditCheckpoint.objects.create(
        seal_number=number,
        since=signed,
        statement=statement.decode(),
        signature=signature,
        signed_at=at,
    )


def next_signing(at: datetime, chain: UUID) -> datetime:
    """Return when the chain's head is signed next: once a day, the chains spread over the first hour of it (UTC)."""
    spread = (
        int.from_bytes(hashlib.sha256(chain.bytes).digest()[:4], "big")
        % settings.AUDIT_SIGNING_SPREAD_SECONDS
    )
    time = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(seconds=spread)
    return time if time > at else time + timedelta(days=1)


def _lock_chain() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)


def _leaves(entries: Sequence[UUID]) -> list[bytes]:
    rows = AuditEntry.objects.filter(pk__in=entries).values()
    found = {row["id"]: entry_leaf(row) for row in rows}
    return [found.get(entry) or missing_leaf(entry) for entry in entries]


def _store(made: StoredSeal) -> AuditSeal:
    head = made.header
    return AuditSeal.objects.create(
        number=head.number,
        previous=head.previous,
        count=head.count,
        total=head.total,
        first=head.first,
        last=head.last,
        root=head.root,
        hash=made.hash,
        sealed_at=head.sealed_at,
        entries=list(made.entries),
        leaves=made.leaves,
    )

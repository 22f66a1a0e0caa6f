"""Read the whole chain of a schema again and hold it against the entries, its signed heads, and those kept outside."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.ledger.chain import (
    BEGINNING,
    Break,
    SealHeader,
    StoredSeal,
    breaks_of_seal,
    entry_leaf,
    head_statement,
)
from apps.ledger.checkpoint_store import checkpoint_store
from apps.ledger.models import AuditCheckpoint, AuditEntry, AuditSeal, UnsealedEntries
from apps.ledger.signing import PublicKey, is_signed, public_keys
from tenants.db import connection

_SEALS_AT_ONCE = 100

_STRAY = """
SELECT id FROM ledger_auditentry
EXCEPT (SELECT unnest(entries) FROM ledger_auditseal UNION ALL SELECT unnest(entries) FROM ledger_unsealedentries)
ORDER BY 1
"""
_LOST = """
SELECT unnest(entries) FROM ledger_unsealedentries EXCEPT SELECT id FROM ledger_auditentry ORDER BY 1
"""
_TWICE = """
SELECT entry FROM (SELECT unnest(entries) AS entry FROM ledger_auditseal) AS listed
 GROUP BY entry HAVING count(*) > 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What was read, and what is wrong with it; ``waiting`` entries are not sealed yet."""

    entries: int
    seals: int
    checkpoints: int
    waiting: int
    breaks: Sequence[Break]


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A checkpoint as it is kept: what was signed, and the signature."""

    statement: str
    signature: str

    def facts(self) -> dict[str, Any]:
        """Return what it says; nothing if it is no JSON object."""
        try:
            said = json.loads(self.statement)
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}


def verify_chain(chain: UUID) -> ChainReport:
    """Verify the chain of the present schema, whole and from one view of the database."""
    with _one_view():
        hashes: dict[int, str] = {}
        breaks: list[Break] = []
        before = (0, BEGINNING, 0)
        for seal, found in _seals(chain):
            breaks += breaks_of_seal(seal, before=before, chain=chain, found=found)
            before = (seal.header.number, seal.hash, seal.header.total)
            hashes[seal.header.number] = seal.hash
        breaks += _stray_entries()
        stored = [SignedHead(*row) for row in _checkpoints()]
        outside, unreadable = _outside(chain)
        breaks += unreadable + breaks_of_heads(chain, hashes, stored=stored, outside=outside)
        waiting = sum(len(entries) for entries in UnsealedEntries.objects.values_list("entries", flat=True))
        return ChainReport(
            AuditEntry.objects.count(), len(hashes), len({*stored, *outside}), waiting, tuple(breaks)
        )


def breaks_of_heads(
    chain: UUID, hashes: Mapping[int, str], *, stored: Sequence[SignedHead], outside: Sequence[SignedHead]
) -> list[Break]:
    """Hold the signed heads, in the database and outside, against the seals' hashes by number, and against each other."""
    keys, wrong = public_keys(chain), []
    for head in dict.fromkeys([*outside, *stored]):
        where = "outside the database" if head in outside else "in the database"
        wrong += _breaks_of_head(chain, hashes, head, keys, where)
    missing_outside = [head for head in stored if head not in outside]
    missing_inside = _numbers(outside) - _numbers(stored)
    wrong += [
        Break(
            "checkpoint_not_outside",
            f"The signed head of seal {head.facts().get('number')} is not kept outside.",
        )
        for head in missing_outside
    ]
    return wrong + [
        Break("checkpoint_deleted", f"The signed head of seal {number} is gone from the database.")
        for number in sorted(missing_inside)
    ]


def _breaks_of_head(
    chain: UUID, hashes: Mapping[int, str], head: SignedHead, keys: Sequence[PublicKey], where: str
) -> list[Break]:
    said = head.facts()
    number = said.get("number")
    if not any(is_signed(head.statement.encode(), signature=head.signature, key=key) for key in keys):
        message = f"The signed head of seal {number} {where} was changed: it is not signed by any key of this chain."
        return [Break("checkpoint_not_signed", message)]
    if said.get("chain") != str(chain):
        return [
            Break("checkpoint_foreign", f"The signed head of seal {number} {where} is that of another chain.")
        ]
    if number not in hashes:
        message = f"Seal {number}, whose head was signed at {said.get('signed_at')}, is gone."
        return [Break("seal_deleted", message)]
    if said != _said_of(said, chain, hashes):
        message = f"Seal {number} is not the one whose head was signed at {said.get('signed_at')}: history was rewritten."
        return [Break("history_rewritten", message)]
    return []


def _said_of(said: dict[str, Any], chain: UUID, hashes: Mapping[int, str]) -> dict[str, Any]:
    """Return what a head of this number would have to say of the seals that are there."""
    covered = range(int(said.get("since", 0)) + 1, said["number"] + 1)
    present = [hashes[number] for number in covered if number in hashes]
    if len(present) != len(covered):
        return {}
    statement = head_statement(chain, number=said["number"], hashes=present, key=str(said.get("key")))
    return {**json.loads(statement), **{name: said[name] for name in ("signed_at",) if name in said}}


def _numbers(heads: Sequence[SignedHead]) -> set[int]:
    return {number for head in heads if isinstance(number := head.facts().get("number"), int)}


def _seals(chain: UUID) -> Iterator[tuple[StoredSeal, dict[UUID, bytes]]]:
    """Yield every seal in order, with the leaf of each of its entries that is there."""
    last: int | None = None
    while True:
        rows = AuditSeal.objects.order_by("number")
        batch = list((rows if last is None else rows.filter(number__gt=last))[:_SEALS_AT_ONCE])
        if not batch:
            return
        last = batch[-1].number
        wanted = [entry for row in batch for entry in row.entries]
        found = {
            entry["id"]: entry_leaf(entry)
            for entry in AuditEntry.objects.filter(pk__in=wanted).values().iterator()
        }
        for row in batch:
            yield stored_seal(row, chain), found


def stored_seal(row: AuditSeal, chain: UUID) -> StoredSeal:
    return StoredSeal(header_of(row, chain), row.hash, tuple(row.entries), bytes(row.leaves))


def header_of(row: AuditSeal, chain: UUID) -> SealHeader:
    """Return what the row says as a header of the chain."""
    return SealHeader(
        chain=chain,
        number=row.number,
        previous=row.previous,
        count=row.count,
        total=row.total,
        first=row.first,
        last=row.last,
        root=row.root,
        sealed_at=row.sealed_at,
    )


def _stray_entries() -> list[Break]:
    """Entries that no seal knows, and entries that are known and not there, or known twice."""
    wrong = []
    for statement, code, message in (
        (
            _STRAY,
            "entry_inserted",
            "Entry {} was inserted past the ledger: no seal covers it and none is to.",
        ),
        (_LOST, "entry_deleted", "Entry {} was deleted before it was sealed."),
        (_TWICE, "entry_twice", "Entry {} is listed by more than one seal."),
    ):
        with connection.cursor() as cursor:
            cursor.execute(statement)
            wrong += [Break(code, message.format(entry), entry) for (entry,) in cursor.fetchall()]
    return wrong


def _checkpoints() -> Iterator[tuple[str, str]]:
    return (
        AuditCheckpoint.objects.order_by("seal_number", "id").values_list("statement", "signature").iterator()
    )


def _outside(chain: UUID) -> tuple[list[SignedHead], list[Break]]:
    heads, wrong = [], []
    for place, line in enumerate(checkpoint_store().read(chain), start=1):
        try:
            kept = json.loads(line)
            heads.append(SignedHead(str(kept["statement"]), str(kept["signature"])))
        except (ValueError, KeyError, TypeError):
            wrong.append(
                Break("checkpoint_unreadable", f"Line {place} of the heads kept outside cannot be read.")
            )
    return heads, wrong


@contextmanager
def _one_view() -> Iterator[None]:
    """One view of all tables within the block, without a limit of time; in a transaction of others, that one's."""
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        yield

"""What proves some audit entries to somebody who has no access: paths through their seals up to signed heads."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.ledger.chain import (
    entry_content,
    head_statement,
    leaves_of,
    pending_statement,
    seal_leaf,
)
from apps.ledger.merkle import leaf_hash, path_of
from apps.ledger.models import AuditCheckpoint, AuditEntry, AuditSeal
from apps.ledger.selectors.verifying import header_of, stored_seal
from apps.ledger.signing import public_keys, sign


@dataclass(frozen=True, slots=True)
class Place:
    """Where a leaf stands in a tree, and the hashes beside its way to the root."""

    index: int
    count: int
    path: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry's canonical JSON, the number of its seal and its place in it; both None while no seal covers it."""

    id: UUID
    content: bytes
    seal: int | None
    place: Place | None


@dataclass(frozen=True, slots=True)
class ProvenSeal:
    """A seal's own content, its place among the seals of a signed head, and which of the heads that is."""

    number: int
    content: bytes
    place: Place
    head: int


@dataclass(frozen=True, slots=True)
class Statement:
    """Canonical JSON with its signature, in hexadecimal."""

    content: bytes
    signature: str


@dataclass(frozen=True, slots=True)
class ChainProof:
    """All that is needed, beside the public keys, to verify the entries."""

    chain: UUID
    entries: Sequence[ProvenEntry]
    seals: Sequence[ProvenSeal]
    heads: Sequence[Statement]
    pending: Statement | None


def prove_entries(
    chain: UUID, *, subjects: Sequence[tuple[str, str]], noting: Mapping[str, Collection[str]] | None = None
) -> ChainProof:
    """Return the entries about the subjects (type and id), in order of id, with their proofs.

    With ``noting`` only those which note one of the values under each name.

    What is signed already is proven by the head as it was signed. What is not is signed now, by the seal, or by its leaf
    while it has none: no row is written for that, and asked again the answer is the same until the chain has moved on.
    """
    entries = [entry for entry in _entries_about(subjects) if _notes(entry, noting or {})]
    seals = list(
        AuditSeal.objects.filter(entries__overlap=[entry["id"] for entry in entries]).order_by("number")
    )
    places: dict[UUID, tuple[int, Place]] = {}
    for seal in seals:
        stored = stored_seal(seal, chain)
        leaves, order = leaves_of(stored), {entry: at for at, entry in enumerate(stored.entries)}
        for entry in entries:
            at = order.get(entry["id"])
            if at is not None:
                places[entry["id"]] = (seal.number, Place(at, len(leaves), path_of(leaves, at)))
    proven = [
        ProvenEntry(entry["id"], entry_content(entry), *places.get(entry["id"], (None, None)))
        for entry in entries
    ]
    proven_seals, heads = _prove_seals(chain, seals)
    waiting = [leaf_hash(entry.content) for entry in proven if entry.seal is None]
    pending = _signed(chain, pending_statement(chain, leaves=waiting, key=_key(chain))) if waiting else None
    return ChainProof(chain, proven, proven_seals, heads, pending)


def _notes(entry: Mapping[str, Any], wanted: Mapping[str, Collection[str]]) -> bool:
    return all((entry["after"] or {}).get(name) in values for name, values in wanted.items())


def _entries_about(subjects: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    found = AuditEntry.objects.none()
    for kind in sorted({kind for kind, _id in subjects}):
        ids = [subject for named, subject in subjects if named == kind]
        found = found | AuditEntry.objects.filter(subject_type=kind, subject_id__in=ids)
    return [dict(row) for row in found.order_by("id").values()]


def _prove_seals(chain: UUID, seals: Sequence[AuditSeal]) -> tuple[list[ProvenSeal], list[Statement]]:
    proven: list[ProvenSeal] = []
    heads: list[Statement] = []
    known: dict[int, tuple[int, list[bytes]]] = {}
    for seal in seals:
        checkpoint = (
            AuditCheckpoint.objects.filter(seal_number__gte=seal.number).order_by("seal_number", "id").first()
        )
        since, last = (
            (checkpoint.since, checkpoint.seal_number) if checkpoint else (seal.number - 1, seal.number)
        )
        if last not in known:
            hashes = _hashes(since, last)
            known[last] = (len(heads), [seal_leaf(held) for held in hashes])
            if checkpoint:
                heads.append(Statement(checkpoint.statement.encode(), checkpoint.signature))
            else:
                statement = head_statement(chain, number=last, hashes=hashes, key=_key(chain))
                heads.append(_signed(chain, statement))
        head, leaves = known[last]
        at = seal.number - since - 1
        place = Place(at, len(leaves), path_of(leaves, at))
        proven.append(ProvenSeal(seal.number, header_of(seal, chain).content(), place, head))
    return proven, heads


def _hashes(since: int, last: int) -> list[str]:
    rows = AuditSeal.objects.filter(number__gt=since, number__lte=last).order_by("number")
    return list(rows.values_list("hash", flat=True))


def _signed(chain: UUID, content: bytes) -> Statement:
    return Statement(content, sign(chain, content))


def _key(chain: UUID) -> str:
    return public_keys(chain)[0].id

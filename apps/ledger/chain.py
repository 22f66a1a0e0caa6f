"""The chain of seals over audit entries: what is hashed, and what breaks it. Pure.

A *seal* covers some entries in order: the root of the Merkle tree over their canonical JSON, and the hash of the seal
before. A *checkpoint* is a signed statement of how far the chain had come. All hashes are SHA-256, in hexadecimal.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from apps.core.canonical import canonical_json
from apps.ledger.merkle import HASH_BYTES, leaf_hash, root_of

FORMAT = 1
BEGINNING = "0" * 64
"""What the first seal names as the one before."""


@dataclass(frozen=True, slots=True)
class SealHeader:
    """What a seal says without naming its entries one by one; ``total`` counts the entries of the chain up to here."""

    chain: UUID
    number: int
    previous: str
    count: int
    total: int
    first: UUID
    last: UUID
    root: str
    sealed_at: datetime

    def content(self) -> bytes:
        """Return the bytes whose SHA-256 is the seal's hash."""
        return canonical_json(
            {
                "format": FORMAT,
                "chain": str(self.chain),
                "number": self.number,
                "previous": self.previous,
                "count": self.count,
                "total": self.total,
                "first": str(self.first),
                "last": str(self.last),
                "root": self.root,
                "sealed_at": time_text(self.sealed_at),
            }
        )

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.content()).hexdigest()


@dataclass(frozen=True, slots=True)
class StoredSeal:
    """A seal as it is stored, with its entries and their leaves (32 bytes each, joined) in order."""

    header: SealHeader
    hash: str
    entries: Sequence[UUID]
    leaves: bytes


@dataclass(frozen=True, slots=True)
class Break:
    """One thing that is not as it was sealed or signed; ``entry`` names the entry where one can be told."""

    code: str
    message: str
    entry: UUID | None = None


def make_seal(
    *,
    chain: UUID,
    before: tuple[int, str, int],
    entries: Sequence[UUID],
    leaves: Sequence[bytes],
    sealed_at: datetime,
) -> StoredSeal:
    """Return the seal that follows ``before``: number, hash and total of the last one (0, BEGINNING, 0 at first)."""
    number, previous, total = before
    header = SealHeader(
        chain=chain,
        number=number + 1,
        previous=previous,
        count=len(entries),
        total=total + len(entries),
        first=entries[0],
        last=entries[-1],
        root=root_of(leaves).hex(),
        sealed_at=sealed_at,
    )
    return StoredSeal(header, header.hash, tuple(entries), b"".join(leaves))


def entry_content(row: Mapping[str, Any]) -> bytes:
    """Return an audit entry's canonical JSON, from its columns."""
    return canonical_json(
        {
            "id": str(row["id"]),
            "at": time_text(row["at"]),
            "actor": {
                "kind": row["actor_kind"],
                "id": row["actor_id"],
                "label": row["actor_label"],
                "behind": row["behind"],
                "lease_id": str(row["lease_id"]) if row["lease_id"] else None,
            },
            "action": row["action"],
            "subject_type": row["subject_type"],
            "subject_id": row["subject_id"],
            "before": row["before"],
            "after": row["after"],
            "reason": row["reason"],
            "request_id": row["request_id"],
        }
    )


def entry_leaf(row: Mapping[str, Any]) -> bytes:
    return leaf_hash(entry_content(row))


def missing_leaf(entry: UUID) -> bytes:
    """Return the leaf of an entry that was gone when it was to be sealed: its loss is on record like any other fact."""
    return leaf_hash(canonical_json({"id": str(entry), "missing": True}))


def seal_leaf(seal_hash: str) -> bytes:
    """Return the leaf of a seal in the tree that a head is signed with."""
    return leaf_hash(bytes.fromhex(seal_hash))


def head_statement(
    chain: UUID, *, number: int, hashes: Sequence[str], key: str, signed_at: datetime | None = None
) -> bytes:
    """Return what is signed to say how far the chain had come: that seal ``number`` is the last of ``hashes``.

    ``root`` is that of the tree over these seals, so that each can be proven without the others. Said on demand it
    carries no time, so that saying it again is saying the same.
    """
    said = {
        "format": FORMAT,
        "kind": "audit-head",
        "chain": str(chain),
        "number": number,
        "hash": hashes[-1],
        "since": number - len(hashes),
        "root": root_of([seal_leaf(held) for held in hashes]).hex(),
        "key": key,
    }
    return canonical_json(said if signed_at is None else {**said, "signed_at": time_text(signed_at)})


def pending_statement(chain: UUID, *, leaves: Sequence[bytes], key: str) -> bytes:
    """Return what is signed of entries that no seal covers yet: their leaves."""
    said = {
        "format": FORMAT,
        "kind": "audit-pending",
        "chain": str(chain),
        "leaves": [leaf.hex() for leaf in leaves],
        "key": key,
    }
    return canonical_json(said)


def leaves_of(seal: StoredSeal) -> list[bytes]:
    return [seal.leaves[at : at + HASH_BYTES] for at in range(0, len(seal.leaves), HASH_BYTES)]


def breaks_of_seal(
    seal: StoredSeal, *, before: tuple[int, str, int], chain: UUID, found: Mapping[UUID, bytes]
) -> list[Break]:
    """Return what is wrong with a seal and its entries; ``found`` holds the leaf of each entry that is there now."""
    return [*_breaks_of_header(seal, before, chain), *_breaks_of_entries(seal, found)]


def _breaks_of_header(seal: StoredSeal, before: tuple[int, str, int], chain: UUID) -> list[Break]:
    head, leaves = seal.header, leaves_of(seal)
    number, previous, total = before
    name = f"Seal {head.number}"
    wrong = []
    if head.number != number + 1:
        wrong.append(
            Break("seal_missing", f"{name} follows seal {number}: what was between them is missing.")
        )
    if head.previous != previous:
        wrong.append(Break("seal_not_linked", f"{name} does not follow from the seal before it."))
    if seal.hash != head.hash or head.chain != chain:
        wrong.append(Break("seal_changed", f"{name} was changed: its hash is not that of what it says."))
    counted = head.count == len(seal.entries) == len(leaves) and head.total == total + head.count
    if not counted or not seal.entries or (head.first, head.last) != (seal.entries[0], seal.entries[-1]):
        wrong.append(Break("seal_entries_changed", f"{name} does not list the entries that it counts."))
    if root_of(leaves).hex() != head.root:
        between = f"between {head.first} and {head.last}"
        wrong.append(
            Break("seal_leaves_changed", f"{name} was changed in the hashes of its entries, {between}.")
        )
    return wrong


def _breaks_of_entries(seal: StoredSeal, found: Mapping[UUID, bytes]) -> list[Break]:
    wrong = []
    for entry, leaf in zip(seal.entries, leaves_of(seal), strict=False):
        there = found.get(entry)
        if there is None:
            when = "before it was sealed" if leaf == missing_leaf(entry) else "after it was sealed"
            message = f"Entry {entry} of seal {seal.header.number} was deleted {when}."
            wrong.append(Break("entry_deleted", message, entry))
        elif there != leaf:
            message = f"Entry {entry} is not what seal {seal.header.number} sealed: it was changed or moved."
            wrong.append(Break("entry_changed", message, entry))
    return wrong


def time_text(at: datetime) -> str:
    """Return a time as hashes see it: UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

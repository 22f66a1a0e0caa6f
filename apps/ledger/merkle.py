"""Merkle trees as RFC 6962 has them: one hash for many leaves, and a short proof that a leaf is among them. Pure."""

import hashlib
from collections.abc import Sequence

HASH_BYTES = 32


def leaf_hash(content: bytes) -> bytes:
    """Return the hash of a leaf; the prefix keeps a leaf from being taken for a node."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the tree's one hash; without leaves that of nothing."""
    level = list(leaves)
    if not level:
        return hashlib.sha256(b"").digest()
    while len(level) > 1:
        level = _next_level(level)
    return level[0]


def path_of(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the hashes beside the way from the leaf to the root, from below."""
    path, level = [], list(leaves)
    while len(level) > 1:
        beside = index ^ 1
        if beside < len(level):
            path.append(level[beside])
        level, index = _next_level(level), index // 2
    return path


def root_from(leaf: bytes, *, index: int, count: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root that the leaf and the path lead to, None if the path is no path of a tree of ``count`` leaves."""
    if not 0 <= index < count:
        return None
    held, rest = leaf, list(path)
    while count > 1:
        if index ^ 1 < count:
            if not rest:
                return None
            beside = rest.pop(0)
            held = node_hash(beside, held) if index % 2 else node_hash(held, beside)
        index, count = index // 2, (count + 1) // 2
    return held if not rest else None


def _next_level(level: Sequence[bytes]) -> list[bytes]:
    """Join neighbours; one without a neighbour goes up as it is."""
    joined = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
    return joined + list(level[len(joined) * 2 :])

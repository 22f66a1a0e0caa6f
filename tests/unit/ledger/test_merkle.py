"""Merkle trees: roots as RFC 6962 computes them, and paths that prove one leaf and nothing else."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.ledger.merkle import leaf_hash, node_hash, path_of, root_from, root_of

LEAVES = st.lists(st.binary(max_size=8).map(leaf_hash), min_size=1, max_size=40)

# The inputs and roots of the tests of Certificate Transparency's reference implementation.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("count", range(1, 9))
def test_roots_are_those_of_the_rfc(count: int) -> None:
    leaves = [leaf_hash(bytes.fromhex(text)) for text in INPUTS[:count]]
    assert root_of(leaves).hex() == ROOTS[count - 1]


def test_no_leaves_have_the_hash_of_nothing() -> None:
    assert root_of([]) == hashlib.sha256(b"").digest()


@given(LEAVES)
def test_every_leaf_is_proven_by_its_path(leaves: list[bytes]) -> None:
    for index, leaf in enumerate(leaves):
        path = path_of(leaves, index)
        assert root_from(leaf, index=index, count=len(leaves), path=path) == root_of(leaves)


@given(LEAVES, st.data())
def test_no_other_leaf_place_or_path_leads_to_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path, count, root = path_of(leaves, index), len(leaves), root_of(leaves)
    assert root_from(leaf_hash(b"another one"), index=index, count=count, path=path) != root
    assert root_from(leaves[index], index=index, count=count, path=[*path, leaves[0]]) is None
    assert root_from(leaves[index], index=count, count=count, path=path) is None
    if path:
        assert root_from(leaves[index], index=index, count=count, path=path[:-1]) is None
        at = data.draw(st.integers(0, len(path) - 1))
        changed = [*path[:at], node_hash(path[at], path[at]), *path[at + 1 :]]
        assert root_from(leaves[index], index=index, count=count, path=changed) != root


@given(LEAVES, st.data())
def test_another_order_is_another_tree(leaves: list[bytes], data: st.DataObject) -> None:
    other = data.draw(st.permutations(leaves))
    assert (root_of(other) == root_of(leaves)) == (other == leaves)

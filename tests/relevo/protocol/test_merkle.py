"""The log's tree: figures that the Certificate Transparency projects publish, and a brute-force tree as oracle."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relevo.protocol.merkle import (
    EMPTY_ROOT,
    ConsistencyFailed,
    InclusionFailed,
    append,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

MOST_LEAVES = 70
SIZES = st.integers(min_value=1, max_value=MOST_LEAVES)

PUBLISHED_ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
PUBLISHED_ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


@dataclass
class Tree:
    """Keeps what a database would: one hash for each complete subtree."""

    rows: dict[tuple[int, int], bytes] = field(default_factory=dict)
    size: int = 0

    def grow(self, entries: Sequence[bytes]) -> Tree:
        for entry in entries:
            for level, index, digest in append(self.size, leaf_hash(entry), self.subtree):
                assert (level, index) not in self.rows
                self.rows[level, index] = digest
            self.size += 1
        return self

    def subtree(self, level: int, index: int) -> bytes:
        return self.rows[level, index]


def tree_of(size: int) -> Tree:
    return Tree().grow([b"entry %d" % number for number in range(size)])


FULL = tree_of(MOST_LEAVES)
ROOTS = [root(size, FULL.subtree) for size in range(MOST_LEAVES + 1)]


def brute_force(leaves: Sequence[bytes]) -> bytes:
    """The definition of RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(brute_force(leaves[:split]), brute_force(leaves[split:]))


@pytest.mark.parametrize("size", PUBLISHED_ROOTS)
def test_the_published_roots_come_out(size: int) -> None:
    tree = Tree().grow(PUBLISHED_ENTRIES[:size])
    assert root(size, tree.subtree).hex() == PUBLISHED_ROOTS[size]


def test_the_empty_log_has_the_digest_of_nothing_as_root() -> None:
    assert root(0, Tree().subtree) == EMPTY_ROOT == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("size", range(MOST_LEAVES + 1))
def test_every_root_is_that_of_the_definition(size: int) -> None:
    leaves = [FULL.subtree(0, index) for index in range(size)]
    assert ROOTS[size] == brute_force(leaves)


@pytest.mark.parametrize("size", [1, 2, 3, 8, 21, 64, 70])
def test_only_complete_subtrees_are_kept(size: int) -> None:
    tree = tree_of(size)
    assert all((index + 1) << level <= size for level, index in tree.rows)
    assert len(tree.rows) == 2 * size - size.bit_count()


@given(size=SIZES, data=st.data())
def test_every_leaf_proves_its_place(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, FULL.subtree)
    assert len(proof) <= (size - 1).bit_length()
    verify_inclusion(FULL.subtree(0, index), index, size, proof, ROOTS[size])


@given(size=st.integers(min_value=2, max_value=MOST_LEAVES), data=st.data())
def test_a_proof_holds_for_no_other_place_size_leaf_or_root(size: int, data: st.DataObject) -> None:
    index, other = data.draw(st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True))
    proof, leaf = inclusion_proof(index, size, FULL.subtree), FULL.subtree(0, index)
    with pytest.raises(InclusionFailed):
        verify_inclusion(leaf, other, size, proof, ROOTS[size])
    with pytest.raises(InclusionFailed):
        verify_inclusion(FULL.subtree(0, other), index, size, proof, ROOTS[size])
    with pytest.raises(InclusionFailed):
        verify_inclusion(leaf, index, size, proof, ROOTS[size - 1])


@given(size=st.integers(min_value=2, max_value=MOST_LEAVES), data=st.data())
def test_a_changed_byte_in_a_proof_of_inclusion_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, FULL.subtree)
    changed = with_one_bit_changed(proof, data)
    with pytest.raises(InclusionFailed):
        verify_inclusion(FULL.subtree(0, index), index, size, changed, ROOTS[size])


@given(old=st.integers(0, MOST_LEAVES), data=st.data())
def test_every_log_proves_that_it_only_grew(old: int, data: st.DataObject) -> None:
    new = data.draw(st.integers(old, MOST_LEAVES))
    verify_consistency(old, ROOTS[old], new, ROOTS[new], consistency_proof(old, new, FULL.subtree))


@given(old=SIZES, data=st.data())
def test_a_log_with_another_past_is_refused(old: int, data: st.DataObject) -> None:
    new = data.draw(st.integers(old, MOST_LEAVES))
    proof = consistency_proof(old, new, FULL.subtree)
    rewritten = Tree().grow([b"another past", *(b"entry %d" % number for number in range(1, old))])
    with pytest.raises(ConsistencyFailed):
        verify_consistency(old, root(old, rewritten.subtree), new, ROOTS[new], proof)


@given(old=st.integers(1, MOST_LEAVES - 1), data=st.data())
def test_a_changed_byte_in_a_proof_of_consistency_is_refused(old: int, data: st.DataObject) -> None:
    new = data.draw(st.integers(old + 1, MOST_LEAVES))
    changed = with_one_bit_changed(consistency_proof(old, new, FULL.subtree), data)
    with pytest.raises(ConsistencyFailed):
        verify_consistency(old, ROOTS[old], new, ROOTS[new], changed)


def with_one_bit_changed(proof: list[bytes], data: st.DataObject) -> list[bytes]:
    which = data.draw(st.integers(0, len(proof) - 1))
    position = data.draw(st.integers(0, 31))
    flipped = bytearray(proof[which])
    flipped[position] ^= 1 << data.draw(st.integers(0, 7))
    return [*proof[:which], bytes(flipped), *proof[which + 1 :]]


LEAF, PROOF = FULL.subtree(0, 3), inclusion_proof(3, 7, FULL.subtree)

BAD_INCLUSION: dict[str, Callable[[], None]] = {
    "a proof that lacks its last hash": lambda: verify_inclusion(LEAF, 3, 7, PROOF[:-1], ROOTS[7]),
    "a proof with a hash too many": lambda: verify_inclusion(LEAF, 3, 7, [*PROOF, ROOTS[1]], ROOTS[7]),
    "a proof with a short hash": lambda: verify_inclusion(LEAF, 3, 7, [PROOF[0][:31], *PROOF[1:]], ROOTS[7]),
    "a place below the first": lambda: verify_inclusion(LEAF, -1, 7, PROOF, ROOTS[7]),
    "a place beyond the last": lambda: verify_inclusion(LEAF, 7, 7, PROOF, ROOTS[7]),
    "any place in an empty log": lambda: verify_inclusion(LEAF, 0, 0, [], EMPTY_ROOT),
    "an inner node given as leaf": lambda: verify_inclusion(FULL.subtree(1, 1), 1, 4, [FULL.subtree(1, 0)], ROOTS[7]),
}


@pytest.mark.parametrize("check", BAD_INCLUSION.values(), ids=BAD_INCLUSION)
def test_no_inclusion_is_shown_by(check: Callable[[], None]) -> None:
    with pytest.raises(InclusionFailed):
        check()


GROWTH = consistency_proof(3, 7, FULL.subtree)

BAD_CONSISTENCY: dict[str, Callable[[], None]] = {
    "a log that shrinks": lambda: verify_consistency(7, ROOTS[7], 3, ROOTS[3], GROWTH),
    "a proof that lacks its last hash": lambda: verify_consistency(3, ROOTS[3], 7, ROOTS[7], GROWTH[:-1]),
    "a proof with a hash too many": lambda: verify_consistency(3, ROOTS[3], 7, ROOTS[7], [*GROWTH, ROOTS[1]]),
    "a proof with a short hash": lambda: verify_consistency(3, ROOTS[3], 7, ROOTS[7], [GROWTH[0][:9], *GROWTH[1:]]),
    "no proof at all": lambda: verify_consistency(3, ROOTS[3], 7, ROOTS[7], []),
    "equal sizes with different roots": lambda: verify_consistency(3, ROOTS[3], 3, ROOTS[4], []),
    "equal sizes with a needless proof": lambda: verify_consistency(3, ROOTS[3], 3, ROOTS[3], [ROOTS[3]]),
    "an empty log with another root": lambda: verify_consistency(0, ROOTS[1], 3, ROOTS[3], []),
    "an empty log with a needless proof": lambda: verify_consistency(0, EMPTY_ROOT, 3, ROOTS[3], [ROOTS[3]]),
    "two empty logs with different roots": lambda: verify_consistency(0, EMPTY_ROOT, 0, ROOTS[1], []),
    "a size below nothing": lambda: verify_consistency(-1, EMPTY_ROOT, 3, ROOTS[3], []),
}


@pytest.mark.parametrize("check", BAD_CONSISTENCY.values(), ids=BAD_CONSISTENCY)
def test_no_growth_is_shown_by(check: Callable[[], None]) -> None:
    with pytest.raises(ConsistencyFailed):
        check()


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_leaf_that_is_not_there_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion_proof(index, size, FULL.subtree)


@pytest.mark.parametrize(("old", "new"), [(-1, 3), (4, 3)])
def test_a_log_that_shrinks_has_no_proof(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="does not shrink"):
        consistency_proof(old, new, FULL.subtree)

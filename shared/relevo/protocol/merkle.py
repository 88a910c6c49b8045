"""The Merkle tree of a node's log: hashes, proofs and their verification (RFC 6962, section 2; RFC 9162, section 2.1).

    leaf = SHA-256(0x00 || entry)        node = SHA-256(0x01 || left || right)        empty tree = SHA-256("")

Nothing here stores a tree. Whoever does keeps one hash for each *complete* subtree: `subtree(level, index)` is the
hash over the 2^level leaves that start at leaf `index * 2^level`. `append` says which of them a new leaf completes;
they never change afterwards. All functions take sizes in leaves and indexes from 0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TypeAlias

from relevo.errors import WireError

HASH_BYTES = 32

Subtree: TypeAlias = Callable[[int, int], bytes]
"""Gives the hash of the complete subtree at (level, index)."""

EMPTY_ROOT = hashlib.sha256(b"").digest()


class InclusionFailed(WireError):
    """A proof does not show that an entry is in the log."""

    code = "log-proof-failed"
    advice = "Ask for a fresh proof; if that fails too, the log or the entry was changed, and an auditor should look."


class ConsistencyFailed(WireError):
    """A proof does not show that a log only grew."""

    code = "log-consistency-failed"
    advice = "Keep both checkpoints and tell an auditor: a log that was rewritten looks like this."


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry as a leaf."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node over its two halves."""
    return hashlib.sha256(b"\1" + left + right).digest()


def append(size: int, leaf: bytes, subtree: Subtree) -> list[tuple[int, int, bytes]]:
    """The complete subtrees, as (level, index, hash), that the leaf hash `leaf` finishes in a log of `size` leaves."""
    finished = [(0, size, leaf)]
    while finished[-1][1] % 2:
        level, index, right = finished[-1]
        finished.append((level + 1, index // 2, node_hash(subtree(level, index - 1), right)))
    return finished


def root(size: int, subtree: Subtree) -> bytes:
    """The root of the first `size` leaves."""
    return _hash_of(0, size, subtree) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """The siblings, from the leaf upwards, that lead from leaf `index` to the root of `size` leaves.

    Raises:
        ValueError: unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    return _path(index, 0, size, subtree)


def consistency_proof(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """The hashes that lead from the root of `old` leaves to the root of `new`; none if `old` is 0 or equals `new`.

    Raises:
        ValueError: unless 0 <= old <= new.
    """
    if not 0 <= old <= new:
        raise ValueError("a log does not shrink")
    return _growth(old, 0, new, subtree, known=True) if old else []


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raises `InclusionFailed` unless `proof` leads from the leaf hash at `index` to the root of `size` leaves."""
    if not 0 <= index < size or not _are_hashes(leaf, root, *proof):
        raise InclusionFailed("a log proof does not have the form of one")
    if _climb(leaf, index, size, proof) != root:
        raise InclusionFailed("a log proof does not lead to the root of the checkpoint")


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Raises `ConsistencyFailed` unless `proof` shows that the log of `new` leaves began with the log of `old`."""
    if not 0 <= old <= new or not _are_hashes(old_root, new_root, *proof):
        raise ConsistencyFailed("a consistency proof does not have the form of one")
    if not old:
        holds = not proof and old_root == EMPTY_ROOT and (new > 0 or new_root == EMPTY_ROOT)
    else:
        holds = _grow(old, new, old_root, proof) == (old_root, new_root)
    if not holds:
        raise ConsistencyFailed("a consistency proof does not lead from the old root to the new one")


def _split(size: int) -> int:
    """The largest power of two below `size`, for two leaves or more."""
    return 1 << (size - 1).bit_length() - 1


def _hash_of(start: int, size: int, subtree: Subtree) -> bytes:
    if size & (size - 1) == 0:
        return subtree(size.bit_length() - 1, start // size)
    left = _split(size)
    return node_hash(_hash_of(start, left, subtree), _hash_of(start + left, size - left, subtree))


def _path(index: int, start: int, size: int, subtree: Subtree) -> list[bytes]:
    if size == 1:
        return []
    left = _split(size)
    if index < left:
        return [*_path(index, start, left, subtree), _hash_of(start + left, size - left, subtree)]
    return [*_path(index - left, start + left, size - left, subtree), _hash_of(start, left, subtree)]


def _growth(old: int, start: int, new: int, subtree: Subtree, *, known: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, section 2.1.2; `known` while the reader already has the hash of the old part."""
    if old == new:
        return [] if known else [_hash_of(start, new, subtree)]
    left = _split(new)
    if old <= left:
        return [*_growth(old, start, left, subtree, known=known), _hash_of(start + left, new - left, subtree)]
    return [*_growth(old - left, start + left, new - left, subtree, known=False), _hash_of(start, left, subtree)]


def _climb(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    if size == 1:
        if proof:
            raise InclusionFailed("a log proof is too long")
        return leaf
    if not proof:
        raise InclusionFailed("a log proof is too short")
    left = _split(size)
    if index < left:
        return node_hash(_climb(leaf, index, left, proof[:-1]), proof[-1])
    return node_hash(proof[-1], _climb(leaf, index - left, size - left, proof[:-1]))


def _grow(old: int, new: int, known: bytes | None, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The old and the new root that `proof` leads to; `known` is the old root while all of it lies in this part."""
    if old == new:
        found = [*proof] if known is None else [known, *proof]
        if len(found) != 1:
            raise ConsistencyFailed("a consistency proof has the wrong length")
        return found[0], found[0]
    if not proof:
        raise ConsistencyFailed("a consistency proof is too short")
    left, sibling = _split(new), proof[-1]
    if old <= left:
        before, after = _grow(old, left, known, proof[:-1])
        return before, node_hash(after, sibling)
    before, after = _grow(old - left, new - left, None, proof[:-1])
    return node_hash(sibling, before), node_hash(sibling, after)


def _are_hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_BYTES for value in values)

"""A verifier of inclusion proofs that is not ours: the one of sigstore, which checks those of Rekor."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from sigstore._internal.merkle import verify_merkle_inclusion

if TYPE_CHECKING:
    from sigstore.models import TransparencyLogEntry


def require_included(index: int, size: int, hashes: list[bytes], root: bytes, entry: bytes) -> None:
    """Raises `sigstore.errors.VerificationError` unless the proof leads from the entry to the root."""
    proof = SimpleNamespace(log_index=index, tree_size=size, hashes=hashes, root_hash=root)
    inner = SimpleNamespace(inclusion_proof=proof, canonicalized_body=entry)
    verify_merkle_inclusion(cast("TransparencyLogEntry", SimpleNamespace(_inner=inner)))

"""Our inclusion proofs under a verifier that is not ours: the one of sigstore, which checks those of Rekor."""

from __future__ import annotations

import pytest
from sigstore.errors import VerificationError

from relevo.protocol import merkle
from relevo.protocol.proof import read_proof, write_proof
from relevo.protocol.record import entry_of
from support.evidence_sample import SampleLog
from support.foreign import require_included
from support.wire_pair import AT


def log_of(size: int) -> tuple[SampleLog, list[bytes]]:
    log = SampleLog()
    for number in range(size):
        log.write("key", AT, kid=f"key {number}", change="made")
    return log, [merkle.root(count, log.subtree) for count in range(size + 1)]


def entry_at(log: SampleLog, place: int) -> bytes:
    record, salt = log.records[place]
    return entry_of(record, salt)


def test_every_leaf_of_every_small_log_verifies_there() -> None:
    log, roots = log_of(20)
    for size in range(1, 21):
        for index in range(size):
            hashes = merkle.inclusion_proof(index, size, log.subtree)
            require_included(index, size, hashes, roots[size], entry_at(log, index))


def test_a_written_proof_verifies_there_and_one_for_another_leaf_does_not() -> None:
    log, roots = log_of(13)
    text = write_proof(5, merkle.inclusion_proof(5, 13, log.subtree), log.checkpoint())
    read = read_proof(text)
    require_included(read.index, 13, list(read.siblings), roots[13], entry_at(log, 5))
    with pytest.raises(VerificationError):
        require_included(read.index, 13, list(read.siblings), roots[13], entry_at(log, 6))

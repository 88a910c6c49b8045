"""The proof that an auditor takes away."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from relevo.errors import WireError
from relevo.protocol import base64std
from relevo.protocol.checkpoint import Checkpoint, sign_checkpoint
from relevo.protocol.keys import SigningKey
from relevo.protocol.merkle import append, inclusion_proof, leaf_hash, root
from relevo.protocol.proof import LogProof, read_proof, verify_proof, write_proof

ORIGIN, KEY = "ci:accueil/log", SigningKey(bytes(range(32)))
ENTRIES = [bytes([number]) * 32 for number in range(5)]

ROWS: dict[tuple[int, int], bytes] = {}
for place, entry in enumerate(ENTRIES):
    for level, index, digest in append(place, leaf_hash(entry), lambda level, index: ROWS[level, index]):
        ROWS[level, index] = digest


def subtree(level: int, index: int) -> bytes:
    return ROWS[level, index]


NOTE = sign_checkpoint(ORIGIN, 5, root(5, subtree), KEY)
SIBLINGS = inclusion_proof(2, 5, subtree)
PROOF = write_proof(2, SIBLINGS, NOTE)


def test_a_proof_is_header_index_hashes_and_checkpoint() -> None:
    hashes = "".join(base64std.encode(sibling) + "\n" for sibling in SIBLINGS)
    expected = f"c2sp.org/tlog-proof@v1\nindex 2\n{hashes}\n{NOTE}"
    assert expected == PROOF


def test_a_proof_reads_back() -> None:
    assert read_proof(PROOF) == LogProof(index=2, siblings=tuple(SIBLINGS), checkpoint=NOTE)


@pytest.mark.parametrize("place", range(5))
def test_every_entry_is_shown_to_be_in_the_log(place: int) -> None:
    proof = write_proof(place, inclusion_proof(place, 5, subtree), NOTE)
    found = verify_proof(proof, ENTRIES[place], origin=ORIGIN, key=KEY.public)
    assert found == Checkpoint(origin=ORIGIN, size=5, root=root(5, subtree))


def test_the_only_entry_of_a_log_needs_no_hashes() -> None:
    alone = write_proof(0, [], sign_checkpoint(ORIGIN, 1, leaf_hash(ENTRIES[0]), KEY))
    assert alone.startswith("c2sp.org/tlog-proof@v1\nindex 0\n\nci:accueil/log\n1\n")
    assert verify_proof(alone, ENTRIES[0], origin=ORIGIN, key=KEY.public).size == 1


FIRST = base64std.encode(SIBLINGS[0])

REFUSED: dict[str, tuple[Callable[[], str], str]] = {
    "another place": (lambda: PROOF.replace("index 2", "index 3"), "log-proof-failed"),
    "a place beyond the log": (lambda: PROOF.replace("index 2", "index 5"), "log-proof-failed"),
    "another hash": (lambda: PROOF.replace(FIRST, base64std.encode(bytes(32))), "log-proof-failed"),
    "a hash too few": (lambda: PROOF.replace(FIRST + "\n", ""), "log-proof-failed"),
    "another checkpoint": (lambda: PROOF.replace(f"{ORIGIN}\n5\n", f"{ORIGIN}\n6\n"), "checkpoint-bad-signature"),
    "a checkpoint that is none": (lambda: write_proof(2, SIBLINGS, "nothing\n"), "checkpoint-malformed"),
    "another version": (lambda: PROOF.replace("@v1", "@v2"), "log-proof-malformed"),
    "a place with a leading zero": (lambda: PROOF.replace("index 2", "index 02"), "log-proof-malformed"),
    "a place below nothing": (lambda: PROOF.replace("index 2", "index -2"), "log-proof-malformed"),
    "no place": (lambda: PROOF.replace("index 2\n", ""), "log-proof-malformed"),
    "extra data that nothing signs": (
        lambda: PROOF.replace("index 2", "extra AAAA\nindex 2"),
        "log-proof-malformed",
    ),
    "a hash that is not base64": (lambda: PROOF.replace(FIRST, "*"), "log-proof-malformed"),
    "a short hash": (lambda: PROOF.replace(FIRST, "AAAA"), "log-proof-malformed"),
    "a hundred hashes": (lambda: PROOF.replace(FIRST, "\n".join([FIRST] * 100)), "log-proof-malformed"),
    "other line ends": (lambda: PROOF.replace("\n", "\r\n"), "log-proof-malformed"),
    "nothing": (lambda: "", "log-proof-malformed"),
}


@pytest.mark.parametrize(("make", "code"), REFUSED.values(), ids=REFUSED)
def test_a_proof_is_refused_for(make: Callable[[], str], code: str) -> None:
    with pytest.raises(WireError) as refused:
        verify_proof(make(), ENTRIES[2], origin=ORIGIN, key=KEY.public)
    assert refused.value.code == code

"""Figures of the log and of evidence: appends, proofs at a million leaves, an examination of ten thousand referrals.

appends       entries a second that one process places into the tree, hashes kept in memory
proof         microseconds to make and to verify one inclusion proof, and its bytes
examination   seconds and peak memory for a `relevo-evidence-v2` file, two messages with receipts a referral
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from relevo.protocol import merkle
from relevo.protocol.evidence_book import read_book, write_book
from relevo.protocol.evidence_items import (
    BookCheckpoint,
    BookEntry,
    BookHead,
    BookItem,
    BookSop,
    BookStatement,
    BookThread,
)
from relevo.protocol.proof import write_proof
from relevo.protocol.verification_book import verify_book
from support.evidence_sample import Sample, SampleLog
from support.wire_pair import AT, HOST_ID, ORIGIN_ID, THREAD

LEAVES, REFERRALS, PROOFS, SAMPLE = 1_000_000, 10_000, 1_000, 200
BITS = 32


def figures(leaves: int = LEAVES, referrals: int = SAMPLE) -> dict[str, float]:
    """All figures by name; the examination is measured on `referrals` and scaled to ten thousand."""
    return {**_log(leaves), **_examination(referrals)}


def _log(leaves: int) -> dict[str, float]:
    kept: dict[tuple[int, int], bytes] = {}

    def subtree(level: int, index: int) -> bytes:
        return kept[level, index]

    began = time.perf_counter()
    for number in range(leaves):
        for level, index, value in merkle.append(number, merkle.leaf_hash(number.to_bytes(BITS)), subtree):
            kept[level, index] = value
    appended = time.perf_counter() - began
    root, step = merkle.root(leaves, subtree), max(1, leaves // PROOFS)
    began = time.perf_counter()
    proofs = [(index, merkle.inclusion_proof(index, leaves, subtree)) for index in range(0, leaves, step)]
    made = time.perf_counter() - began
    began = time.perf_counter()
    for index, proof in proofs:
        merkle.verify_inclusion(merkle.leaf_hash(index.to_bytes(BITS)), index, leaves, proof, root)
    verified = time.perf_counter() - began
    return {
        "appends a second": leaves / appended,
        "proof made, microseconds": made / len(proofs) * 1e6,
        "proof verified, microseconds": verified / len(proofs) * 1e6,
        "proof, bytes": len(write_proof(proofs[1][0], proofs[1][1], SampleLog().checkpoint())),
    }


def _examination(referrals: int) -> dict[str, float]:
    lines = list(write_book(_book(referrals)))
    began = time.perf_counter()
    found = verify_book(read_book(lines))
    took = time.perf_counter() - began
    tracemalloc.start()  # which makes everything slower, so it sees a run of its own
    verify_book(read_book(lines))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    if not all(one.report.ok for one in found):
        raise RuntimeError("an honest file does not verify")
    scale = REFERRALS / referrals
    return {
        "10,000 referrals verified, seconds": took * scale,
        "10,000 referrals, peak MB": peak * scale / 1e6,
        "10,000 referrals, file MB": sum(map(len, lines)) * scale / 1e6,
    }


def _book(referrals: int) -> Iterator[BookItem]:
    sample = Sample()
    for number in range(referrals):
        at = AT + timedelta(minutes=number % 60)
        sample.message(HOST_ID, "requested", at, number + 1)
        sample.message(ORIGIN_ID, "acknowledged", at, number + 1)
    evidence = sample.evidence()
    yield BookHead(
        node=HOST_ID,
        peers=(ORIGIN_ID,),
        since=None,
        until=None,
        thread=None,
        personal_data=False,
        made_at=evidence.made_at,
    )
    for node, chain in evidence.statements.items():
        yield from (BookStatement(node=node, token=token) for token in chain)
    yield from (BookSop(peer=ORIGIN_ID, sop=sop) for sop in evidence.sops)
    for number in range(0, len(sample.messages), 2):
        messages = tuple(sample.messages[number : number + 2])
        yield BookThread(peer=ORIGIN_ID, thread=THREAD, messages=messages)
    yield from (BookEntry(record=record, salt=salt) for record, salt in sample.log.records)
    yield BookCheckpoint(note=evidence.checkpoint)


def main() -> None:
    """Print the figures."""
    for name, value in figures().items():
        sys.stdout.write(f"  {name:<36} {value:>12,.1f}\n")


if __name__ == "__main__":
    main()

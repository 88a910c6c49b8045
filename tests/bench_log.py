"""Figures of the log and of evidence, on SQLite as a node runs it (every commit on the disk before it counts).

appends       entries a second that are written, get their place in the tree, and lie under a signed head
proof         one inclusion proof in that log: from the database, its verification, and its bytes as `tlog-proof@v1`
examination   `relevo verify`, a process of its own, on a `relevo-evidence-v2` file with two messages with receipts each

`python -m tests.bench_log [LEAVES] [REFERRALS]` runs it alone; with a million leaves and ten thousand referrals it
takes some minutes, most of them for making what is measured.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).parent))

from sqlalchemy import insert

from host_node.service import SERVICE as HOST
from origin_node.service import SERVICE as ORIGIN
from relevo.delivery.node import Node
from relevo.delivery.sequencer import MOST_AT_ONCE, sequence
from relevo.domain.duty import Duty
from relevo.domain.sides import Side, Urgency
from relevo.domain.sop import parse_sop
from relevo.protocol import merkle
from relevo.protocol.evidence_book import write_book
from relevo.protocol.evidence_items import (
    BookCheckpoint,
    BookEntry,
    BookItem,
    BookThread,
)
from relevo.protocol.proof import write_proof
from relevo.protocol.receipt import DueClaim
from relevo.protocol.record import entry_of, make_record, new_salt
from relevo.storage import log
from relevo.storage.tables import LogEntryRow
from support.databases import SqliteDatabases
from support.evidence_sample import Sample, book_begins
from support.nodes import SOP, join
from support.wire_pair import AT, HOST_ID, ORIGIN_ID, payload_of

LEAVES, REFERRALS, PROOFS = 1_000_000, 10_000, 1_000


def figures(leaves: int = LEAVES, referrals: int = REFERRALS) -> dict[str, float]:
    """All figures by name."""
    with tempfile.TemporaryDirectory() as folder:
        return {"leaves": leaves, **_log(Path(folder), leaves), "referrals": referrals, **_examine(folder, referrals)}


def _log(folder: Path, leaves: int) -> dict[str, float]:
    databases = SqliteDatabases(folder)
    nodes = join((HOST, ORIGIN), (databases.fresh(HOST), databases.fresh(ORIGIN)))
    began, used = time.perf_counter(), time.process_time()
    size = _append(nodes.host, leaves)
    appended, used = time.perf_counter() - began, time.process_time() - used
    found = {"appends_per_s": leaves / appended, "append_cpu_ms": used / leaves * 1000, **_proofs(nodes.host, size)}
    nodes.close()
    return found


def _append(node: Node, leaves: int) -> int:
    """Write and place this many entries; the size of the log then."""
    for _ in range(leaves // MOST_AT_ONCE):
        with node.write() as work:
            work.session.execute(insert(LogEntryRow), [_entry() for _ in range(MOST_AT_ONCE)])
        sequence(node)
    with node.read() as work:
        return log.size(work.session)


def _entry() -> dict[str, object]:
    record, salt = make_record("key", AT, kid="A" * 43, change="created"), new_salt()
    return {"record": record, "salt": salt, "entry": entry_of(record, salt), "subject": None}


def _proofs(node: Node, size: int) -> dict[str, float]:
    places = range(0, size, max(1, size // PROOFS))
    with node.read() as work:
        note = log.latest_checkpoint(work.session)
        assert note is not None
        root = merkle.root(size, log.subtrees(work.session))
        began, used = time.perf_counter(), time.process_time()
        proofs = [merkle.inclusion_proof(place, size, log.subtrees(work.session)) for place in places]
        made, used = time.perf_counter() - began, time.process_time() - used
        leaves = [log.subtrees(work.session)(0, place) for place in places]
    began = time.perf_counter()
    for place, leaf, proof in zip(places, leaves, proofs, strict=True):
        merkle.verify_inclusion(leaf, place, size, proof, root)
    verified = time.perf_counter() - began
    return {
        "proof_made_ms": made / len(proofs) * 1000,
        "proof_made_cpu_ms": used / len(proofs) * 1000,
        "proof_verified_ms": verified / len(proofs) * 1000,
        "proof_bytes": len(write_proof(places[1], proofs[1], note.note)),
    }


def _examine(folder: str, referrals: int) -> dict[str, float]:
    file = Path(folder) / "all.evidence"
    with file.open("wb") as written:
        written.writelines(write_book(_book(referrals)))
    began = time.perf_counter()
    relevo = Path(sys.executable).with_name("relevo")
    process = subprocess.Popen([relevo, "verify", file], stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
    _, status, used = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode == 1:
        raise RuntimeError("an honest file does not verify")
    return {
        "verify_s": took,
        "verify_cpu_s": used.ru_utime + used.ru_stime,
        "verify_rss_mb": used.ru_maxrss / 1000,
        "evidence_mb": file.stat().st_size / 1e6,
    }


def _book(referrals: int) -> Iterator[BookItem]:
    sample = Sample(sop_text=SOP.read_text(encoding="utf-8"))
    sop = parse_sop(sample.sop_text)
    for number in range(referrals):
        at, thread = AT + timedelta(minutes=number % 60), str(uuid4())
        ends = sop.response[Urgency.ROUTINE].ends(at + timedelta(hours=1), sop.calendars[Side.ORIGIN])
        due = (DueClaim(duty=Duty.ANSWER, by=ORIGIN_ID, at=ends),)
        sample.message(HOST_ID, "requested", at, number + 1, thread=thread, due=due)
        sample.message(ORIGIN_ID, "answered", at + timedelta(days=1), number + 1, thread=thread)
    threads = [str(payload_of(one.manifest)["thread"]) for one in sample.messages[::2]]
    evidence = sample.evidence()
    yield from book_begins(evidence)
    for number, thread in enumerate(threads):
        messages = tuple(sample.messages[2 * number : 2 * number + 2])
        yield BookThread(peer=ORIGIN_ID, thread=thread, messages=messages)
    yield from (BookEntry(record=record, salt=salt) for record, salt in sample.log.records)
    yield BookCheckpoint(note=evidence.checkpoint)


def main(sizes: list[int]) -> None:
    """Print the figures."""
    for name, value in figures(*sizes).items():
        sys.stdout.write(f"  {name:<24} {value:>14,.2f}\n")


if __name__ == "__main__":
    main(list(map(int, sys.argv[1:])))

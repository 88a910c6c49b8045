"""How many megabytes of a file go through two joined nodes in a second: `python -m tests.bench_files`.

Both nodes are in one process on SQLite: sealing, signing, the disk, opening; no network. One file of 50 MB.
"""

from __future__ import annotations

import sys
import tempfile
import time
from itertools import repeat
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from host_node import files as host_files
from host_node.service import SERVICE as HOST
from origin_node.service import SERVICE as ORIGIN
from relevo.delivery import files_view
from relevo.domain.access import Role
from support.databases import SqliteDatabases
from support.file_story import file_story
from support.nodes import join, staff

PIECES, PIECE = 499, 100_000


def figures() -> dict[str, float]:
    """Megabytes a second of each stage, by name."""
    with tempfile.TemporaryDirectory() as folder:
        databases = SqliteDatabases(Path(folder))
        nodes = join((HOST, ORIGIN), (databases.fresh(HOST), databases.fresh(ORIGIN)))
        story = file_story(nodes)
        pieces, size = [b"%PDF-", *repeat(bytes(PIECE), PIECES), b"%%EOF"], PIECES * PIECE + 10
        began = time.perf_counter()
        counsellor = staff(Role.COUNSELLOR)
        digest = host_files.attach(nodes.host, counsellor, story.case, pieces, size=size, kind="other")
        found = {"attached_mb_per_s": _rate(size, began)}
        began = time.perf_counter()
        story.send()
        found["brought_mb_per_s"] = _rate(size, began)
        began = time.perf_counter()
        opened = files_view.read(nodes.origin, staff(Role.INTAKE), story.thread, digest)
        found["read_mb_per_s"] = _rate(sum(map(len, opened.pieces)), began)
        nodes.close()
    return found


def _rate(size: int, began: float) -> float:
    return size / 1e6 / (time.perf_counter() - began)


def main() -> None:
    """Measure and print."""
    for name, value in figures().items():
        sys.stdout.write(f"  {name:<24} {value:>14,.0f}\n")


if __name__ == "__main__":
    main()

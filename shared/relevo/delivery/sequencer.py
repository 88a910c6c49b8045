"""The sequencer: gives the entries of committed transactions their places in the log, and signs a checkpoint.

One sequencer a node, and one checkpoint a turn, or one for each thousand entries where more of them wait. Entries are
numbered in the order of their ids; what a transaction wrote gets its place only after that transaction was committed.
"""

from __future__ import annotations

from relevo.delivery.node import Node
from relevo.protocol import merkle
from relevo.protocol.checkpoint import log_origin, sign_checkpoint
from relevo.storage import log
from relevo.storage.tables import CheckpointRow
from relevo.storage.unit_of_work import UnitOfWork

MOST_AT_ONCE = 1000


def sequence(node: Node) -> int:
    """Number what waits and sign a checkpoint over it; how many entries got a place."""
    with node.read() as work:
        if not log.unnumbered(work.session, 1):
            return 0
    placed = 0
    while some := _place(node):
        placed += some
        if some < MOST_AT_ONCE:
            break
    return placed


def _place(node: Node) -> int:
    with node.write() as work:
        waiting = log.unnumbered(work.session, MOST_AT_ONCE)
        size = log.size(work.session)
        subtrees = log.place(work.session, waiting, size)
        if waiting:
            _sign(work, size + len(waiting), subtrees)
    return len(waiting)


def _sign(work: UnitOfWork, size: int, subtrees: merkle.Subtree) -> None:
    root = merkle.root(size, subtrees)
    note = sign_checkpoint(log_origin(work.identity.node_id), size, root, work.identity.keys.log)
    work.session.add(CheckpointRow(size=size, note=note, signed_at=work.at))

"""The sequencer: gives the entries of committed transactions their places in the log, and signs a checkpoint.

One sequencer a node, and one checkpoint a turn, whatever waits. Entries are numbered in the order of their ids, a
thousand in a transaction; what a transaction wrote gets its place only after that transaction was committed. A
checkpoint that has to stand outside the database first (`relevo.delivery.outside`) is signed here and shown to nobody
yet.
"""

from __future__ import annotations

from relevo.delivery.node import Node
from relevo.protocol import merkle
from relevo.protocol.checkpoint import log_origin, sign_checkpoint
from relevo.storage import log
from relevo.storage.appending import append
from relevo.storage.tables import CheckpointRow
from relevo.storage.unit_of_work import UnitOfWork

MOST_AT_ONCE = 1000


def sequence(node: Node) -> int:
    """Number what waits and sign a checkpoint over it; how many entries got a place."""
    with node.look() as work:
        stand = log.stand(work.session)
    if not stand.waits and stand.signed == stand.size:
        return 0
    placed = 0
    while (some := _place(node)) == MOST_AT_ONCE:
        placed += some
    return placed + some


def _place(node: Node) -> int:
    """Number the next thousand, and sign behind the last of them, or behind what was numbered before a power cut."""
    with node.write() as work:
        waiting = log.unnumbered(work.session, MOST_AT_ONCE)
        before = log.stand(work.session)
        subtrees = log.place(work.session, waiting, before.size)
        size = before.size + len(waiting)
        if len(waiting) < MOST_AT_ONCE and before.signed < size:
            _sign(work, size, subtrees, is_shown=node.outside is None)
    return len(waiting)


def _sign(work: UnitOfWork, size: int, subtrees: merkle.Subtree, *, is_shown: bool) -> None:
    root = merkle.root(size, subtrees)
    note = sign_checkpoint(log_origin(work.identity.node_id), size, root, work.identity.keys.log)
    shown_at = work.at if is_shown else None
    append(work.session, CheckpointRow, size=size, note=note, signed_at=work.at, shown_at=shown_at)

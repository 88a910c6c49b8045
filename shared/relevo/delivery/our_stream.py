"""What a peer's summary of our stream is compared with: how far we have come with it ourselves."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session, aliased

from relevo.delivery.outbox import OutboxState
from relevo.protocol.receipt import ReceiptMismatch
from relevo.storage.appending import ask
from relevo.storage.tables import OutboxRow, PeerRow
from relevo.storage.tables_streams import StandRow

UNKNOWN_ATTEMPT = frozenset({"seq-reused", ReceiptMismatch.code})
"""What is said of a queued message if the peer holds a manifest of ours that we do not know."""


class OurStream(NamedTuple):
    """How far our stream to a peer has come, and whether the peer has said before how far it is there.

    `attempt_unknown` says whether a queued message met an attempt of ours that we do not know, which nobody forgets by
    himself. To settle messages with receipts changes nothing of all this, but that they are not queued any more.
    """

    epoch: int
    last_seq: int
    attempt_unknown: bool
    said_before: bool


def find(session: Session, peer: str) -> OurStream:
    """Our stream to a peer as it is now."""
    return OurStream(*ask(session, _STREAM, {"peer": peer}).one())


_QUEUED = aliased(OutboxRow)
_MET_UNKNOWN = exists().where(
    _QUEUED.peer == bindparam("peer"),
    _QUEUED.state == OutboxState.QUEUED,
    _QUEUED.problem.in_(sorted(UNKNOWN_ATTEMPT)),
)
_OF_PEER = PeerRow.node_id == bindparam("peer")
COLUMNS = (
    select(PeerRow.epoch).where(_OF_PEER).scalar_subquery(),
    select(PeerRow.last_seq).where(_OF_PEER).scalar_subquery(),
    _MET_UNKNOWN,
    exists().where(StandRow.peer == bindparam("peer")),
)
"""What an `OurStream` is made of, for questions that ask for more than that."""
_STREAM = select(*COLUMNS)

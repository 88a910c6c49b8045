"""The way to a peer: what queueing and bringing ask of who is registered, in one question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from relevo.delivery.retry import waits
from relevo.errors import NotFound
from relevo.protocol.statement import NodeStatement
from relevo.storage import peers
from relevo.storage.appending import ask
from relevo.storage.peers import HEARD, NEWEST_OF_PEER
from relevo.storage.tables import PeerRow
from relevo.storage.tables_streams import StandRow


@dataclass
class Way:
    """How a peer is reached, how our stream to it stands, and the last place that was given to a message.

    `stopped` as `relevo.delivery.epochs` says; `newest` is the peer's newest statement, as it was signed.
    """

    peer: str
    state: str
    endpoint: str
    epoch: int
    last_seq: int
    failures: int
    next_attempt_at: datetime | None
    stopped: bool
    newest: str | None

    @property
    def statement(self) -> NodeStatement:
        """What the peer says of itself at last; it may have expired."""
        return peers.said_by(self.peer, self.newest)

    def rests(self, at: datetime) -> bool:
        """Whether nothing may be sent to the peer now."""
        return self.state not in HEARD or self.stopped or waits(self.next_attempt_at, at)


STOPPED = exists().where(
    or_(
        StandRow.stopped_at.is_not(None),
        and_(StandRow.peer == bindparam("to"), StandRow.doubt_epoch.is_not(None)),
    )
)
"""Whether nothing may be sent to the peer `to`: this node has stopped, or what the peer claims is not yet proven."""
_WAY = select(
    PeerRow.node_id,
    PeerRow.state,
    PeerRow.endpoint,
    PeerRow.epoch,
    PeerRow.last_seq,
    PeerRow.failures,
    PeerRow.next_attempt_at,
    STOPPED,
    NEWEST_OF_PEER,
).where(PeerRow.node_id == bindparam("to"))


def way_to(session: Session, peer: str) -> Way:
    """The way to a peer.

    Raises:
        NotFound: if nobody has registered it.
    """
    found = ask(session, _WAY, {"to": peer}).first()
    if found is None:
        raise NotFound(f"no peer {peer} is registered here; `peer add` begins it")
    return Way(*found)

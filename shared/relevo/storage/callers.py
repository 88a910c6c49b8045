"""Peers as each of their requests asks for them: a few columns, read and written without the whole row.

`everybody` is asked before a request is read, and `begin` first in the transaction that does what it asks. `brought` is
what that transaction changes of its peer, after everything else in it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy import and_, bindparam, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from relevo.protocol.statement import NodeStatement
from relevo.protocol.trust import Trust
from relevo.storage import shares
from relevo.storage.appending import alter, ask
from relevo.storage.peers import (
    HEARD,
    KNOWN,
    NEWEST,
    NEWEST_OF_PEER,
    PeerRevoked,
    PeerState,
    PeerSuspended,
    said_by,
    skew_of,
    trust_of,
)
from relevo.storage.streams import Noted
from relevo.storage.tables import NonceRow, PeerRow, StatementRow
from relevo.storage.tables_streams import WholeRow


class Caller(NamedTuple):
    """A known peer: how far its registration has come, until when our post to it rests, and what it has brought.

    `stated` is the version of its newest statement. `epoch`, `whole` and `high` are what is noted of its stream
    (`streams.Noted`), None before its first message.
    """

    node_id: str
    state: str
    next_attempt_at: datetime | None
    brought_on: date | None
    brought: int
    kept_bytes: int
    stated: int
    epoch: int | None
    whole: int | None
    high: int | None

    @property
    def noted(self) -> Noted | None:
        """What is noted of its stream."""
        if self.epoch is None or self.whole is None or self.high is None:
            return None
        return Noted(self.epoch, self.whole, self.high)

    def has_reached(self, epoch: int, seq: int) -> bool:
        """Whether something has come from this place of its stream, or from a later one."""
        return self.noted is not None and (epoch, seq) <= (self.noted.epoch, self.noted.high)

    def require_heard(self) -> None:
        """Raises `PeerSuspended` or `PeerRevoked` if its messages are not read."""
        if self.state == PeerState.SUSPENDED:
            raise PeerSuspended
        if self.state not in HEARD:
            raise PeerRevoked


class Begun(NamedTuple):
    """What a request begins with: its caller, our own newest statement, and whether it was accepted before."""

    caller: Caller
    own: NodeStatement
    is_repeated: bool


def everybody(session: Session) -> tuple[Trust, Mapping[str, Caller]]:
    """What all known peers say of themselves, and who they are, by name."""
    known = ask(session, _KNOWN).all()
    return trust_of((row.node_id, row.newest) for row in known), {row.node_id: Caller(*row[:-1]) for row in known}


def heard(trust: Trust, known: Mapping[str, Caller]) -> Trust:
    """The statements of those whose messages are read."""
    return Trust({name: said for name, said in trust.statements.items() if known[name].state in HEARD})


def begin(session: Session, node_id: str, *, me: str, nonce: str) -> Begun:
    """What the request with this nonce begins with; `node_id` is a known peer, and `me` this node."""
    *columns, own, is_repeated = ask(session, _BEGUN, {"peer": node_id, "node_id": me, "nonce": nonce}).one()
    return Begun(Caller(*columns), said_by(me, own), bool(is_repeated))


def brought(session: Session, caller: Caller, sizes: Collection[int], *, said: datetime, at: datetime) -> None:
    """Note a request whose sender's clock said `said`: messages of these sizes, and that the peer is up."""
    alter(
        session,
        _BROUGHT,
        peer=caller.node_id,
        today=at.astimezone(UTC).date(),
        count=shares.brought_today(caller, at) + len(sizes),
        more=sum(sizes),
        skew=skew_of(caller.node_id, said, at),
    )


_OTHER = aliased(WholeRow)
_EPOCH = select(func.max(_OTHER.epoch)).where(_OTHER.peer == PeerRow.node_id).scalar_subquery()
_STATED = select(func.max(StatementRow.version)).where(StatementRow.node_id == PeerRow.node_id).scalar_subquery()
_COLUMNS = select(
    PeerRow.node_id,
    PeerRow.state,
    PeerRow.next_attempt_at,
    PeerRow.brought_on,
    PeerRow.brought,
    PeerRow.kept_bytes,
    _STATED,
    WholeRow.epoch,
    WholeRow.seq,
    WholeRow.high,
).outerjoin(WholeRow, and_(WholeRow.peer == PeerRow.node_id, WholeRow.epoch == _EPOCH))
_KNOWN = _COLUMNS.add_columns(NEWEST_OF_PEER.label("newest")).where(or_(*(PeerRow.state == state for state in KNOWN)))
_REPEATED = exists().where(NonceRow.peer == PeerRow.node_id, NonceRow.nonce == bindparam("nonce"))
_BEGUN = _COLUMNS.add_columns(NEWEST.scalar_subquery(), _REPEATED).where(PeerRow.node_id == bindparam("peer"))
_BROUGHT = (
    update(PeerRow)
    .where(PeerRow.node_id == bindparam("peer"))
    .values(
        brought_on=bindparam("today"),
        brought=bindparam("count"),
        kept_bytes=PeerRow.kept_bytes + bindparam("more"),
        skew_seconds=bindparam("skew"),
        failures=0,
        next_attempt_at=None,
    )
)

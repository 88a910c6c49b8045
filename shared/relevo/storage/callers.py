"""Peers as each of their requests asks for them: a few columns, read and written without the whole row.

`brought` is what the transaction of a request changes of its peer, after everything else in it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from relevo.protocol.trust import Trust
from relevo.storage import shares
from relevo.storage.appending import alter, ask
from relevo.storage.peers import HEARD, KNOWN, NEWEST_OF_PEER, PeerRevoked, PeerState, PeerSuspended, skew_of, trust_of
from relevo.storage.tables import PeerRow


class Caller(NamedTuple):
    """A known peer: how far its registration has come, until when our post to it rests, and what it has brought."""

    node_id: str
    state: str
    next_attempt_at: datetime | None
    brought_on: date | None
    brought: int
    kept_bytes: int

    def require_heard(self) -> None:
        """Raises `PeerSuspended` or `PeerRevoked` if its messages are not read."""
        if self.state == PeerState.SUSPENDED:
            raise PeerSuspended
        if self.state not in HEARD:
            raise PeerRevoked


def everybody(session: Session) -> tuple[Trust, Mapping[str, Caller]]:
    """What all known peers say of themselves, and who they are, by name."""
    known = ask(session, _KNOWN).all()
    return trust_of((row.node_id, row.newest) for row in known), {row.node_id: Caller(*row[:-1]) for row in known}


def find(session: Session, node_id: str) -> Caller:
    """The peer of that name, which is known."""
    return Caller(*ask(session, _NAMED, {"peer": node_id}).one())


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


_COLUMNS = select(
    PeerRow.node_id,
    PeerRow.state,
    PeerRow.next_attempt_at,
    PeerRow.brought_on,
    PeerRow.brought,
    PeerRow.kept_bytes,
)
_KNOWN = _COLUMNS.add_columns(NEWEST_OF_PEER.label("newest")).where(PeerRow.state.in_(KNOWN))
_NAMED = _COLUMNS.where(PeerRow.node_id == bindparam("peer"))
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

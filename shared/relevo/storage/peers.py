"""Peers and their statements: who is registered, how far, and what they have published.

    proposed → verified → active ⇄ suspended → revoked

Registration is done by people on both sides: proposed when a statement was imported, verified when an administrator
compared the fingerprint, active when the peer proved that it holds its keys. No trust on first use. Each change is
a log entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from relevo.errors import NotFound, WireError
from relevo.protocol.statement import NodeStatement, read_statement, statement_digest
from relevo.protocol.trust import Trust
from relevo.storage import log
from relevo.storage.among import among
from relevo.storage.appending import ask
from relevo.storage.tables import PeerRow, StatementRow


class PeerState(StrEnum):
    """How far the registration of a peer has come."""

    PROPOSED = "proposed"
    VERIFIED = "verified"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


EVENTS = structlog.get_logger("relevo.peers")
SKEW_WARNING_SECONDS = 60
MOST_SKEW_SECONDS = 10**9
"""What a peer says of its clock may be anything; more than thirty years is not told apart."""
HEARD = (PeerState.ACTIVE,)
"""Only the messages of active peers are read."""
KNOWN = (PeerState.ACTIVE, PeerState.SUSPENDED, PeerState.REVOKED)
"""Whose signature under a request is recognised, so that the refusal can say why."""
NEXT: Mapping[PeerState, frozenset[PeerState]] = {
    PeerState.PROPOSED: frozenset({PeerState.VERIFIED, PeerState.REVOKED}),
    PeerState.VERIFIED: frozenset({PeerState.ACTIVE, PeerState.REVOKED}),
    PeerState.ACTIVE: frozenset({PeerState.SUSPENDED, PeerState.REVOKED}),
    PeerState.SUSPENDED: frozenset({PeerState.ACTIVE, PeerState.REVOKED}),
    PeerState.REVOKED: frozenset(),
}
"""What a registration may become. A revoked peer stays revoked: its node begins again under another name."""


_NEWER = select(StatementRow.token).order_by(StatementRow.version.desc()).limit(1)
NEWEST = _NEWER.where(StatementRow.node_id == bindparam("node_id"))
NEWEST_OF_PEER = _NEWER.where(StatementRow.node_id == PeerRow.node_id).scalar_subquery()
"""The newest statement of a peer, beside its other columns."""
_HEARD = select(PeerRow.node_id, NEWEST_OF_PEER).where(among(PeerRow.state, "states"))


ASK_AT_MOST_EVERY = timedelta(minutes=1)
"""How often strangers who sign with unknown keys can make this node ask its peers for newer statements."""


class PeerSuspended(WireError):
    """This node takes nothing from that peer for now."""

    code = "peer-suspended"
    advice = "Nothing is lost: messages wait. Call the peer's administrator and ask until when."


class PeerRevoked(WireError):
    """This node has ended the registration of that peer."""

    code = "peer-revoked"
    advice = "Nothing leaves any more. Call the peer's administrator; what waits must reach people in another way."


def find(session: Session, node_id: str) -> PeerRow:
    """The peer of that name.

    Raises:
        NotFound: if nobody has registered it.
    """
    row = session.get(PeerRow, node_id)
    if row is None:
        raise NotFound(f"no peer {node_id} is registered here; `peer add` begins it")
    return row


def everybody(session: Session) -> list[PeerRow]:
    """All peers, by name."""
    return list(session.scalars(select(PeerRow).order_by(PeerRow.node_id)))


def move(session: Session, row: PeerRow, state: PeerState, at: datetime) -> None:
    """Change how far a registration has come, and log it; the caller has asked whether it may."""
    row.state = state
    token = latest_token(session, row.node_id)
    log.record(
        session, "peer", at, subject=row.node_id, peer=row.node_id, state=state, statement=statement_digest(token)
    )


def skew_of(node_id: str, said: datetime, at: datetime) -> int:
    """By how many seconds a peer's clock is ahead of ours (behind, if negative); over a minute is a warning."""
    seconds = max(-MOST_SKEW_SECONDS, min(round((said - at).total_seconds()), MOST_SKEW_SECONDS))
    if abs(seconds) > SKEW_WARNING_SECONDS:
        EVENTS.warning("clocks differ", peer=node_id, seconds=seconds)
    return seconds


def note_skew(row: PeerRow, said: datetime, at: datetime) -> None:
    """Keep how far a peer's clock is ahead of ours."""
    row.skew_seconds = skew_of(row.node_id, said, at)


def keep_statement(session: Session, token: str, statement: NodeStatement) -> None:
    """Keep one version of a node's statement, as it was signed."""
    session.add(
        StatementRow(node_id=statement.node_id, version=statement.version, token=token, expires_at=statement.exp)
    )
    session.flush()


def statements(session: Session, node_id: str, after: int = 0) -> list[str]:
    """All versions of a node's statement above the version `after`, oldest first."""
    later = (StatementRow.node_id == node_id, StatementRow.version > after)
    return list(session.scalars(select(StatementRow.token).where(*later).order_by(StatementRow.version)))


def latest_token(session: Session, node_id: str) -> str:
    """The newest statement of a node, as it was signed."""
    return _known(node_id, ask(session, NEWEST, {"node_id": node_id}).scalar())


def latest(session: Session, node_id: str) -> NodeStatement:
    """The newest statement of a node, read; it may have expired."""
    return said_by(node_id, ask(session, NEWEST, {"node_id": node_id}).scalar())


def stolen_keys(session: Session, node_id: str) -> dict[str, datetime]:
    """From when each signing key that a node declared stolen is invalid, by `kid`, as it said at last."""
    said = (_read(token) for token in statements(session, node_id))
    periods = (period for statement in said for period in statement.signing)
    return {period.key.kid: period.invalid_from for period in periods if period.invalid_from is not None}


def not_asked_lately(session: Session, at: datetime) -> list[str]:
    """The peers whose statements were last fetched more than a minute ago."""
    long_ago = PeerRow.polled_at <= at - ASK_AT_MOST_EVERY
    return list(session.scalars(select(PeerRow.node_id).where(PeerRow.state.in_(HEARD), long_ago)))


def ask_again(session: Session, node_ids: list[str]) -> None:
    """Let the worker fetch the statements of these peers in its next turn."""
    session.execute(update(PeerRow).where(PeerRow.node_id.in_(node_ids)).values(polled_at=None))


def trust(session: Session, states: tuple[PeerState, ...] = HEARD) -> Trust:
    """The statements of all peers whose messages are read, or of all in other states."""
    return trust_of((node_id, token) for node_id, token in ask(session, _HEARD, {"states": states}))


def trust_of(newest: Iterable[tuple[str, str | None]]) -> Trust:
    """The newest statements of nodes, by their names."""
    return Trust({node_id: said_by(node_id, token) for node_id, token in newest})


def said_by(node_id: str, token: str | None) -> NodeStatement:
    """The newest statement of a node that is known by it, read; it may have expired.

    Raises:
        NotFound: if there is none.
    """
    return _read(_known(node_id, token))


def _known(node_id: str, token: str | None) -> str:
    if token is None:
        raise NotFound(f"there is no statement of {node_id}; `peer add` imports it")
    return token


@lru_cache(maxsize=256)
def _read(token: str) -> NodeStatement:
    """The same token always says the same, so its signature is verified once."""
    return read_statement(token, at=None)

"""Epochs of a stream: a node that was restored from an older backup stops, and goes on under a new one.

    sending → doubted      a peer says that it has more of us than we know; nothing goes to that peer
    doubted → stopped      the peer shows a manifest that we signed and do not know; nothing goes to anybody
    doubted → sending      it cannot show one; it is marked, and a claim alone stops nobody
    stopped → sending      an administrator confirms; each stream goes on under its next epoch

A new epoch opens with `stream-restarted` at place 1. A receiver takes messages of its current epoch alone, and that
one of the next. What waited keeps its jti and gets a place in the new epoch.
"""

from __future__ import annotations

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from relevo.delivery import outbox
from relevo.delivery.outbox import STREAM_RESTARTED, OutboxState
from relevo.delivery.ways import STOPPED
from relevo.domain.access import Act
from relevo.errors import BadInput, Conflict, NotFound, WireError
from relevo.ids import new_thread
from relevo.messages.content import Said
from relevo.messages.steps_streams import StreamRestarted
from relevo.protocol.statement import statement_digest
from relevo.storage import log, peers, streams
from relevo.storage.appending import ask
from relevo.storage.peers import PeerState
from relevo.storage.tables import OutboxRow, PeerRow
from relevo.storage.tables_streams import StandRow
from relevo.storage.unit_of_work import UnitOfWork

EVENTS = structlog.get_logger("relevo.epochs")
GOING_ON = frozenset({PeerState.ACTIVE, PeerState.SUSPENDED})
MAX_WHY = 500


class EpochUnknown(WireError):
    """The message belongs to an epoch that is not the current one here."""

    code = "epoch-unknown"
    advice = "Nothing is lost. The message that opens the new epoch comes first; this one is then tried again."


class NothingStopped(Conflict):
    """Sending has not stopped, so there is no epoch to confirm."""

    code = "nothing-stopped"
    advice = "Nothing needs to be done; `delivery status` shows how each stream stands."


def require_current(current: int, epoch: int, *, opening: bool = False) -> None:
    """Raises `EpochUnknown` unless `epoch` is the current one of the stream from a peer, or the next being opened.

    Args:
        current: the epoch in which the stream is now, in the transaction that stores the message.
        epoch: as the manifest says.
        opening: whether the manifest is one that may open an epoch: of the kind `node`, at place 1.
    """
    if epoch != current and not (opening and epoch == current + 1):
        raise EpochUnknown


def require_opened(current: int, epoch: int, step: str) -> None:
    """Raises `EpochUnknown` if a message would begin an epoch and is not the step that opens one."""
    if step != STREAM_RESTARTED and epoch > current:
        raise EpochUnknown


_IS_STOPPED = select(STOPPED)


def is_stopped(session: Session, peer: str) -> bool:
    """Whether nothing may be sent to `peer` (`STOPPED`)."""
    return bool(ask(session, _IS_STOPPED, {"to": peer}).scalar())


def stopped_by(session: Session) -> list[StandRow]:
    """The streams that prove that this node is older than its peers remember; empty while it sends."""
    return list(session.scalars(select(StandRow).where(StandRow.stopped_at.is_not(None)).order_by(StandRow.peer)))


def stop(work: UnitOfWork, peer: str) -> None:
    """Send nothing more to anybody, because `peer` holds messages of ours that we do not know."""
    stand = streams.stand_of(work.session, peer)
    stand.doubt_epoch = stand.doubt_seq = None
    if stand.stopped_at is None:
        stand.stopped_at = work.at
        EVENTS.error("sending stopped: this node is older than its peer remembers", peer=peer)
        _log(work, peer, "sending-stopped")


def confirm(work: UnitOfWork, why: str) -> list[PeerRow]:
    """Go on under a new epoch towards every peer, as an administrator decided; the peers whose stream restarts.

    Raises:
        Forbidden: unless an administrator does it.
        NothingStopped: if this node has not stopped.
        BadInput: without a reason, or with one longer than 500 characters.
    """
    work.require(Act.REGISTER_PEER)
    if not 1 <= len(why.strip()) <= MAX_WHY:
        raise BadInput("say in 1 to 500 characters why the streams restart", field="why")
    if not stopped_by(work.session):
        raise NothingStopped
    restarted = [row for row in peers.everybody(work.session) if row.state in GOING_ON]
    for row in restarted:
        _restart(work, row, why.strip())
    return restarted


def note_forgotten(work: UnitOfWork, jti: str) -> None:
    """Note that people have dealt with a message which this node sent before it was restored, and no longer knew.

    Raises:
        Forbidden: unless an administrator does it.
        NotFound: if no such message is known to be forgotten.
    """
    work.require(Act.REGISTER_PEER)
    found = [one for one in streams.forgotten(work.session) if one.jti == jti]
    if not found:
        raise NotFound("no such message was forgotten; `epoch show` lists them")
    for one in found:
        one.noted_at, one.noted_by = one.noted_at or work.at, one.noted_by or work.user.name


def learn(work: UnitOfWork, peer: str, said: Said) -> None:
    """Note that a peer's stream goes on under a new epoch; what it lost of ours its next summary tells."""
    if isinstance(said.payload, StreamRestarted):
        EVENTS.warning("stream restarted", peer=peer, old_epoch=said.payload.old_epoch, last_seq=said.payload.last_seq)
        _log(work, peer, "stream-restarted")


def _restart(work: UnitOfWork, row: PeerRow, why: str) -> None:
    stand = streams.stand_of(work.session, row.node_id)
    said = StreamRestarted(old_epoch=row.epoch, last_seq=row.last_seq)
    row.epoch, row.last_seq = max(row.epoch, stand.epoch or 1) + 1, 1
    waiting = (OutboxRow.peer == row.node_id, OutboxRow.state == OutboxState.QUEUED)
    for message in work.session.scalars(select(OutboxRow).where(*waiting)):
        message.epoch = message.seq = message.manifest = message.sealed = message.next_attempt_at = None
    frame = outbox.Frame(peer=row.node_id, thread=new_thread())
    outbox.post(work, frame, STREAM_RESTARTED, said, {}, epoch=row.epoch, seq=row.last_seq)
    stand.stopped_at = stand.doubt_epoch = stand.doubt_seq = stand.unproven_at = None
    stand.confirmed_at, stand.confirmed_by, stand.confirmed_why = work.at, work.user.name, why
    _log(work, row.node_id, f"epoch-{row.epoch}")


def _log(work: UnitOfWork, peer: str, state: str) -> None:
    statement = statement_digest(peers.latest_token(work.session, peer))
    log.record(work.session, "peer", work.at, subject=peer, peer=peer, state=state, statement=statement)

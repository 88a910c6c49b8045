"""The outbox: a message is written in the transaction of the change that causes it, and stays until it is receipted.

    queued → stored | refused          the peer's signed receipt
    queued → held                      consent ended before it left; it never leaves by itself

What is queued is signed content. Its place in the stream, its manifest and its sealing are the courier's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import and_, exists, func, not_, or_, select
from sqlalchemy.orm import Session

from relevo.clock import seconds
from relevo.delivery.retry import LATE_CAP
from relevo.ids import new_jti
from relevo.messages.content import Fields, compose
from relevo.messages.registry import NODE_KIND, message_type
from relevo.messages.steps import StepPayload
from relevo.protocol import sd_jwt
from relevo.protocol.basis import Basis
from relevo.protocol.strict_json import JsonValue
from relevo.storage import erasure, files, peers
from relevo.storage.appending import append
from relevo.storage.database import ring
from relevo.storage.tables import OutboxRow, PeerRow, ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

NONE = "none"
CONSENT_WITHDRAWN = "consent-withdrawn"
RETENTION_OVER = "retention-over"
ENTERED_IN_ERROR = "entered-in-error"
STREAM_RESTARTED = "stream-restarted"
"""The step that opens a new epoch; whatever waits goes behind it."""


class OutboxState(StrEnum):
    """What became of a message that waits or waited to leave."""

    QUEUED = "queued"
    HELD = "held"
    STORED = "stored"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Where a message belongs: to whom, in which thread, after which messages, under which SOP and basis."""

    peer: str
    thread: str
    after: str | None = None
    seen: str | None = None
    sop: str = NONE
    basis: Basis | None = None


def post(
    work: UnitOfWork,
    frame: Frame,
    step: str,
    payload: StepPayload,
    fields: Fields,
    *,
    epoch: int | None = None,
    seq: int | None = None,
) -> str:
    """Sign what a step says and queue it, in the transaction of the change; the courier wakes with its commit.

    Args:
        work: the unit of work.
        frame: where it belongs.
        step: what it tells.
        payload: what the step says.
        fields: the data classes that it carries.
        epoch: the epoch of the stream that it opens; None for every other message, whose place the courier gives.
        seq: its place there.

    Returns:
        The message's `jti`.
    """
    kind = message_type(step, work.identity.side).kind
    jti = new_jti(work.at, frame.after)
    recipient = peers.latest(work.session, frame.peer)
    opening: dict[str, JsonValue] = {
        "iss": work.identity.node_id,
        "aud": frame.peer,
        "iat": seconds(work.at),
        "jti": jti,
        "thread": frame.thread,
        "kind": kind,
        "cnf": {"jwk": recipient.presentation.jwk},
    }
    role = work.user.role or "node"
    hidden = compose(step, payload, by=role, after=frame.after, seen=frame.seen, fields=fields)
    issued = sd_jwt.issue(opening, hidden, key=work.identity.keys.signing)
    append(
        work.session,
        OutboxRow,
        jti=jti,
        peer=frame.peer,
        thread=frame.thread,
        kind=kind,
        step=step,
        sop=frame.sop,
        basis=frame.basis.claim if frame.basis else NONE,
        basis_record=frame.basis.record if frame.basis else None,
        basis_salt=frame.basis.salt if frame.basis else None,
        content=issued.jwt,
        disclosures=list(issued.disclosures),
        classes=sorted(fields),
        made_at=work.at,
        state=OutboxState.QUEUED,
        epoch=epoch,
        seq=seq,
    )
    files.announce(work.session, frame.peer, frame.thread, jti, files.listed_in(fields))
    ring(work.session, frame.peer)
    return jti


def due_to_leave(session: Session, peer: str, at: datetime, limit: int) -> list[OutboxRow]:
    """Messages to `peer` that may be tried now, in the order in which they were made.

    One alone is the first of its thread, for the peer may take no other, and among those the one that was tried least,
    so that none keeps the others from being tried.
    """
    pause = (OutboxRow.next_attempt_at > at, OutboxRow.next_attempt_at <= at + LATE_CAP)
    now = or_(OutboxRow.next_attempt_at.is_(None), not_(and_(*pause)))
    waiting = select(OutboxRow).where(OutboxRow.peer == peer, OutboxRow.state == OutboxState.QUEUED, now)
    epoch = select(PeerRow.epoch).where(PeerRow.node_id == peer).scalar_subquery()
    opening = waiting.where(OutboxRow.epoch == epoch, OutboxRow.seq == 1, OutboxRow.step == STREAM_RESTARTED)
    first = list(session.scalars(opening))
    if limit == 1:
        heads = waiting.with_only_columns(func.min(OutboxRow.jti)).group_by(OutboxRow.thread)
        waiting = waiting.where(OutboxRow.jti.in_(heads)).order_by(OutboxRow.attempts)
    others = session.scalars(waiting.order_by(OutboxRow.jti).limit(limit)).all()
    return [*first, *(one for one in others if one not in first)][:limit]


def hold_back(session: Session, row: ReferralRow, *, but: str | None = None, code: str = CONSENT_WITHDRAWN) -> None:
    """Erase every queued message of a referral, for the reason `code`; the step `but` may still leave.

    The next message then follows the last one that left, so that the peer never waits for one that will not come.
    """
    mine = (OutboxRow.peer == row.peer, OutboxRow.thread == row.thread)
    queued = list(session.scalars(select(OutboxRow).where(*mine, OutboxRow.state == OutboxState.QUEUED)))
    for message in queued:
        if message.step != but:
            message.state, message.problem = OutboxState.HELD, code
            erasure.forget(message)
    held = [message.jti for message in queued if message.state == OutboxState.HELD]
    for message in queued:
        for jti in held if message.state == OutboxState.QUEUED else ():
            _let_go(message, jti)
    _follow_what_leaves(session, row)


def hold(session: Session, message: OutboxRow, code: str) -> None:
    """Keep one message of a referral from leaving; it stays as it is, and nothing that comes behind it waits for it."""
    message.state, message.problem = OutboxState.HELD, code
    let_pass(session, message)
    _follow_what_leaves(session, session.get_one(ReferralRow, (message.peer, message.thread)))


def let_pass(session: Session, message: OutboxRow) -> None:
    """Let nothing that waits in its thread wait for `message`, which does not come to the peer, or not again."""
    behind = (OutboxRow.peer == message.peer, OutboxRow.thread == message.thread, OutboxRow.jti > message.jti)
    for later in session.scalars(select(OutboxRow).where(*behind, OutboxRow.state == OutboxState.QUEUED)):
        _let_go(later, message.jti)


def _let_go(message: OutboxRow, held: str) -> None:
    """Withhold, in the sense of SD-JWT, that a message comes after one that is held; an attempt is sealed anew."""
    kept = [text for text in message.disclosures if not _says_after(text, held)]
    if len(kept) != len(message.disclosures):
        message.disclosures, message.sealed, message.manifest = kept, None, None


def _says_after(disclosure: str, jti: str) -> bool:
    said = sd_jwt.Disclosure.parse(disclosure)
    return (said.name, said.value) == ("after", jti)


def _follow_what_leaves(session: Session, row: ReferralRow) -> None:
    leaving = (OutboxRow.peer == row.peer, OutboxRow.thread == row.thread, OutboxRow.state != OutboxState.HELD)
    row.own_last = session.scalar(select(OutboxRow.jti).where(*leaving).order_by(OutboxRow.jti.desc()).limit(1))


def peers_with_post(session: Session) -> list[str]:
    """The peers for whom something is queued."""
    queued = exists().where(OutboxRow.peer == PeerRow.node_id, OutboxRow.state == OutboxState.QUEUED)
    return list(session.scalars(select(PeerRow.node_id).where(queued).order_by(PeerRow.node_id)))


def is_about_a_person(row: OutboxRow) -> bool:
    """Whether a message belongs to a referral; the others are between the nodes."""
    return row.kind != NODE_KIND

"""The outbox: a message is written in the transaction of the change that causes it, and stays until it is receipted.

    queued → stored | refused          the peer's signed receipt
    queued → held                      consent ended before it left; it never leaves by itself

What is queued is signed content. Its place in the stream, its manifest and its sealing are the courier's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import starmap
from typing import NamedTuple, TypeAlias

from sqlalchemy import Executable, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from relevo.clock import seconds
from relevo.delivery import posted
from relevo.delivery.posted import Posted
from relevo.delivery.retry import LATE_CAP
from relevo.delivery.ways import way_to
from relevo.ids import new_jti
from relevo.messages.content import Fields, compose
from relevo.messages.registry import NODE_KIND, message_type
from relevo.messages.steps import StepPayload
from relevo.protocol import sd_jwt
from relevo.protocol.basis import Basis
from relevo.protocol.strict_json import JsonValue
from relevo.storage import erasure, files
from relevo.storage.among import among
from relevo.storage.appending import append, ask
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


class Leaving(NamedTuple):
    """What bringing a queued message asks for, as it stood when it was read."""

    jti: str
    peer: str
    thread: str
    kind: str
    step: str
    sop: str
    basis: str
    basis_record: bytes | None
    basis_salt: bytes | None
    content: str
    disclosures: list[str]
    classes: list[str]
    attempts: int
    epoch: int | None
    seq: int | None
    manifest: str | None
    sealed: bytes | None

    def seals_same(self, other: Leaving) -> bool:
        """Whether the same is sealed as of `other`: nothing was erased, withheld or signed anew in between."""
        return all(getattr(self, name) == getattr(other, name) for name in _SEALED)


Message: TypeAlias = OutboxRow | Leaving
"""A message of ours, as an object of the session or as it was read."""
_SEALED = ("basis", "basis_record", "basis_salt", "content", "disclosures")
_WAITING = select(*(getattr(OutboxRow, name) for name in Leaving._fields)).where(OutboxRow.state == OutboxState.QUEUED)
_QUEUED = _WAITING.where(among(OutboxRow.jti, "jtis")).order_by(OutboxRow.jti)
_NOW = _WAITING.where(
    OutboxRow.peer == bindparam("to"),
    or_(
        OutboxRow.next_attempt_at.is_(None),
        OutboxRow.next_attempt_at <= bindparam("now"),
        OutboxRow.next_attempt_at > bindparam("latest"),
    ),
)
_DUE = _NOW.where(OutboxRow.jti > bindparam("behind")).order_by(OutboxRow.jti).limit(bindparam("limit"))
_FIRST_OF_THREAD = (
    _NOW.where(OutboxRow.jti.in_(_NOW.with_only_columns(func.min(OutboxRow.jti)).group_by(OutboxRow.thread)))
    .order_by(OutboxRow.attempts, OutboxRow.jti)
    .limit(bindparam("limit"))
)
_OPENING = _NOW.where(OutboxRow.epoch == bindparam("epoch"), OutboxRow.seq == 1, OutboxRow.step == STREAM_RESTARTED)
_BEFORE = select(
    exists().where(
        OutboxRow.peer == bindparam("to"),
        OutboxRow.state == OutboxState.QUEUED,
        OutboxRow.jti != bindparam("but"),
        or_(
            OutboxRow.thread == bindparam("of"),
            and_(OutboxRow.epoch == bindparam("epoch"), OutboxRow.seq == 1, OutboxRow.step == STREAM_RESTARTED),
        ),
    )
)
_WITH_POST = (
    select(PeerRow.node_id)
    .where(exists().where(OutboxRow.peer == PeerRow.node_id, OutboxRow.state == OutboxState.QUEUED))
    .order_by(PeerRow.node_id)
)


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
    way = way_to(work.session, frame.peer)
    opening: dict[str, JsonValue] = {
        "iss": work.identity.node_id,
        "aud": frame.peer,
        "iat": seconds(work.at),
        "jti": jti,
        "thread": frame.thread,
        "kind": kind,
        "cnf": {"jwk": way.statement.presentation.jwk},
    }
    role = work.user.role or "node"
    hidden = compose(step, payload, by=role, after=frame.after, seen=frame.seen, fields=fields)
    issued = sd_jwt.issue(opening, hidden, key=work.identity.keys.signing)
    queued = Leaving(
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
        attempts=0,
        epoch=epoch,
        seq=seq,
        manifest=None,
        sealed=None,
    )
    append(work.session, OutboxRow, **queued._asdict(), made_at=work.at, state=OutboxState.QUEUED)
    posted.note(work.session, Posted(queued, way, begins=frame.after is None))
    files.announce(work.session, frame.peer, frame.thread, jti, files.listed_in(fields))
    ring(work.session, frame.peer)
    return jti


def is_next(session: Session, new: Posted) -> bool:
    """Whether nothing must leave before a message: of its thread, or what opens the epoch of the stream."""
    one, epoch = new.message, new.way.epoch
    asked = {"to": one.peer, "of": one.thread, "but": one.jti, "epoch": epoch}
    return (new.begins and epoch == 1) or not ask(session, _BEFORE, asked).scalar()


def due_to_leave(session: Session, peer: str, epoch: int, at: datetime, limit: int, behind: str = "") -> list[Leaving]:
    """Messages to `peer` that may be tried now, in the order in which they were made, from behind the jti `behind` on.

    `epoch` is that of our stream.

    One alone is the first of its thread, for the peer may take no other, and among those the one that was tried least,
    so that none keeps the others from being tried.
    """
    asked = {"to": peer, "now": at, "latest": at + LATE_CAP, "limit": limit}
    first = _leaving(session, _OPENING, {**asked, "epoch": epoch}) if epoch > 1 else []
    others = _leaving(session, _FIRST_OF_THREAD if limit == 1 else _DUE, {**asked, "behind": behind})
    return [*first, *(one for one in others if one not in first)][:limit]


def still_queued(session: Session, jtis: Sequence[str]) -> list[Leaving]:
    """Those of these messages that wait to leave, in the order in which they were made."""
    return _leaving(session, _QUEUED, {"jtis": jtis})


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


def hold(session: Session, jti: str, code: str) -> None:
    """Keep one message of a referral from leaving; it stays as it is, and nothing that comes behind it waits for it."""
    message = session.get_one(OutboxRow, jti)
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


def never_left(session: Session, row: ReferralRow) -> frozenset[str]:
    """The messages of a referral that were held before any attempt, so that the peer does not know of them."""
    mine = (OutboxRow.peer == row.peer, OutboxRow.thread == row.thread)
    held = select(OutboxRow.jti).where(*mine, OutboxRow.state == OutboxState.HELD, OutboxRow.seq.is_(None))
    return frozenset(session.scalars(held))


def peers_with_post(session: Session) -> list[str]:
    """The peers for whom something is queued."""
    return list(ask(session, _WITH_POST).scalars())


def is_about_a_person(kind: str) -> bool:
    """Whether messages of this kind belong to a referral; the others are between the nodes."""
    return kind != NODE_KIND


def _leaving(session: Session, statement: Executable, values: Mapping[str, object]) -> list[Leaving]:
    return list(starmap(Leaving, ask(session, statement, values)))

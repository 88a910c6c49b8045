"""What the sender does with one result of a request: keep the receipt, or the code and try again later.

A receipt counts only if the peer signed it, it is for us, and it answers a manifest that we made for this message.
Due times are computed here too; where they differ from the receipt's, the message is marked and people look.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import starmap
from typing import NamedTuple

import structlog
from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.orm import Session

from relevo.clock import moment, seconds
from relevo.delivery import duties, our_stream
from relevo.delivery.our_stream import OurStream
from relevo.delivery.outbox import Leaving, OutboxState, is_about_a_person
from relevo.delivery.retry import pause
from relevo.errors import RelevoError
from relevo.protocol import base64url, jws, sd_jwt, strict_json
from relevo.protocol.base64url import digest
from relevo.protocol.claims import WORD
from relevo.protocol.manifest import manifest_digest, said_in
from relevo.protocol.receipt import Receipt, ReceiptMismatch, read_receipt
from relevo.protocol.strict_json import JsonObject
from relevo.protocol.trust import KeyCompromised, KeyOutOfPeriod, Trust
from relevo.storage import erasure, log, peers
from relevo.storage.among import among
from relevo.storage.appending import alter, ask
from relevo.storage.courses import Course, Courses
from relevo.storage.tables import ManifestRow, OutboxRow
from relevo.storage.tables_streams import FormerReceiptRow
from relevo.storage.unit_of_work import UnitOfWork

EVENTS = structlog.get_logger("relevo.settlement")
DUE_DIFFERS = "due-differs"
MAX_CODE = 64
SET_ASIDE = 6
"""How many tries more a message that was refused alone counts for: the first pause is about ten minutes."""
STOLEN = KeyCompromised.code
SEAL_ANEW = frozenset({"key-unknown", "key-out-of-period", STOLEN})
"""What a peer says of a key that it does not take (any more): the next attempt is made with those of that day."""
SAY_AGAIN = frozenset({STOLEN, KeyOutOfPeriod.code})
"""Those for which the fault may lie in the signed content as well."""


class Sent(NamedTuple):
    """What settling a message asks for: where it stands, and whether it was receipted before it was offered again.

    `courses` has the referrals of all messages that are settled together.
    """

    jti: str
    peer: str
    thread: str
    kind: str
    attempts: int
    manifest: str | None
    receipt: str | None
    receipted_before: bool
    courses: Courses


class Gathered(NamedTuple):
    """Messages by their jti, and our stream to their peer as it was before they were settled; None without messages."""

    messages: Mapping[str, Sent]
    ours: OurStream | None


_SENT = select(
    *(getattr(OutboxRow, name) for name in Sent._fields[:-2]),
    exists().where(FormerReceiptRow.jti == OutboxRow.jti),
    *our_stream.COLUMNS,
).where(among(OutboxRow.jti, "jtis"))
_OURS = len(Sent._fields) - 1
_MADE = select(ManifestRow.token).where(ManifestRow.digest == bindparam("made"), ManifestRow.jti == bindparam("for"))
_AT = update(OutboxRow).where(OutboxRow.jti == bindparam("of"))
_KEEP = _AT.values(
    {name: bindparam(name) for name in ("state", "problem", "receipt", "receipted_at")} | {"sealed": None}
)
_POSTPONE = _AT.values(problem=bindparam("problem"), next_attempt_at=bindparam("next_attempt_at"))
_UNSEAL = _AT.values(sealed=None, manifest=None)
_STAND = _AT.values(manifest=bindparam("manifest"))
_STAND_AT = _AT.values(epoch=bindparam("epoch"), seq=bindparam("seq"))
_TAKEN = select(OutboxRow.jti).where(
    *(column == bindparam(f"{column.key}") for column in (OutboxRow.peer, OutboxRow.epoch, OutboxRow.seq))
)


def gather(session: Session, peer: str, jtis: Sequence[str]) -> Gathered:
    """Read what settling these messages to one peer asks for."""
    found = ask(session, _SENT, {"peer": peer, "jtis": jtis}).all()
    courses = Courses(session, peer, {row.thread for row in found})
    messages = starmap(partial(Sent, courses=courses), (row[:_OURS] for row in found))
    ours = OurStream(*found[0][_OURS:]) if found else None
    return Gathered({one.jti: one for one in messages}, ours)


def settle(work: UnitOfWork, row: Sent, result: JsonObject, trust: Trust) -> bool:
    """Keep what the peer answered for one message; whether the message is receipted now."""
    if row.receipt is not None:
        return True
    try:
        receipt, manifest = _receipt(work, row, result, trust)
    except RelevoError as fault:
        told = isinstance(fault, Postponed)
        problem = fault.told if isinstance(fault, Postponed) else fault.code
        postpone(work, row, problem)
        if told and problem in SAY_AGAIN:
            _say_again(work, row.jti)
        EVENTS.warning("not receipted", peer=row.peer, jti=row.jti, code=problem)
        return False
    _stand_where_it_arrived(work, row, manifest)
    _keep(work, row, receipt, str(result["receipt"]))
    return True


def _say_again(work: UnitOfWork, jti: str) -> None:
    """Sign the content anew if its key was declared stolen, or was not in use yet when our clock said that it signed.

    The peer has said that it did not store the message.
    """
    row = work.session.get_one(OutboxRow, jti)
    kid = jws.key_id(row.content, sd_jwt.TYP)
    payload = strict_json.load(base64url.decode(row.content.split(".")[1]))
    if kid not in work.identity.keys.compromised and not _was_early(work, kid, moment(payload["iat"])):
        return
    row.content = jws.sign(
        strict_json.dump({**payload, "iat": seconds(work.at)}), work.identity.keys.signing, sd_jwt.TYP
    )


def _stand_where_it_arrived(work: UnitOfWork, row: Sent, manifest: str) -> None:
    """An attempt of an earlier epoch may be the one that arrived; the place of the last one then stays empty."""
    if manifest == row.manifest:
        return
    attempt = said_in(manifest).attempt
    alter(work.session, _STAND, of=row.jti, manifest=manifest)
    there = {"peer": row.peer, "epoch": attempt.epoch, "seq": attempt.seq}
    if ask(work.session, _TAKEN, there).first() is None:
        alter(work.session, _STAND_AT, of=row.jti, epoch=attempt.epoch, seq=attempt.seq)


def _was_early(work: UnitOfWork, kid: str, iat: datetime) -> bool:
    own = peers.latest(work.session, work.identity.node_id)
    return any(period.key.kid == kid and iat < period.use_from for period in own.signing)


def postpone(work: UnitOfWork, row: Sent | Leaving, code: str) -> None:
    """Try one message again later, while the others go on."""
    if code in SEAL_ANEW:
        alter(work.session, _UNSEAL, of=row.jti)
    wait = pause(row.attempts, secrets.randbelow(1000) / 1000)
    alter(work.session, _POSTPONE, of=row.jti, problem=code, next_attempt_at=work.at + wait)


def set_aside(work: UnitOfWork, row: Sent, code: str) -> None:
    """Let the others go before a message that the peer refused when it came alone: minutes, then an hour."""
    wait = pause(row.attempts + SET_ASIDE, 1)
    alter(work.session, _POSTPONE, of=row.jti, problem=code, next_attempt_at=work.at + wait)


class Postponed(RelevoError):
    """The peer could not store the message this time; its code says why."""

    code = "postponed"
    advice = "Nothing is lost: the message stays queued and is tried again by itself."

    def __init__(self, told: object) -> None:
        self.told = told if isinstance(told, str) and WORD.fullmatch(told) and len(told) <= MAX_CODE else self.code
        super().__init__(self.told)


def _receipt(work: UnitOfWork, row: Sent, result: JsonObject, trust: Trust) -> tuple[Receipt, str]:
    """The receipt, and the manifest of ours that it answers."""
    token, problem = result.get("receipt"), result.get("problem")
    if not isinstance(token, str):
        raise Postponed(problem.get("code") if isinstance(problem, dict) else None)
    receipt = read_receipt(token, trust=trust, at=work.at)
    if (receipt.iss, receipt.aud, receipt.jti) != (row.peer, work.identity.node_id, row.jti):
        raise ReceiptMismatch
    return receipt, _made_for(work, row, receipt.of)


def _made_for(work: UnitOfWork, row: Sent, named: str) -> str:
    """The manifest of that digest that we made for the message, mostly the last one."""
    if row.manifest is not None and manifest_digest(row.manifest) == named:
        return row.manifest
    made: str | None = ask(work.session, _MADE, {"made": named, "for": row.jti}).scalar()
    if made is None:
        raise ReceiptMismatch
    return made


def _keep(work: UnitOfWork, row: Sent, receipt: Receipt, token: str) -> None:
    stored = receipt.disposition == "stored"
    course = row.courses.take(row.thread) if is_about_a_person(row.kind) else None
    erased, problem = course is not None and course.referral.erased, receipt.code
    if course is not None and stored and not erased and not row.receipted_before:
        problem = _begin_duties(work, row, course, receipt) or problem
    names = {"jti": row.jti, "thread": row.thread, "peer": row.peer}
    log.record(work.session, "receipt-got", work.at, subject=row.thread, receipt=digest(token.encode()), **names)
    alter(
        work.session,
        _KEEP,
        of=row.jti,
        state=OutboxState.STORED if stored else OutboxState.REFUSED,
        problem=problem,
        receipt=token,
        receipted_at=receipt.received_at,
    )
    if erased:
        erasure.forget(work.session.get_one(OutboxRow, row.jti))


def _begin_duties(work: UnitOfWork, row: Sent, course: Course, receipt: Receipt) -> str | None:
    """Begin the duties that the peer began with this message; the problem, if it computed others."""
    taken = next((one for one in course.steps if one.jti == row.jti), None)
    if taken is None:
        return None
    begun = duties.begin_receipted(work, course, taken, receipt.received_at)
    expected = duties.claims(begun, course.referral, work.identity.node_id, work.identity.side)
    if duties.agree(receipt.due, expected):
        return None
    EVENTS.error("due times differ", peer=row.peer, jti=row.jti)
    return DUE_DIFFERS

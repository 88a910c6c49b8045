"""What the sender does with one result of a request: keep the receipt, or the code and try again later.

A receipt counts only if the peer signed it, it is for us, and it answers a manifest that we made for this message.
Due times are computed here too; where they differ from the receipt's, the message is marked and people look.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from relevo.clock import moment, seconds
from relevo.delivery import duties
from relevo.delivery.outbox import OutboxState, is_about_a_person
from relevo.delivery.retry import pause
from relevo.errors import RelevoError
from relevo.protocol import base64url, jws, sd_jwt, strict_json
from relevo.protocol.base64url import digest
from relevo.protocol.claims import WORD
from relevo.protocol.manifest import said_in
from relevo.protocol.receipt import Receipt, ReceiptMismatch, read_receipt
from relevo.protocol.strict_json import JsonObject
from relevo.protocol.trust import KeyCompromised, KeyOutOfPeriod, Trust
from relevo.storage import erasure, log, peers, recall, referrals, streams
from relevo.storage.tables import ManifestRow, OutboxRow, ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

EVENTS = structlog.get_logger("relevo.settlement")
DUE_DIFFERS = "due-differs"
MAX_CODE = 64
SET_ASIDE = 6
"""How many tries more a message that was refused alone counts for: the first pause is about ten minutes."""
STOLEN = KeyCompromised.code
NOT_ASKED_FOR = (OutboxRow.content, OutboxRow.disclosures, OutboxRow.sealed, OutboxRow.basis_record)
"""The words of a message: settling it seldom asks for them, and then one by one."""
SEAL_ANEW = frozenset({"key-unknown", "key-out-of-period", STOLEN})
"""What a peer says of a key that it does not take (any more): the next attempt is made with those of that day."""
SAY_AGAIN = frozenset({STOLEN, KeyOutOfPeriod.code})
"""Those for which the fault may lie in the signed content as well."""


def settle(work: UnitOfWork, gathered: Gathered, jti: str, result: JsonObject, trust: Trust) -> bool:
    """Keep what the peer answered for one message; whether the message is receipted now."""
    row = gathered.rows[jti]
    if row.receipt is not None:
        return True
    try:
        receipt = _receipt(work, gathered, row, result, trust)
    except RelevoError as fault:
        told = isinstance(fault, Postponed)
        postpone(work, row, fault.told if isinstance(fault, Postponed) else fault.code)
        if told and row.problem in SAY_AGAIN:
            _say_again(work, row)
        EVENTS.warning("not receipted", peer=row.peer, jti=row.jti, code=row.problem)
        return False
    _stand_where_it_arrived(work, row, gathered.made[receipt.of].token)
    _keep(work, row, receipt, str(result["receipt"]), again=jti in gathered.receipted_before)
    return True


def _say_again(work: UnitOfWork, row: OutboxRow) -> None:
    """Sign the content anew if its key was declared stolen, or was not in use yet when our clock said that it signed.

    The peer has said that it did not store the message.
    """
    kid = jws.key_id(row.content, sd_jwt.TYP)
    payload = strict_json.load(base64url.decode(row.content.split(".")[1]))
    if kid not in work.identity.keys.compromised and not _was_early(work, kid, moment(payload["iat"])):
        return
    row.content = jws.sign(
        strict_json.dump({**payload, "iat": seconds(work.at)}), work.identity.keys.signing, sd_jwt.TYP
    )


def _stand_where_it_arrived(work: UnitOfWork, row: OutboxRow, manifest: str) -> None:
    """An attempt of an earlier epoch may be the one that arrived; the place of the last one then stays empty."""
    if manifest == row.manifest:
        return
    row.manifest, attempt = manifest, said_in(manifest).attempt
    there = (OutboxRow.peer == row.peer, OutboxRow.epoch == attempt.epoch, OutboxRow.seq == attempt.seq)
    if work.session.scalar(select(OutboxRow.jti).where(*there)) is None:
        row.epoch, row.seq = attempt.epoch, attempt.seq


def _was_early(work: UnitOfWork, kid: str, iat: datetime) -> bool:
    own = peers.latest(work.session, work.identity.node_id)
    return any(period.key.kid == kid and iat < period.use_from for period in own.signing)


def postpone(work: UnitOfWork, row: OutboxRow, code: str) -> None:
    """Try one message again later, while the others go on."""
    row.problem = code
    if code in SEAL_ANEW:
        row.sealed, row.manifest = None, None
    row.next_attempt_at = work.at + pause(row.attempts, secrets.randbelow(1000) / 1000)


def set_aside(work: UnitOfWork, row: OutboxRow, code: str) -> None:
    """Let the others go before a message that the peer refused when it came alone: minutes, then an hour."""
    row.problem, row.next_attempt_at = code, work.at + pause(row.attempts + SET_ASIDE, 1)


@dataclass(frozen=True, kw_only=True)
class Made:
    """A manifest that was made for a message."""

    jti: str
    token: str


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """The messages of one load by their jti, with what settling them asks for: each table is asked once.

    `made` are all manifests that this node ever made for them, by digest.
    """

    rows: Mapping[str, OutboxRow]
    made: Mapping[str, Made]
    receipted_before: frozenset[str]


def gather(session: Session, peer: str, jtis: Sequence[str]) -> Gathered:
    """Read what settling these messages to one peer asks for."""
    found = select(OutboxRow).where(OutboxRow.jti.in_(jtis)).options(*map(defer, NOT_ASKED_FOR))
    rows = {row.jti: row for row in session.scalars(found)}
    attempts = select(ManifestRow.digest, ManifestRow.jti, ManifestRow.token).where(ManifestRow.jti.in_(jtis))
    made = {one.digest: Made(jti=one.jti, token=one.token) for one in session.execute(attempts)}
    recall.gather(session, peer, {row.thread for row in rows.values()})
    return Gathered(rows=rows, made=made, receipted_before=streams.receipted_before(session, jtis))


class Postponed(RelevoError):
    """The peer could not store the message this time; its code says why."""

    code = "postponed"
    advice = "Nothing is lost: the message stays queued and is tried again by itself."

    def __init__(self, told: object) -> None:
        self.told = told if isinstance(told, str) and WORD.fullmatch(told) and len(told) <= MAX_CODE else self.code
        super().__init__(self.told)


def _receipt(work: UnitOfWork, gathered: Gathered, row: OutboxRow, result: JsonObject, trust: Trust) -> Receipt:
    token, problem = result.get("receipt"), result.get("problem")
    if not isinstance(token, str):
        raise Postponed(problem.get("code") if isinstance(problem, dict) else None)
    receipt = read_receipt(token, trust=trust, at=work.at)
    made = gathered.made.get(receipt.of)
    ours = (row.peer, work.identity.node_id, row.jti)
    if (receipt.iss, receipt.aud, receipt.jti) != ours or made is None or made.jti != row.jti:
        raise ReceiptMismatch
    return receipt


def _keep(work: UnitOfWork, row: OutboxRow, receipt: Receipt, token: str, *, again: bool) -> None:
    row.receipt, row.receipted_at, row.sealed = token, receipt.received_at, None
    row.state = OutboxState.STORED if receipt.disposition == "stored" else OutboxState.REFUSED
    row.problem = receipt.code
    names = {"jti": row.jti, "thread": row.thread, "peer": row.peer}
    log.record(work.session, "receipt-got", work.at, subject=row.thread, receipt=digest(token.encode()), **names)
    if not is_about_a_person(row):
        return
    referral = work.session.get_one(ReferralRow, (row.peer, row.thread))
    if erasure.is_erased(referral):
        erasure.forget(row)
    elif receipt.disposition == "stored" and not again:
        _begin_duties(work, row, referral, receipt)


def _begin_duties(work: UnitOfWork, row: OutboxRow, referral: ReferralRow, receipt: Receipt) -> None:
    taken = referrals.step_of(work.session, referral, row.jti)
    if taken is None:
        return
    begun = duties.started(work, referral, taken, receipt.received_at)
    side = work.identity.side
    if not duties.agree(receipt.due, duties.claims(begun, referral, work.identity.node_id, side)):
        row.problem = DUE_DIFFERS
        EVENTS.error("due times differ", peer=row.peer, jti=row.jti)
    duties.begin(work, referral, begun, receipt.received_at, after=taken)

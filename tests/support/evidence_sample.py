"""One invented referral as the host would show it: a year, two messages each way, and a log with more between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from relevo.protocol import base64url, sd_jwt
from relevo.protocol.checkpoint import sign_checkpoint
from relevo.protocol.envelope import Message, content_digest, manifest_digest, seal_envelope
from relevo.protocol.evidence import Direction, Evidence, EvidenceMessage, EvidenceSop
from relevo.protocol.evidence_items import BookHead, BookItem, BookSop, BookStatement
from relevo.protocol.evidence_log import EvidenceEntry
from relevo.protocol.keyring import KeyRing
from relevo.protocol.merkle import append, inclusion_proof, leaf_hash, root
from relevo.protocol.receipt import DueClaim, Receipt, sign_receipt
from relevo.protocol.record import entry_of, make_record
from relevo.protocol.sop_signature import sign_sop, sop_digest
from relevo.protocol.statement import next_statement, statement_digest
from support.wire_pair import AT, BASIS, HIDDEN, HOST, HOST_ID, ORIGIN, ORIGIN_ID, THREAD, open_claims, statement_token

SOP_TEXT = 'title = "Invented procedure"\nversion = 1\n'
SOP = sop_digest(SOP_TEXT.encode())
RINGS = {HOST_ID: HOST, ORIGIN_ID: ORIGIN}
LOG_NAME = f"{HOST_ID}/log"


@dataclass
class SampleLog:
    """A log in memory."""

    records: list[tuple[bytes, bytes]] = field(default_factory=list)
    hashes: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def write(self, kind: str, at: datetime, **fields: str | None) -> int:
        """Append one record; its place."""
        index, record, salt = len(self.records), make_record(kind, at, **fields), bytes([len(self.records) % 256]) * 16
        for level, position, value in append(index, leaf_hash(entry_of(record, salt)), self.subtree):
            self.hashes[level, position] = value
        self.records.append((record, salt))
        return index

    def subtree(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree."""
        return self.hashes[level, index]

    def entry(self, index: int) -> EvidenceEntry:
        """The record at a place, with its proof."""
        record, salt = self.records[index]
        proof = inclusion_proof(index, len(self.records), self.subtree)
        return EvidenceEntry(record=record, salt=salt, index=index, proof=tuple(proof))

    def checkpoint(self) -> str:
        """The signed head."""
        size = len(self.records)
        return sign_checkpoint(LOG_NAME, size, root(size, self.subtree), HOST.log)


@dataclass
class Sample:
    """Makes the messages, receipts and log of referrals under one procedure, in the order of the calls."""

    sop_text: str = SOP_TEXT
    log: SampleLog = field(default_factory=SampleLog)
    messages: list[EvidenceMessage] = field(default_factory=list)
    places: list[int] = field(default_factory=list)

    def keep(self, kind: str, at: datetime, **fields: str | None) -> None:
        """Log a record that the file shows, after one that it does not."""
        self.log.write("peer", at, peer="gn:passage", state="proposed", statement="elsewhere")
        self.places.append(self.log.write(kind, at, **fields))

    def message(
        self,
        iss: str,
        kind: str,
        at: datetime,
        seq: int,
        *,
        jti: str | None = None,
        receipted: bool = True,
        thread: str = THREAD,
        due: tuple[DueClaim, ...] = (),
    ) -> None:
        """One message from `iss`, its receipt an hour later, and both log records of the host."""
        aud = ORIGIN_ID if iss == HOST_ID else HOST_ID
        jti = jti or f"019cadb0-3f40-7c1e-8a4b-{len(self.messages):012d}"
        content = _content({"iss": iss, "aud": aud, "jti": jti, "thread": thread, "kind": kind}, at)
        names = {"iss": iss, "aud": aud, "jti": jti, "thread": thread, "kind": kind, "basis": BASIS.claim}
        message = Message(**names, sop=sop_digest(self.sop_text.encode()), content=content_digest(content.jwt))
        key, recipient = RINGS[iss].signing, RINGS[aud].encryption.public
        sent = seal_envelope(message, content, BASIS, epoch=1, seq=seq, at=at, key=key, recipient=recipient)
        receipt = _receipt(message, sent.manifest, at + timedelta(hours=1), due) if receipted else None
        direction = Direction.SENT if iss == HOST_ID else Direction.RECEIVED
        shown = EvidenceMessage(direction=direction, manifest=sent.manifest, content=content.jwt, receipt=receipt)
        self.messages.append(shown)
        self._log(shown, {"jti": jti, "thread": thread, "peer": ORIGIN_ID}, at)

    def _log(self, shown: EvidenceMessage, names: dict[str, str], at: datetime) -> None:
        sent = shown.direction is Direction.SENT
        kind = "message-sent" if sent else "message-received"
        self.keep(kind, at, manifest=manifest_digest(shown.manifest), **names)
        if shown.receipt is not None:
            kind, digest = "receipt-got" if sent else "receipt-made", base64url.digest(shown.receipt.encode())
            self.keep(kind, at + timedelta(hours=1), receipt=digest, **names)

    def evidence(self) -> Evidence:
        """The file's content, made a year and a day after the beginning."""
        statements = {node: _chain(node, keyring) for node, keyring in RINGS.items()}
        signatures = {node: _sop_signature(node, self.sop_text) for node in RINGS}
        return Evidence(
            node=HOST_ID,
            peer=ORIGIN_ID,
            thread=THREAD,
            made_at=AT + timedelta(days=366),
            statements=statements,
            sops=(EvidenceSop(text=self.sop_text, signatures=signatures),),
            messages=tuple(self.messages),
            checkpoint=self.log.checkpoint(),
            entries=tuple(self.log.entry(index) for index in self.places),
        )


def sample() -> Sample:
    """The referral, requested at `AT` and closed 300 days later; the last message has no receipt yet."""
    made = Sample()
    first = statement_digest(statement_token(ORIGIN_ID, ORIGIN))
    made.keep("peer", AT, peer=ORIGIN_ID, state="active", statement=first)
    made.keep("key", AT, kid=HOST.signing.kid, change="made")
    made.keep("sop", AT, sop=SOP, peer=ORIGIN_ID, state="agreed", signature=None)
    made.keep("consent", AT, thread=THREAD, commitment=BASIS.claim, change="recorded")
    made.message(HOST_ID, "requested", AT, 1)
    made.message(ORIGIN_ID, "acknowledged", AT + timedelta(hours=3), 7)
    made.message(ORIGIN_ID, "closed", AT + timedelta(days=300), 9)
    made.message(HOST_ID, "message", AT + timedelta(days=301), 4, receipted=False)
    return made


def _content(names: dict[str, str], at: datetime) -> sd_jwt.Issued:
    claims = open_claims(**names, iat=int(at.timestamp()))
    claims["cnf"] = {"jwk": RINGS[names["aud"]].presentation.public.jwk}
    return sd_jwt.issue(claims, HIDDEN, key=RINGS[names["iss"]].signing)


def _receipt(message: Message, manifest: str, at: datetime, due: tuple[DueClaim, ...]) -> str:
    receipt = Receipt(
        iss=message.aud,
        aud=message.iss,
        of=manifest_digest(manifest),
        jti=message.jti,
        disposition="stored",
        code=None,
        received_at=at,
        due=due,
    )
    return sign_receipt(receipt, RINGS[message.aud].signing)


def _chain(node: str, keyring: KeyRing) -> tuple[str, ...]:
    tokens = [statement_token(node, keyring)]
    for days in (80, 160, 240, 320):
        tokens.append(next_statement(tokens[-1], keyring, at=AT + timedelta(days=days)))
    return tuple(tokens)


def _sop_signature(node: str, text: str) -> str:
    other = ORIGIN_ID if node == HOST_ID else HOST_ID
    return sign_sop(text.encode(), RINGS[node].signing, iss=node, aud=other, at=AT)


def book_begins(shown: Evidence) -> Iterator[BookItem]:
    """The first lines of a book about the same relation: what it is, the statements, the procedures."""
    yield BookHead(
        node=HOST_ID,
        peers=(ORIGIN_ID,),
        since=None,
        until=None,
        thread=None,
        personal_data=False,
        made_at=shown.made_at,
    )
    for node, chain in shown.statements.items():
        yield from (BookStatement(node=node, token=token) for token in chain)
    yield from (BookSop(peer=ORIGIN_ID, sop=sop) for sop in shown.sops)

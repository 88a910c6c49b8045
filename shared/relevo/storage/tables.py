"""The tables that every node has, whichever side of the border it is on.

Nothing here is deleted in the ordinary course: states move, rows stay. `thread` identifies a referral only together
with `peer`, so that no peer can touch another's.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from relevo.protocol.strict_json import JsonValue
from relevo.storage.base import BigId, Digest, Disclosures, SharedBase, Word


class UserRow(SharedBase):
    """Somebody who may use this node: a name, one role, the digest of a bearer token, and whom they work for.

    `organisation` is an agency or partner behind this node (`ge:dabruneba/shelter`), or None for the node itself.
    """

    __tablename__ = "user_account"

    name: Mapped[str] = mapped_column(Word, primary_key=True)
    role: Mapped[str] = mapped_column(Word)
    token_digest: Mapped[str] = mapped_column(Digest, unique=True)
    added_at: Mapped[datetime]
    organisation: Mapped[str | None]


class StatementRow(SharedBase):
    """One version of a node's statement: our own or a peer's, as the signed text that it came as."""

    __tablename__ = "statement"

    node_id: Mapped[str] = mapped_column(Word, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str]
    expires_at: Mapped[datetime]


class PeerRow(SharedBase):
    """A peer: how far its registration has come, where it is reached, how its streams stand, and what it brought.

    `brought` are messages on the day `brought_on` (UTC), `kept_bytes` the bytes of all its messages that are here.
    """

    __tablename__ = "peer"

    node_id: Mapped[str] = mapped_column(Word, primary_key=True)
    state: Mapped[str] = mapped_column(Word)
    endpoint: Mapped[str]
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[str] = mapped_column(Word)
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None] = mapped_column(Word)
    polled_at: Mapped[datetime | None]
    epoch: Mapped[int] = mapped_column(default=1)
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    failures: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None]
    last_problem: Mapped[str | None] = mapped_column(Word)
    skew_seconds: Mapped[int | None]
    brought_on: Mapped[date | None]
    brought: Mapped[int] = mapped_column(default=0)
    kept_bytes: Mapped[int] = mapped_column(BigInteger, default=0)


class SopRow(SharedBase):
    """A standard operating procedure as the exact text that both sides sign."""

    __tablename__ = "sop"

    digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    name: Mapped[str]
    version: Mapped[int]
    peer: Mapped[str] = mapped_column(Word, index=True)
    text: Mapped[str]
    state: Mapped[str] = mapped_column(Word)
    effective_at: Mapped[datetime]
    own_signature: Mapped[str | None]
    peer_signature: Mapped[str | None]
    changed_at: Mapped[datetime]


class ReferralRow(SharedBase):
    """One referral as both sides know it: where it stands, under what, and what it may rest on.

    `basis_record` and `basis_salt` are what the commitment in each manifest is made of; both go at erasure.
    Of a referral that has ended `erase_at` is when something of it goes by itself, and `erased_at` when the last went.
    """

    __tablename__ = "referral"
    __table_args__ = (Index("uq_referral_thread", "thread", unique=True),)

    peer: Mapped[str] = mapped_column(Word, primary_key=True)
    thread: Mapped[str] = mapped_column(Digest, primary_key=True)
    status: Mapped[str] = mapped_column(Word, index=True)
    journey: Mapped[str] = mapped_column(Word)
    urgency: Mapped[str] = mapped_column(Word)
    purpose: Mapped[str]
    confidential: Mapped[bool]
    vulnerable: Mapped[bool]
    services: Mapped[list[str]]
    sop: Mapped[str] = mapped_column(Digest)
    basis: Mapped[str]
    basis_record: Mapped[bytes | None]
    basis_salt: Mapped[bytes | None]
    contact_channel: Mapped[str | None] = mapped_column(Word)
    own_last: Mapped[str | None] = mapped_column(Digest)
    peer_last: Mapped[str | None] = mapped_column(Digest)
    planned_arrival: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    supply_ends: Mapped[date | None]
    opened_at: Mapped[datetime]
    erase_at: Mapped[datetime | None] = mapped_column(index=True)
    erased_at: Mapped[datetime | None]


class StepRow(SharedBase):
    """One step of a referral, ours or the peer's: what the timeline shows.

    `facts` are those from which its clocks are counted (`relevo.delivery.clock_facts`); they go at erasure.
    """

    __tablename__ = "step"
    __table_args__ = (Index("ix_step_peer_thread", "peer", "thread"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    peer: Mapped[str] = mapped_column(Word)
    thread: Mapped[str] = mapped_column(Digest)
    step: Mapped[str] = mapped_column(Word)
    side: Mapped[str] = mapped_column(Word)
    who: Mapped[str]
    at: Mapped[datetime]
    late: Mapped[bool] = mapped_column(default=False)
    jti: Mapped[str | None] = mapped_column(Digest)
    said: Mapped[dict[str, JsonValue]]
    facts: Mapped[dict[str, JsonValue] | None]
    status_after: Mapped[str] = mapped_column(Word)
    journey_after: Mapped[str] = mapped_column(Word)


class DutyRow(SharedBase):
    """Something due: by which side, when, and when it was done."""

    __tablename__ = "duty"
    __table_args__ = (Index("ix_duty_peer_thread", "peer", "thread"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    peer: Mapped[str] = mapped_column(Word)
    thread: Mapped[str] = mapped_column(Digest)
    duty: Mapped[str] = mapped_column(Word)
    side: Mapped[str] = mapped_column(Word)
    started_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    done_at: Mapped[datetime | None]
    dropped: Mapped[bool] = mapped_column(default=False)


class OutboxRow(SharedBase):
    """A message that waits to leave, or left: its signed content, and what became of it.

    `content` and `disclosures` are written in the transaction of the change; `epoch`, `seq` and `manifest` by the
    courier. `sealed` is there only while an attempt that did not arrive waits to be repeated.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_peer_state_jti", "peer", "state", "jti"),
        Index("ix_outbox_thread_peer", "thread", "peer"),
        Index(
            "ix_outbox_problem",
            "peer",
            "state",
            "problem",
            sqlite_where=text("problem IS NOT NULL"),
            postgresql_where=text("problem IS NOT NULL"),
        ),
        UniqueConstraint("peer", "epoch", "seq"),
    )

    jti: Mapped[str] = mapped_column(Digest, primary_key=True)
    peer: Mapped[str] = mapped_column(Word)
    thread: Mapped[str] = mapped_column(Digest)
    kind: Mapped[str] = mapped_column(Word)
    step: Mapped[str] = mapped_column(Word)
    sop: Mapped[str] = mapped_column(Digest)
    basis: Mapped[str]
    basis_record: Mapped[bytes | None]
    basis_salt: Mapped[bytes | None]
    content: Mapped[str]
    disclosures: Mapped[list[str]] = mapped_column(Disclosures)
    classes: Mapped[list[str]]
    made_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Word)
    problem: Mapped[str | None] = mapped_column(Digest)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None]
    epoch: Mapped[int | None]
    seq: Mapped[int | None] = mapped_column(BigInteger)
    manifest: Mapped[str | None]
    sealed: Mapped[bytes | None]
    receipt: Mapped[str | None]
    receipted_at: Mapped[datetime | None]


class ManifestRow(SharedBase):
    """Every manifest that this node ever made for a message; a receipt may answer any of them."""

    __tablename__ = "manifest"

    digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    jti: Mapped[str] = mapped_column(Digest, index=True)
    token: Mapped[str]
    made_at: Mapped[datetime]


class InboxRow(SharedBase):
    """A message that arrived: its manifest, its content, and the receipt that it got, byte for byte."""

    __tablename__ = "inbox"
    __table_args__ = (
        Index("ix_inbox_thread_peer_code", "thread", "peer", "code"),
        UniqueConstraint("peer", "epoch", "seq"),
    )

    peer: Mapped[str] = mapped_column(Word, primary_key=True)
    jti: Mapped[str] = mapped_column(Digest, primary_key=True)
    identity: Mapped[str] = mapped_column(Digest)
    thread: Mapped[str] = mapped_column(Digest)
    kind: Mapped[str] = mapped_column(Word)
    epoch: Mapped[int]
    seq: Mapped[int] = mapped_column(BigInteger)
    manifest: Mapped[str]
    content: Mapped[str | None]
    disclosures: Mapped[list[str] | None] = mapped_column(Disclosures)
    disposition: Mapped[str] = mapped_column(Word)
    code: Mapped[str | None] = mapped_column(Word)
    receipt: Mapped[str]
    received_at: Mapped[datetime]


class NonceRow(SharedBase):
    """A nonce of a request that was accepted, kept until the request would have expired."""

    __tablename__ = "nonce"

    peer: Mapped[str] = mapped_column(Word, primary_key=True)
    nonce: Mapped[str] = mapped_column(Digest, primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class LogEntryRow(SharedBase):
    """One entry of the log; `position` is given by the sequencer after the transaction that wrote it."""

    __tablename__ = "log_entry"
    __table_args__ = (
        Index(
            "ix_log_entry_unnumbered",
            "id",
            sqlite_where=text("position IS NULL"),
            postgresql_where=text("position IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    record: Mapped[bytes]
    salt: Mapped[bytes]
    entry: Mapped[bytes]
    subject: Mapped[str | None] = mapped_column(Digest, index=True)
    position: Mapped[int | None] = mapped_column(unique=True)


class LogHashRow(SharedBase):
    """The hash of one complete subtree of the log: 2^level leaves from position * 2^level on."""

    __tablename__ = "log_hash"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[bytes]


class CheckpointRow(SharedBase):
    """A signed checkpoint of the log; `shown_at` is empty until it stands outside the database, if it has to."""

    __tablename__ = "checkpoint"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    note: Mapped[str]
    signed_at: Mapped[datetime]
    shown_at: Mapped[datetime | None]

"""What the origin node keeps beside the shared tables: what it was told, and what it did about it.

What the host stated is never overwritten by what the origin found out: the one stands in `stated`, the other in
`report`, each with who and when. A referral is named by (peer, thread) as in `relevo.storage.tables`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Index, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from relevo.protocol.strict_json import JsonValue
from relevo.storage.base import COLUMN_TYPES, NAMING, BigId, Digest, JsonColumn, Word


class OriginBase(DeclarativeBase):
    """The base of the tables that only an origin node has."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = COLUMN_TYPES


class StatedRow(OriginBase):
    """What the host stated in one message, and when that message came: {data class: fields}.

    A class stands in the last message that stated it, and in no other; a row without classes goes.
    """

    __tablename__ = "stated"

    peer: Mapped[str] = mapped_column(Word, primary_key=True)
    thread: Mapped[str] = mapped_column(Digest, primary_key=True)
    jti: Mapped[str] = mapped_column(Digest, primary_key=True)
    classes: Mapped[dict[str, dict[str, JsonValue]]] = mapped_column(JsonColumn)
    stated_at: Mapped[datetime]


class AssignmentRow(OriginBase):
    """One requested service: where it stands, and the organisation that it was offered to.

    `because` is why it was offered although something spoke against it; `cost` what the organisation promised to spend,
    as a decimal, in `currency`.
    """

    __tablename__ = "assignment"

    peer: Mapped[str] = mapped_column(Word, primary_key=True)
    thread: Mapped[str] = mapped_column(Digest, primary_key=True)
    service: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(Word)
    organisation: Mapped[str | None]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(Word)
    because: Mapped[str | None]
    cost: Mapped[str | None]
    currency: Mapped[str | None] = mapped_column(Word)


class ContactAttemptRow(OriginBase):
    """One attempt to reach the person; `jti` is the message that told the host, if it was told.

    After an unsafe attempt nobody tries again before intake has cleared it.
    """

    __tablename__ = "contact_attempt"
    __table_args__ = (Index("ix_contact_attempt_peer_thread", "peer", "thread"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    peer: Mapped[str] = mapped_column(Word)
    thread: Mapped[str] = mapped_column(Digest)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(Word)
    channel: Mapped[str] = mapped_column(Word)
    outcome: Mapped[str] = mapped_column(Word)
    jti: Mapped[str | None] = mapped_column(Digest)
    cleared_at: Mapped[datetime | None]
    cleared_by: Mapped[str | None] = mapped_column(Word)


class ReportRow(OriginBase):
    """What the origin found and the person said: at a follow-up (`month`), or at the close.

    `fields` holds the data classes `outcome` and `feedback` whole, whether or not the host may be told of them.
    """

    __tablename__ = "report"
    __table_args__ = (Index("ix_report_peer_thread", "peer", "thread"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    peer: Mapped[str] = mapped_column(Word)
    thread: Mapped[str] = mapped_column(Digest)
    step: Mapped[str] = mapped_column(Word)
    month: Mapped[int | None]
    at: Mapped[datetime]
    reported_by: Mapped[str] = mapped_column(Word)
    fields: Mapped[dict[str, JsonValue]]
    jti: Mapped[str | None] = mapped_column(Digest)


class GivenRow(OriginBase):
    """A part of a profile that was given to an organisation for one service, and its way back out of there.

    `paths` are the classes, or fields of classes, that were shown. `presentation` is the SD-JWT presentation itself, a
    line for each message of `sources`; it goes when the part is erased. After a withdrawal the organisation is asked
    (`chased_at`) and confirms.
    """

    __tablename__ = "given"
    __table_args__ = (Index("ix_given_peer_thread", "peer", "thread"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    peer: Mapped[str] = mapped_column(Word)
    thread: Mapped[str] = mapped_column(Digest)
    organisation: Mapped[str]
    service: Mapped[str]
    paths: Mapped[list[str]]
    sources: Mapped[list[str]] = mapped_column(default=list)
    presentation: Mapped[str | None]
    nonce: Mapped[str] = mapped_column(Digest)
    given_at: Mapped[datetime]
    given_by: Mapped[str] = mapped_column(Word)
    ended_at: Mapped[datetime | None]
    chased_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None] = mapped_column(Word)


class AssignmentEventRow(OriginBase):
    """One thing that happened to an assignment: offered, answered, reported; by whom, and why where that was said.

    `on_behalf` says that staff of the node answered for the organisation.
    """

    __tablename__ = "assignment_event"
    __table_args__ = (Index("ix_assignment_event_peer_thread", "peer", "thread"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    peer: Mapped[str] = mapped_column(Word)
    thread: Mapped[str] = mapped_column(Digest)
    service: Mapped[str]
    organisation: Mapped[str | None]
    status: Mapped[str] = mapped_column(Word)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(Word)
    on_behalf: Mapped[bool]
    reason: Mapped[str | None]


class OrganisationRow(OriginBase):
    """A partner organisation of this node: what it does, for whom, where, with what capacity and money.

    Money is decimal text. `spent` only grows; what is taken and promised now is counted from the assignments.
    """

    __tablename__ = "organisation"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    title: Mapped[str]
    services: Mapped[list[str]]
    people: Mapped[list[str]]
    area: Mapped[list[str]]
    places: Mapped[dict[str, JsonValue]]
    budget: Mapped[str | None]
    currency: Mapped[str | None] = mapped_column(Word)
    spent: Mapped[str] = mapped_column(default="0")
    languages: Mapped[list[str]]
    confidential: Mapped[bool]
    active: Mapped[bool]
    checked_on: Mapped[date]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(Word)


class ConsentTakenRow(OriginBase):
    """How somebody here took a change of consent: what the person said, with whom, in which language; never sent."""

    __tablename__ = "consent_taken"
    __table_args__ = (Index("ix_consent_taken_peer_thread", "peer", "thread"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    peer: Mapped[str] = mapped_column(Word)
    thread: Mapped[str] = mapped_column(Digest)
    change: Mapped[str] = mapped_column(Word)
    account: Mapped[dict[str, JsonValue]]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(Word)

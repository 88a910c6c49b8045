"""What only a host keeps: cases, consents, exceptions, which case a referral is about, and what came back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from relevo.protocol.strict_json import JsonValue
from relevo.storage.base import COLUMN_TYPES, NAMING, BigId, Digest, Word


class HostBase(DeclarativeBase):
    """The base of the tables that only a host has."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = COLUMN_TYPES


class CaseRow(HostBase):
    """One person's case: what is known in our data classes, and what of the exporter's file stays at home.

    `record` is data class → field → value, judged only when something is to leave. `drafts` are the consents that the
    file speaks of; a draft is no consent until somebody of this node has recorded it. `agency` is the agency of this
    node whose case it is, or None for the node's own. `household` is a random name for those who travel together, and
    `member_of` the case from whose household this one was made.
    """

    __tablename__ = "case_file"

    id: Mapped[str] = mapped_column(Digest, primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    origin: Mapped[str] = mapped_column(Word)
    urgency: Mapped[str] = mapped_column(Word)
    confidential: Mapped[bool]
    record: Mapped[dict[str, JsonValue]]
    stays: Mapped[list[JsonValue]]
    drafts: Mapped[list[JsonValue]]
    imported_at: Mapped[datetime]
    imported_by: Mapped[str] = mapped_column(Word)
    agency: Mapped[str | None]
    household: Mapped[str | None] = mapped_column(Digest)
    member_of: Mapped[str | None] = mapped_column(Digest, index=True)
    separated: Mapped[bool] = mapped_column(default=False)


class ConsentRow(HostBase):
    """A consent that somebody of this node recorded; `order` tells which of two of one day is the later.

    `replaces` is the consent that this one renewed or narrowed; a change that was recorded at the origin is here too.
    """

    __tablename__ = "consent"

    order: Mapped[int] = mapped_column(BigId, primary_key=True)
    id: Mapped[str] = mapped_column(Digest, unique=True)
    case: Mapped[str] = mapped_column(Digest, index=True)
    purpose: Mapped[str]
    receiver: Mapped[str] = mapped_column(Word)
    organisation: Mapped[str | None]
    classes: Mapped[list[str]]
    withhold: Mapped[list[JsonValue]]
    outcomes_may_return: Mapped[bool]
    given_by: Mapped[str]
    language: Mapped[str] = mapped_column(Word)
    interpreter: Mapped[bool]
    taken_on: Mapped[date]
    expires_on: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(Word)
    withdrawn_at: Mapped[datetime | None]
    salt: Mapped[bytes]
    giver: Mapped[str] = mapped_column(Word)
    capacity: Mapped[str | None]
    evidence_kind: Mapped[str | None]
    evidence: Mapped[str | None]
    risks_explained: Mapped[bool]
    withdrawing_explained: Mapped[bool]
    taken_by: Mapped[str | None]
    sheet: Mapped[str | None] = mapped_column(Digest)
    replaces: Mapped[str | None] = mapped_column(Digest, index=True)


class CaseReferralRow(HostBase):
    """Which case a referral is about, and under which consent it left; none for an exception."""

    __tablename__ = "case_referral"

    thread: Mapped[str] = mapped_column(Digest, primary_key=True)
    case: Mapped[str] = mapped_column(Digest, index=True)
    consent: Mapped[str | None] = mapped_column(Digest, index=True)


class ExceptionRow(HostBase):
    """An exception that somebody raised for a case, its review by another, and what came of it.

    One serves one referral. `commitment` is to the ground under `salt`, and all that the log and auditors see of it.
    """

    __tablename__ = "exception_ground"

    id: Mapped[str] = mapped_column(Digest, primary_key=True)
    case: Mapped[str] = mapped_column(Digest, index=True)
    reason: Mapped[str] = mapped_column(Word)
    raised_by: Mapped[str]
    attestation: Mapped[dict[str, JsonValue] | None]
    on_duty: Mapped[bool]
    raised_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(Word)
    salt: Mapped[bytes]
    commitment: Mapped[str] = mapped_column(Digest)
    decision: Mapped[str | None] = mapped_column(Word)
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None] = mapped_column(Word)
    thread: Mapped[str | None] = mapped_column(Digest, unique=True)
    left_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    told_by: Mapped[str | None] = mapped_column(Word)


class ReturnedRow(HostBase):
    """A data class that came back from the origin with one message."""

    __tablename__ = "returned"

    jti: Mapped[str] = mapped_column(Digest, primary_key=True)
    data_class: Mapped[str] = mapped_column(Word, primary_key=True)
    peer: Mapped[str] = mapped_column(Word)
    thread: Mapped[str] = mapped_column(Digest, index=True)
    step: Mapped[str] = mapped_column(Word)
    fields: Mapped[dict[str, JsonValue]]
    came_at: Mapped[datetime]


class CaseHistoryRow(HostBase):
    """A data class of a case as it stood until somebody changed it, and why; never overwritten."""

    __tablename__ = "case_history"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case: Mapped[str] = mapped_column(Digest, index=True)
    data_class: Mapped[str] = mapped_column(Word)
    fields: Mapped[dict[str, JsonValue]]
    held_until: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(Word)
    reason: Mapped[str]


class BestInterestsRow(HostBase):
    """What a coordinator decided for a child whom no legal guardian speaks for; the newest review of a case speaks."""

    __tablename__ = "best_interests_review"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case: Mapped[str] = mapped_column(Digest, index=True)
    decision: Mapped[str] = mapped_column(Word)
    ground: Mapped[str]
    reviewed_at: Mapped[datetime]
    reviewed_by: Mapped[str] = mapped_column(Word)

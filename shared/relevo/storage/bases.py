"""What a referral has rested on since it began: its first terms, and every change of them that this node knows.

Each row keeps the terms as the record of a basis. Records go at erasure; that there was a change, by which side and in
which message, stays. The salt is the referral's own, so that equal terms are the same commitment on both nodes.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from relevo.domain.consent import Terms
from relevo.domain.consent_change import Change
from relevo.domain.sides import Side
from relevo.messages.classes import terms_from_record
from relevo.storage.base import Digest, SharedBase, Word
from relevo.storage.tables import ReferralRow

FIRST = "first"
"""What stands for the message in the row of the terms under which a referral began."""


class BasisRow(SharedBase):
    """The terms that one message brought, and the changes that whoever wrote it knew."""

    __tablename__ = "basis"

    peer: Mapped[str] = mapped_column(Word, primary_key=True)
    thread: Mapped[str] = mapped_column(Digest, primary_key=True)
    jti: Mapped[str] = mapped_column(Digest, primary_key=True)
    side: Mapped[str] = mapped_column(Word)
    knew: Mapped[list[str]]
    record: Mapped[bytes | None]


def of(session: Session, row: ReferralRow) -> list[BasisRow]:
    """Everything that the referral has rested on, the first terms first; empty while nothing was changed."""
    mine = (BasisRow.peer == row.peer, BasisRow.thread == row.thread)
    found = session.scalars(select(BasisRow).where(*mine))
    return sorted(found, key=lambda one: (one.jti != FIRST, one.jti))


def keep(
    session: Session, row: ReferralRow, *, jti: str, side: Side, knew: list[str], record: bytes, first: bytes
) -> None:
    """Keep a change; with the very first, also the terms `first` under which the referral began."""
    if session.get(BasisRow, (row.peer, row.thread, FIRST)) is None:
        session.add(_row(row, FIRST, Side.HOST, [], first))
    session.add(_row(row, jti, side, knew, record))
    session.flush()


def history(rows: list[BasisRow]) -> tuple[Terms, list[Change]] | None:
    """The first terms and the changes since; None if nothing was changed, or all was erased."""
    records = [(one, one.record) for one in rows if one.record is not None]
    if not records or records[0][0].jti != FIRST:
        return None
    changes = [Change(id=one.jti, terms=terms_from_record(raw), knew=frozenset(one.knew)) for one, raw in records[1:]]
    return terms_from_record(records[0][1]), changes


def known_to(rows: list[BasisRow], is_known: Callable[[BasisRow], bool]) -> frozenset[str]:
    """The changes of those rows that somebody knew."""
    return frozenset(one.jti for one in rows if one.jti != FIRST and is_known(one))


def forget(session: Session, row: ReferralRow) -> None:
    """Erase what the terms said."""
    mine = (BasisRow.peer == row.peer, BasisRow.thread == row.thread)
    session.execute(update(BasisRow).where(*mine).values(record=None))


def _row(row: ReferralRow, jti: str, side: Side, knew: list[str], record: bytes | None) -> BasisRow:
    return BasisRow(peer=row.peer, thread=row.thread, jti=jti, side=side, knew=knew, record=record)

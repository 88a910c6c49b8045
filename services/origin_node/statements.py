"""What the host stated, class by class: the newest stands, and what stood before stays readable beside it.

    requested, answered, journey-changed   what came takes the place of what the host had stated
    corrected                              the same, and what stood before is marked as entered in error

A correction never erases what was stated: decisions were taken on it. Only a withdrawal does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from origin_node.tables import StatedRow
from origin_node.tables_record import StatedBeforeRow
from relevo.domain.referral import Step
from relevo.messages.content import Said
from relevo.messages.steps_record import Corrected
from relevo.protocol.strict_json import JsonValue
from relevo.storage.appending import append
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One data class as the host stated it last: its fields, in which message, and when that message came."""

    data_class: str
    fields: Mapping[str, JsonValue]
    jti: str
    stated_by: str
    stated_at: datetime


def keep(work: UnitOfWork, row: ReferralRow, said: Said) -> None:
    """Keep the classes that a message of the host states, and what they take the place of."""
    if not said.classes:
        return
    if said.step != Step.REQUESTED:
        stood = of(work.session, row)
        work.session.add_all(_before(work, row, said, stood[name]) for name in said.classes if name in stood)
        take_out(work.session, row, said.classes)
    now = {name: dict(fields) for name, fields in said.classes.items()}
    append(work.session, StatedRow, peer=row.peer, thread=row.thread, jti=row.peer_last, classes=now, stated_at=work.at)


def of(session: Session, row: ReferralRow) -> dict[str, Statement]:
    """What the host stated last, by data class."""
    return {
        name: Statement(
            data_class=name,
            fields=fields,
            jti=one.jti,
            stated_by=one.peer,
            stated_at=one.stated_at,
        )
        for one in _rows(session, row)
        for name, fields in one.classes.items()
    }


def before(session: Session, row: ReferralRow) -> Sequence[StatedBeforeRow]:
    """What the host had stated before, oldest first."""
    mine = (StatedBeforeRow.peer == row.peer, StatedBeforeRow.thread == row.thread)
    return session.scalars(select(StatedBeforeRow).where(*mine).order_by(StatedBeforeRow.id)).all()


def take_out(session: Session, row: ReferralRow, paths: Collection[str]) -> None:
    """Take classes, and fields of classes, out of what the host stated last."""
    for one in _rows(session, row):
        left = {name: fields for name, fields in one.classes.items() if name not in paths}
        one.classes = {name: fields_without(name, fields, paths) for name, fields in left.items()}
        if not one.classes:
            session.delete(one)


def fields_without(name: str, fields: Mapping[str, JsonValue], paths: Collection[str]) -> dict[str, JsonValue]:
    """The fields of one class, without those that `paths` name, as in `contact.number`."""
    return {field: value for field, value in fields.items() if f"{name}.{field}" not in paths}


def _rows(session: Session, row: ReferralRow) -> Sequence[StatedRow]:
    mine = (StatedRow.peer == row.peer, StatedRow.thread == row.thread)
    return session.scalars(select(StatedRow).where(*mine).order_by(StatedRow.stated_at, StatedRow.jti)).all()


def _before(work: UnitOfWork, row: ReferralRow, said: Said, stood: Statement) -> StatedBeforeRow:
    correction = said.payload if isinstance(said.payload, Corrected) else None
    return StatedBeforeRow(
        peer=row.peer,
        thread=row.thread,
        data_class=stood.data_class,
        fields=dict(stood.fields),
        jti=stood.jti,
        stated_at=stood.stated_at,
        replaced_at=work.at,
        replaced_by=f"{row.peer} ({said.by})",
        step=said.step,
        in_error=correction is not None and stood.data_class in correction.classes,
        reason=correction.reason if correction else None,
    )

"""What the host stated, class by class: the newest stands, and what stood before stays readable beside it.

    requested, answered, journey-changed   what came takes the place of what the host had stated
    corrected                              the same, and what stood before is marked as entered in error

A correction never erases what was stated: decisions were taken on it. Only a withdrawal does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from origin_node.tables import StatedRow
from origin_node.tables_record import StatedBeforeRow
from relevo.domain.referral import Step
from relevo.messages.content import Said
from relevo.messages.steps_record import Corrected
from relevo.storage.appending import append
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


def keep(work: UnitOfWork, row: ReferralRow, said: Said) -> None:
    """Keep the classes that a message of the host states, and what they take the place of."""
    stood = {} if said.step == Step.REQUESTED else of(work.session, row)
    for name, fields in said.classes.items():
        now: dict[str, Any] = {"fields": dict(fields), "jti": row.peer_last, "stated_at": work.at}
        before = stood.get(name)
        if before is None:
            append(work.session, StatedRow, peer=row.peer, thread=row.thread, data_class=name, **now)
            continue
        work.session.add(_before(work, row, said, before))
        for column, value in now.items():
            setattr(before, column, value)


def of(session: Session, row: ReferralRow) -> dict[str, StatedRow]:
    """What the host stated last, by data class."""
    mine = (StatedRow.peer == row.peer, StatedRow.thread == row.thread)
    return {one.data_class: one for one in session.scalars(select(StatedRow).where(*mine))}


def before(session: Session, row: ReferralRow) -> Sequence[StatedBeforeRow]:
    """What the host had stated before, oldest first."""
    mine = (StatedBeforeRow.peer == row.peer, StatedBeforeRow.thread == row.thread)
    return session.scalars(select(StatedBeforeRow).where(*mine).order_by(StatedBeforeRow.id)).all()


def _before(work: UnitOfWork, row: ReferralRow, said: Said, stood: StatedRow) -> StatedBeforeRow:
    correction = said.payload if isinstance(said.payload, Corrected) else None
    return StatedBeforeRow(
        peer=row.peer,
        thread=row.thread,
        data_class=stood.data_class,
        fields=stood.fields,
        jti=stood.jti,
        stated_at=stood.stated_at,
        replaced_at=work.at,
        replaced_by=f"{row.peer} ({said.by})",
        step=said.step,
        in_error=correction is not None and stood.data_class in correction.classes,
        reason=correction.reason if correction else None,
    )

"""What was refused: a note for administrators, capped so that whoever sends rubbish cannot fill the disk.

For each peer and day (UTC) at most `MAX_A_DAY` different items stand by their digest; what comes beyond is counted by
its code alone, and there are few codes. Strangers are never named and have no digests. Notes are kept for `KEPT`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from relevo.storage.tables_refused import RefusedRow

MAX_A_DAY = 100
KEPT = timedelta(days=90)


def note(session: Session, *, peer: str | None, code: str, digest: str | None, at: datetime) -> None:
    """Count one refusal; `digest` names the manifest or the body of the request, never a person."""
    day = at.astimezone(UTC).date()
    counted = _found(session, peer, code, digest, at)
    if counted is None and digest is not None and _is_full(session, peer, at):
        digest, counted = None, _found(session, peer, code, None, at)
    if counted is not None:
        counted.count, counted.at = counted.count + 1, at
        return
    session.execute(delete(RefusedRow).where(RefusedRow.day < day - KEPT))
    session.add(RefusedRow(day=day, peer=peer, code=code, digest=digest, at=at, count=1))
    session.flush()


def everything(session: Session, peer: str | None = None) -> list[RefusedRow]:
    """The notes about `peer`, or about everybody, newest first."""
    found = select(RefusedRow).order_by(RefusedRow.at.desc(), RefusedRow.id.desc())
    return list(session.scalars(found if peer is None else found.where(RefusedRow.peer == peer)))


def _found(session: Session, peer: str | None, code: str, digest: str | None, at: datetime) -> RefusedRow | None:
    return session.scalars(
        select(RefusedRow)
        .where(RefusedRow.day == at.astimezone(UTC).date())
        .where(RefusedRow.peer.is_(None) if peer is None else RefusedRow.peer == peer)
        .where(RefusedRow.code == code)
        .where(RefusedRow.digest.is_(None) if digest is None else RefusedRow.digest == digest)
    ).first()


def _is_full(session: Session, peer: str | None, at: datetime) -> bool:
    of_peer = RefusedRow.peer.is_(None) if peer is None else RefusedRow.peer == peer
    counted = select(func.count()).where(RefusedRow.day == at.astimezone(UTC).date(), of_peer)
    return (session.scalar(counted) or 0) >= MAX_A_DAY

"""Who looked at what of a person: written down in the transaction of the look, and committed to in the log.

The commitment is made in `relevo.protocol.look`. The log's record says only which subject, the number of the look, and
the commitment. So a look that is taken out of the
table, or changed, no longer fits the log. At erasure names and salts go; role, classes, when and why stay.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from relevo.domain.access import Act
from relevo.domain.access_to_data import LookReason
from relevo.errors import BadInput, NotFound
from relevo.protocol.look import LOOK_SALT_BYTES, look_commitment
from relevo.protocol.record import RecordType, read_record
from relevo.protocol.strict_json import JsonObject
from relevo.storage import log
from relevo.storage.referrals import SHORTEST
from relevo.storage.tables import LogEntryRow
from relevo.storage.tables_record import AccessRow
from relevo.storage.unit_of_work import UnitOfWork

NODE = "node"


def looked(work: UnitOfWork, subject: str, classes: Iterable[str], why: str) -> None:
    """Write down that the user looks at these classes of a subject (a thread or a case); nothing for no class.

    Raises:
        BadInput: if `why` is no word of `LookReason`.
    """
    seen = sorted(set(classes))
    if why not in set(LookReason):
        raise BadInput(f"why somebody looks is one of {', '.join(LookReason)}", field="why")
    if not seen:
        return
    row = AccessRow(
        subject=subject,
        number=_last(work.session, subject) + 1,
        who=work.user.name,
        role=work.user.role or NODE,
        organisation=work.user.organisation,
        classes=seen,
        why=str(why),
        at=work.at,
        salt=secrets.token_bytes(LOOK_SALT_BYTES),
        commitment="",
    )
    row.commitment = commitment_of(row)
    work.session.add(row)
    named = {"about": subject, "number": str(row.number), "commitment": row.commitment}
    log.record(work.session, RecordType.ACCESS, work.at, subject=entries_of(subject), **named)
    work.session.flush()


def looks(work: UnitOfWork, subject: str) -> list[AccessRow]:
    """Every look at a subject, in order, for an auditor; eight characters of it or more are enough.

    Raises:
        NotFound: if several subjects begin so.
    """
    work.require(Act.READ_ACCESS_LOG)
    begins = AccessRow.subject.startswith(subject, autoescape=True)
    meant = begins if len(subject) >= SHORTEST else AccessRow.subject == subject
    found = list(work.session.scalars(select(AccessRow).where(meant).order_by(AccessRow.number)))
    if len({row.subject for row in found}) > 1:
        raise NotFound("several referrals or cases begin so; give more of it")
    return found


def entries_of(subject: str) -> str:
    """Under what the log finds the entries about looks at `subject`."""
    return f"access:{subject}"


def commitment_of(row: AccessRow) -> str:
    """What the log commits to for this look; nothing of it can be told without the salt.

    Raises:
        ValueError: after erasure, when the salt is gone.
    """
    if row.salt is None:
        raise ValueError("the salt of this look was erased")
    return look_commitment(look_of(row), row.salt)


def look_of(row: AccessRow) -> JsonObject:
    """A look as the log commits to it."""
    return {
        "at": row.at.isoformat(),
        "classes": list(row.classes),
        "number": row.number,
        "organisation": row.organisation,
        "role": row.role,
        "subject": row.subject,
        "who": row.who,
        "why": row.why,
    }


def entry_for(session: Session, row: AccessRow) -> LogEntryRow | None:
    """The log entry about a look, if it has a place."""
    entries = (one for one in log.entries_of(session, entries_of(row.subject)) if one.salt)
    return next((one for one in entries if read_record(one.record).fields["number"] == str(row.number)), None)


def forget(session: Session, subject: str) -> None:
    """Erase who looked, and every salt of these looks; that there were so many, by which roles, stays."""
    for row in session.scalars(select(AccessRow).where(AccessRow.subject == subject)):
        row.who, row.organisation, row.salt = None, None, None
    for entry in session.scalars(select(LogEntryRow).where(LogEntryRow.subject == entries_of(subject))):
        entry.salt = b""


def _last(session: Session, subject: str) -> int:
    return session.scalar(select(func.max(AccessRow.number)).where(AccessRow.subject == subject)) or 0

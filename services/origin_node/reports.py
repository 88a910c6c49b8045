"""What the origin found and the person said: kept here whole, returned only as far as the person and the SOP allow.

    kept       every class that was recorded, checked for form
    returned   those that the SOP lets return for this purpose, while the consent lets outcomes return and holds

So a person who does not want the host to know loses nothing here, and nothing of it is ever put into a message.
A report that was entered in error is shown struck; a class that a role may not consult is shown as present.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from origin_node import striking
from origin_node.striking import Entry
from origin_node.tables import ReportRow
from origin_node.tables_record import StruckRow
from origin_node.taking import entitled
from relevo.delivery import looking
from relevo.domain.access import Act
from relevo.domain.access_to_data import NOT_YOURS, LookReason
from relevo.domain.consent import is_expired
from relevo.domain.excess_data import part_within
from relevo.domain.sop import parse_sop
from relevo.errors import Reason
from relevo.messages import classes
from relevo.messages.classes import ClassInvalid
from relevo.messages.classes_readable import readable
from relevo.messages.content import Fields
from relevo.protocol.strict_json import JsonValue
from relevo.storage import referrals
from relevo.storage.tables import ReferralRow, SopRow, StepRow
from relevo.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was found and said with one step; `struck` says why it was entered in error, if it was."""

    number: int
    step: str
    month: int | None
    at: datetime
    reported_by: str
    fields: Mapping[str, JsonValue]
    jti: str | None
    struck: str | None
    struck_by: str | None


def checked(given: Fields) -> dict[str, JsonValue]:
    """What was recorded, in the form that is kept and sent.

    Raises:
        ClassInvalid: with everything that is wrong in any of the classes.
    """
    found: dict[str, JsonValue] = {}
    faults: list[Reason] = []
    for name, fields in given.items():
        found[name], reasons = classes.check(name, fields)
        faults.extend(reasons)
    if faults:
        raise ClassInvalid(*faults)
    return found


def returning(work: UnitOfWork, row: ReferralRow, kept: Mapping[str, JsonValue]) -> Fields:
    """The part of what is kept that may go to the host; a class that cannot be read without the rest stays whole."""
    terms = referrals.terms(row)
    if terms is None or not terms.outcomes_may_return or is_expired(terms, work.at):
        return {}
    sop = parse_sop(work.session.get_one(SopRow, row.sop).text)
    known = {name: fields for name, fields in kept.items() if isinstance(fields, dict)}
    leaving = part_within(known, terms=terms, sop=sop, purpose=row.purpose, services=row.services, returning=True)
    return {name: fields for name, fields in leaving.items() if fields and not classes.check(name, fields)[1]}


def keep(
    work: UnitOfWork, row: ReferralRow, told: StepRow, kept: dict[str, JsonValue], *, month: int | None = None
) -> None:
    """Keep what was recorded with the step `told`."""
    work.session.add(
        ReportRow(
            peer=row.peer,
            thread=row.thread,
            step=told.step,
            month=month,
            at=work.at,
            reported_by=work.user.name,
            fields=kept,
            jti=told.jti,
        )
    )
    work.session.flush()


def show(work: UnitOfWork, thread: str, why: str = LookReason.FOLLOW_UP) -> list[Report]:
    """What was reported about a referral, in order, as far as the user's role may consult it; the look is recorded.

    Raises:
        Forbidden: for a role that does not work with people.
        BadInput: if `why` is no word of `LookReason`.
    """
    row = entitled(work, thread, Act.READ_TIMELINE)
    mine = (ReportRow.peer == row.peer, ReportRow.thread == row.thread)
    found = work.session.scalars(select(ReportRow).where(*mine).order_by(ReportRow.id)).all()
    allowed = looking.look(work, row, {name for one in found for name in one.fields}, why)
    struck = striking.struck(work.session, row, Entry.REPORT)
    return [_shown(one, allowed, struck.get(one.id)) for one in found]


def _shown(row: ReportRow, allowed: frozenset[str], struck: StruckRow | None) -> Report:
    return Report(
        number=row.id,
        step=row.step,
        month=row.month,
        at=row.at,
        reported_by=row.reported_by,
        fields={name: _told(name, fields) if name in allowed else NOT_YOURS for name, fields in row.fields.items()},
        jti=row.jti,
        struck=(struck.reason if allowed.issuperset(row.fields) else NOT_YOURS) if struck else None,
        struck_by=struck.struck_by if struck else None,
    )


def _told(name: str, fields: JsonValue) -> JsonValue:
    return readable(name, fields) if isinstance(fields, dict) else fields

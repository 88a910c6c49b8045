"""Referral without consent, where a life is in danger: raised by one person of this node, reviewed by another.

    raise_exception → review (approved) → send           the ordinary way
    raise_exception → send → review within 24 hours      life at risk, and nobody is on duty
    send → tell                                          the person is told before the exception runs out

A case file may speak of a ground; that is a draft, and whatever it says of a review counts for nothing. A rejection,
and the person's own objection, take back what has left. One exception serves one referral.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from host_node import agencies, cases, consents, decisions
from host_node.referrals import ASSISTANCE, SALT_BYTES, require_none_open, seen
from host_node.tables import CaseReferralRow, CaseRow, ExceptionRow
from relevo.delivery import duties, steps
from relevo.domain.access import Act, Role
from relevo.domain.deadlines import Duty
from relevo.domain.disclosure import Disclosure
from relevo.domain.exception import Decision, duties_of, terms_of
from relevo.domain.referral import Step
from relevo.domain.sides import Urgency
from relevo.domain.sop import parse_sop
from relevo.errors import Conflict, Forbidden, NotFound
from relevo.ids import new_thread
from relevo.messages.exception import attestation_fields, attestation_of, exception_record, read_raised
from relevo.messages.steps_referral import Requested
from relevo.protocol import strict_json
from relevo.protocol.basis import Basis, commit
from relevo.protocol.strict_json import JsonValue
from relevo.storage import log, recall, referrals, sops
from relevo.storage.appending import append
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

_DRAFT = ("reason", "raised_by", "attestation")
_PREFIX = "exception."


class SecondPersonNeeded(Forbidden):
    """Whoever raised an exception cannot review it."""

    code = "second-person-needed"
    rule = "exception.reviewed"
    advice = "Ask another coordinator of this node to review it."


class ExceptionReviewed(Conflict):
    """This exception was reviewed already."""

    code = "exception-reviewed"
    rule = "exception.reviewed"
    advice = "A review stands. If the danger has changed, raise a new exception."


class ExceptionUsed(Conflict):
    """A referral has left under this exception already."""

    code = "exception-used"
    rule = "exception.once"
    advice = "Follow that referral. If the danger goes on, raise a new exception."


class NothingToTell(Conflict):
    """Nothing has left under this exception, or the person was told already."""

    code = "nothing-to-tell"
    rule = "exception.told"
    advice = "Look at the list of exceptions: it says what has left and who was told."


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """One exception as auditors see it: when, whether it was reviewed, and a digest; never why, and never who."""

    id: str
    thread: str | None
    commitment: str
    raised_at: datetime
    left_at: datetime | None
    decision: str | None
    reviewed_at: datetime | None
    told_at: datetime | None


def draft(case: CaseRow) -> dict[str, JsonValue]:
    """What the case file says of an exception, for a person to check; empty if it says nothing."""
    found = {stay.path: stay.value for stay in cases.stays(case)}
    return {name: found[_PREFIX + name] for name in _DRAFT if _PREFIX + name in found}


def raise_exception(
    work: UnitOfWork, case: CaseRow, said: Mapping[str, JsonValue], *, on_duty: bool = True
) -> ExceptionRow:
    """Raise an exception for a case; nothing leaves by it yet.

    Args:
        work: the unit of work.
        case: whose life is in danger.
        said: `reason`, `raised_by` and, where it is due, `attestation`; of a case file, what `draft` gave.
        on_duty: False only if nobody of this node can review it now.

    Raises:
        ExceptionInvalid: with one reason for each fault of what was said.
    """
    work.require(Act.RAISE_EXCEPTION)
    raised = read_raised(said)
    attestation = attestation_fields(attestation_of(raised.attestation))
    salt = secrets.token_bytes(SALT_BYTES)
    ground: dict[str, JsonValue] = {"reason": raised.reason.value, "raised_by": raised.raised_by}
    written = strict_json.dump({**ground, "attestation": attestation, "raised_at": work.at.isoformat()})
    row = ExceptionRow(
        id=str(uuid.uuid4()),
        case=case.id,
        reason=raised.reason,
        raised_by=raised.raised_by,
        attestation=attestation,
        on_duty=on_duty,
        raised_at=work.at,
        recorded_by=work.user.name,
        salt=salt,
        commitment=commit(written, salt),
    )
    work.session.add(row)
    work.session.flush()
    _log(work, row, "raised")
    return row


def review(work: UnitOfWork, exception_id: str, decision: Decision) -> ExceptionRow:
    """Decide, as a second person, whether it may leave or rightly left; a rejection takes back what has left.

    Raises:
        SecondPersonNeeded: for whoever raised it.
        ExceptionReviewed: if it was reviewed before.
    """
    work.require(Act.REVIEW_EXCEPTION)
    row = find(work, exception_id)
    if work.user.role is not Role.COORDINATOR or work.user.name == row.recorded_by:
        raise SecondPersonNeeded
    if row.decision is not None:
        raise ExceptionReviewed
    row.decision, row.reviewed_at, row.reviewed_by = decision, work.at, work.user.name
    _log(work, row, decision)
    if row.thread is not None:
        _done(work, row.thread, Duty.REVIEW_EXCEPTION)
        if decision is Decision.REJECTED:
            consents.tell_withdrawn(work, row.thread)
    return row


def preview(work: UnitOfWork, exception_id: str, purpose: str = ASSISTANCE) -> Disclosure:
    """For each field of the case, whether it would leave by this exception or stay, and every reason against it."""
    work.require(Act.PREVIEW)
    row = find(work, exception_id)
    case = cases.find(work, row.case)
    sop = parse_sop(sops.in_force(work.session, case.origin, work.at).text)
    return seen(work, case, sop, decisions.by_exception(work, case, sop, purpose, row))


def send(work: UnitOfWork, exception_id: str, purpose: str = ASSISTANCE) -> ReferralRow:
    """Send the referral of the case without consent; exactly what the preview shows leaves.

    Raises:
        NotSendable: with every reason at once; nothing is stored.
        ExceptionUsed: if a referral has left by it.
        ReferralOpen: if one of this case for this purpose is under way.
    """
    work.require(Act.SEND)
    row = find(work, exception_id)
    if row.thread is not None:
        raise ExceptionUsed
    case = cases.find(work, row.case)
    sop_row = sops.in_force(work.session, case.origin, work.at)
    require_none_open(work, case, purpose)
    sop = parse_sop(sop_row.text)
    fields = decisions.by_exception(work, case, sop, purpose, row).require().leaving
    ground = decisions.ground(row)
    terms = terms_of(
        ground,
        sop.exception,
        purpose=purpose,
        receiver=case.origin,
        classes=frozenset(fields),
        withhold=decisions.withheld_in_any(work, case),
    )
    basis = Basis(kind="exception", record=exception_record(terms), salt=secrets.token_bytes(SALT_BYTES))
    requested = Requested(purpose=purpose, urgency=Urgency(case.urgency), confidential=case.confidential)
    referral = referrals.begin(
        case.origin, new_thread(), requested=requested, fields=fields, sop=sop_row.digest, basis=basis, at=work.at
    )
    recall.begin(work.session, referral)
    work.session.add(referral)
    append(work.session, CaseReferralRow, thread=referral.thread, case=case.id, consent=None)
    row.thread, row.left_at = referral.thread, work.at
    work.session.flush()
    _log(work, row, "used-unreviewed" if row.decision is None else "used-reviewed")
    steps.take(work, referral, Step.REQUESTED, requested, fields)
    duties.begin(work, referral, duties_of(ground, terms, work.at), work.at)
    return referral


def tell(work: UnitOfWork, exception_id: str, *, objects: bool = False) -> ExceptionRow:
    """Say that the person was told of the referral; if they object, what has left is taken back.

    Raises:
        NothingToTell: if nothing has left, or the person was told before.
    """
    work.require(Act.TELL_PERSON)
    row = find(work, exception_id)
    if row.thread is None or row.told_at is not None:
        raise NothingToTell
    row.told_at, row.told_by = work.at, work.user.name
    _done(work, row.thread, Duty.TELL_PERSON)
    _log(work, row, "objected" if objects else "told")
    if objects:
        consents.tell_withdrawn(work, row.thread)
    return row


def audit(work: UnitOfWork) -> list[AuditEntry]:
    """Every exception of this node, oldest first, without anything about the person."""
    work.require(Act.LIST_EXCEPTIONS)
    ordered = select(ExceptionRow).order_by(ExceptionRow.raised_at, ExceptionRow.id)
    rows = [row for row in work.session.scalars(ordered) if agencies.sees_case(work, row.case)]
    return [AuditEntry(**{name: getattr(row, name) for name in AuditEntry.__annotations__}) for row in rows]


def find(work: UnitOfWork, exception_id: str) -> ExceptionRow:
    """The exception of that id, for somebody who may see cases.

    Raises:
        NotFound: if there is none, or its case is another agency's.
    """
    work.require(Act.LIST)
    row = work.session.get(ExceptionRow, exception_id)
    if row is None or not agencies.sees_case(work, row.case):
        raise NotFound("there is no such exception; `exception list` shows those that are here")
    return row


def _done(work: UnitOfWork, thread: str, name: Duty) -> None:
    duty = referrals.open_duty(work.session, referrals.by_thread(work.session, thread), name)
    if duty is not None:
        duty.done_at = work.at


def _log(work: UnitOfWork, row: ExceptionRow, change: str) -> None:
    """Log a change: under the ground's own commitment until something leaves, then under that of the messages."""
    commitment = row.commitment
    if row.thread is not None:
        commitment = referrals.by_thread(work.session, row.thread).basis.partition(":")[2]
    named = {"thread": row.thread, "commitment": commitment, "change": str(change)}
    log.record(work.session, "exception", work.at, subject=row.thread or row.id, **named)

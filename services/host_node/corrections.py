"""Correcting a case, and telling those to whom it was stated wrongly; what was wrong stays, with who, when and why.

correct_case    new values for one class of the case; nothing leaves by it
correct         tells an origin that what was stated of some classes was wrong, with what holds instead
before          what a case said before, whoever changed it (`host_node.cases.change`)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select

from host_node import cases, referrals
from host_node.agencies import entitled
from host_node.tables import CaseHistoryRow, CaseReferralRow, CaseRow
from relevo.delivery import steps
from relevo.delivery.looking import entering
from relevo.domain.access import Act
from relevo.domain.data_classes import DataClass
from relevo.errors import BadInput
from relevo.messages import classes
from relevo.messages.classes import ClassInvalid
from relevo.messages.classes_readable import with_keys
from relevo.messages.registry import CORRECTED, MESSAGES
from relevo.messages.steps import read_payload
from relevo.protocol.strict_json import JsonValue
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

CORRECTION = "corrected"


def correct_case(
    work: UnitOfWork, case: CaseRow, data_class: str, fields: Mapping[str, JsonValue], reason: str
) -> list[str]:
    """Put right one class of a case; the threads of open referrals that may have to be told.

    Raises:
        NotYours: if the role may not write the class down.
        ClassInvalid: naming every field that does not fit.
        BadInput: for no reason, or a class that is not corrected here.
    """
    work.require(Act.CORRECT)
    if data_class not in frozenset(DataClass) - {DataClass.CONSENT}:
        raise BadInput("name a data class; a consent is recorded anew", field="class")
    if not reason.strip():
        raise BadInput("say why it was wrong, in one line", field="reason")
    entering(work, cases.procedure(work, case), {data_class})
    checked, faults = classes.check(data_class, with_keys(fields, case.record.get(data_class)))
    if faults:
        raise ClassInvalid(*faults)
    cases.change(work, case, {**case.record, data_class: checked}, reason.strip())
    work.session.flush()
    during = MESSAGES[CORRECTION].during or frozenset()
    linked = select(ReferralRow.thread).join(CaseReferralRow, CaseReferralRow.thread == ReferralRow.thread)
    mine = linked.where(CaseReferralRow.case == case.id, ReferralRow.status.in_(during))
    return list(work.session.scalars(mine.order_by(ReferralRow.opened_at)))


def correct(work: UnitOfWork, thread: str, wanted: Collection[str], reason: str) -> ReferralRow:
    """Tell the origin that what it was told of these classes was wrong; it gets what stands in the case now.

    Raises:
        NotSendable: if a class would not leave, with every reason.
        NotYours: if the role may not write one of them down.
        IllegalStep: if the referral is over.
    """
    row = entitled(work, thread, Act.CORRECT)
    if not wanted or not frozenset(wanted) <= CORRECTED:
        names = ", ".join(sorted(CORRECTED))
        raise BadInput(f"name at least one data class that a host states: {names}", field="class")
    case = referrals.case_of(work, thread)
    entering(work, cases.procedure(work, case), wanted)
    payload = read_payload(CORRECTION, {"classes": sorted(wanted), "reason": reason})
    steps.take(work, row, CORRECTION, payload, referrals.again(work, row, wanted))
    return row


def before(work: UnitOfWork, case: CaseRow) -> Sequence[CaseHistoryRow]:
    """What a case said before, oldest first; the caller decides who may read which class."""
    work.require(Act.READ_RECORD)
    found = select(CaseHistoryRow).where(CaseHistoryRow.case == case.id).order_by(CaseHistoryRow.id)
    return work.session.scalars(found).all()

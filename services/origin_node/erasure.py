"""Withdrawal at the origin: what goes, in which order, and how the host learns of it.

    the person says it here      hold back what is queued -> withdrawn -> erase -> erased
    the host passes it on        (withdrawn was learned) -> hold back what is queued -> erase -> erased

Everything that the host stated goes; of our own records the free text and findings go, and what remains is that a
step was taken, by whom and when. Nothing waits to be kept: `erased` names no class.
Source: GDPR, articles 7(3) and 17; Reintegration Handbook, 4.1.3.
"""

from __future__ import annotations

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from origin_node.tables import AssignmentRow, ConsentTakenRow, ContactAttemptRow, ReportRow, StatedRow
from origin_node.taking import entitled
from relevo.delivery import outbox, steps
from relevo.delivery.node import THE_NODE
from relevo.domain.access import Act
from relevo.domain.referral import Step
from relevo.messages.steps_referral import Erased, Withdrawn
from relevo.protocol.basis import kind_of
from relevo.storage import log
from relevo.storage.erasure import erase_thread
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


def withdraw_consent(work: UnitOfWork, thread: str) -> ReferralRow:
    """The person, who sits here, withdraws consent: tell the host, erase, and say that it is done.

    Raises:
        IllegalStep: if it was withdrawn before.
    """
    row = entitled(work, thread, Act.WITHDRAW_CONSENT)
    outbox.hold_back(work.session, row)
    steps.take(work, row, Step.WITHDRAWN, Withdrawn(scope="all"))
    erase(work, row)
    return row


def erase(work: UnitOfWork, row: ReferralRow) -> None:
    """Erase everything that this node need not keep, log it, and tell the host; the node does it, not a person."""
    outbox.hold_back(work.session, row, but=Step.WITHDRAWN)
    _erase_own(work.session, row)
    commitment = row.basis.partition(":")[2]
    erase_thread(work.session, row)
    log.record(
        work.session,
        kind_of(row.basis),
        work.at,
        subject=row.thread,
        thread=row.thread,
        commitment=commitment,
        change="withdrawn",
    )
    steps.take(work.on_behalf_of(THE_NODE), row, Step.ERASED, Erased(kept=()))


def _erase_own(session: Session, row: ReferralRow) -> None:
    """What only this node has: statements, attempts and services go, reports lose their words."""
    for table in (StatedRow, ContactAttemptRow, AssignmentRow):
        session.execute(delete(table).where(table.peer == row.peer, table.thread == row.thread))
    mine = (ReportRow.peer == row.peer, ReportRow.thread == row.thread)
    session.execute(update(ReportRow).where(*mine).values(fields={}))
    taken = (ConsentTakenRow.peer == row.peer, ConsentTakenRow.thread == row.thread)
    session.execute(update(ConsentTakenRow).where(*taken).values(account={}))

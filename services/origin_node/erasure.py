"""Withdrawal at the origin: what goes, in which order, and how the host learns of it.

    the person says it here      hold back what is queued -> withdrawn -> erase -> erased
    the host passes it on        (withdrawn was learned) -> hold back what is queued -> erase -> erased
    entered in error             hold back what is queued -> erase everything; the host knows

Everything that the host stated goes, but what the SOP obliges to keep: `erased` names it with its last day, and the
organisations that were asked to erase their part. Of our own records the free text and findings go; what remains is
that a step was taken, by whom and when, and what organisations recorded of services that they took up.
Source: GDPR, articles 7(3) and 17; Reintegration Handbook, 4.1.3.
"""

from __future__ import annotations

from origin_node.holdings import HOLDINGS
from origin_node.taking import entitled
from relevo.delivery import outbox, retention, steps
from relevo.domain.access import Act
from relevo.domain.referral import Step
from relevo.messages.content import Said
from relevo.messages.steps_referral import Withdrawn
from relevo.protocol.basis import kind_of
from relevo.storage import log
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
    log.record(
        work.session,
        kind_of(row.basis),
        work.at,
        subject=row.thread,
        thread=row.thread,
        commitment=row.basis.partition(":")[2],
        change="withdrawn",
    )
    retention.erase_withdrawn(work, row, HOLDINGS)


def entered_in_error(work: UnitOfWork, row: ReferralRow, _said: Said) -> None:
    """What should never have come goes at once, whatever the SOP keeps otherwise; the evidence stays."""
    retention.erase_everything(work, row, HOLDINGS, outbox.ENTERED_IN_ERROR)

"""Whether a queued message may still leave: the host asks its own consents, not the terms that travelled.

A consent may end between the change and the delivery. What then waits is held and shown; it never leaves by itself.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from host_node import consents
from host_node.tables import CaseReferralRow
from relevo.delivery.outbox import is_about_a_person
from relevo.domain.consent import consent_reasons, is_withdrawn
from relevo.domain.data_classes import DataClass
from relevo.domain.referral import Step
from relevo.errors import Reason
from relevo.storage import referrals
from relevo.storage.tables import OutboxRow
from relevo.storage.unit_of_work import UnitOfWork

WITHOUT_CONSENT = frozenset({Step.WITHDRAWN, Step.ERASED, Step.ENTERED_IN_ERROR, Step.CANCELLED, Step.CANCEL_REQUESTED})
"""What may be said about a referral after its consent has ended; none of it says anything about the person."""


def release(work: UnitOfWork, row: OutboxRow) -> Reason | None:
    """Why a message may not leave now, or None."""
    if not is_about_a_person(row):
        return None
    if row.step in WITHOUT_CONSENT:
        return None if _has_begun(work.session, row) else NOTHING_LEFT
    consent = consents.read(consents.find(work.session, work.session.get_one(CaseReferralRow, row.thread).consent))
    if is_withdrawn(consent, work.at):
        return WITHDRAWN
    purpose = referrals.find(work.session, row.peer, row.thread).purpose
    classes = set(row.classes) - {DataClass.CONSENT}
    reasons = consent_reasons([consent], purpose=purpose, receiver=row.peer, classes=classes, at=work.at)
    return reasons[0] if reasons else None


def _has_begun(session: Session, row: OutboxRow) -> bool:
    """Whether anything of this referral has ever left, so that there is something to take back."""
    left = (OutboxRow.peer == row.peer, OutboxRow.thread == row.thread, OutboxRow.manifest.is_not(None))
    return session.scalar(select(OutboxRow.jti).where(*left).limit(1)) is not None


WITHDRAWN = Reason(
    code="consent-withdrawn",
    field="consent",
    detail="the person has withdrawn the consent under which this was to leave",
    advice="Nothing left. If the person changes their mind, record a new consent and send a new referral.",
)
NOTHING_LEFT = Reason(
    code="nothing-left",
    field="consent",
    detail="nothing of this referral had left, so there is nothing to take back",
    advice="Nothing needs to be done.",
)

"""Whether a queued message may still leave an origin, asked just before it does.

What carries no data class tells of steps, not of the person, and may leave unless nothing may return any more since
it was written. What carries one needs a consent
that was not withdrawn, has not expired, and lets outcomes return. What is held back is shown, and never leaves later.
"""

from __future__ import annotations

from relevo.delivery.consent_changes import lapsed
from relevo.delivery.outbox import Message, is_about_a_person
from relevo.domain.consent import is_expired
from relevo.domain.excess_data import ALWAYS_RETURN, CONSENT_CHANGED
from relevo.domain.referral import Status
from relevo.errors import Reason
from relevo.storage import referrals
from relevo.storage.unit_of_work import UnitOfWork


def release(work: UnitOfWork, message: Message) -> Reason | None:
    """Why a message may not leave now, or None."""
    if message.step == CONSENT_CHANGED or not is_about_a_person(message.kind):
        return None
    if not message.classes and message.step in ALWAYS_RETURN:
        return None
    row = referrals.find(work.session, message.peer, message.thread)
    terms = referrals.terms(row)
    if not message.classes:
        return NO_RETURN if terms is not None and not terms.outcomes_may_return else None
    if terms is None or row.status in {Status.WITHDRAWN, Status.ERASED}:
        return WITHDRAWN
    if is_expired(terms, work.at) or lapsed(message, work.at):
        return EXPIRED
    return None if terms.outcomes_may_return else NO_RETURN


WITHDRAWN = Reason(
    code="consent-withdrawn",
    field="consent",
    detail="the person has withdrawn the consent under which this was to leave",
    advice="Nothing left and nothing needs to be done.",
    rule="consent.withdrawn",
)
EXPIRED = Reason(
    code="consent-expired",
    field="consent.expires_on",
    detail="the consent expired before this could be delivered",
    advice="Ask the person whether they still agree; after a renewed consent report again.",
    rule="consent.expires",
)
NO_RETURN = Reason(
    code="no-return",
    field="consent.outcomes_may_return",
    detail="the person does not want outcomes to go back to the host",
    advice="Nothing left; what was recorded stays here.",
    rule="consent.returns",
)

"""What an origin decides about a referral, and how the assistance goes on: steps that say little and move the status.

Acknowledging says that a person has seen it; it decides nothing and stops no clock. Whether a step is legal now is
asked of the table in `relevo.domain.referral`, never here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from origin_node.taking import act, entitled
from relevo.delivery import looking
from relevo.domain.access import Act
from relevo.domain.asking import require_may_ask
from relevo.domain.disclosure import NoReturn
from relevo.domain.referral import Step
from relevo.storage.referrals import terms
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


def acknowledge(work: UnitOfWork, thread: str) -> ReferralRow:
    """Say that somebody here has seen the referral."""
    return act(work, thread, Act.ACKNOWLEDGE, Step.ACKNOWLEDGED)


def accept(work: UnitOfWork, thread: str, note: str | None = None) -> ReferralRow:
    """Take the referral."""
    return act(work, thread, Act.ACCEPT, Step.ACCEPTED, {"note": note})


def decline(work: UnitOfWork, thread: str, reason: str, text: str | None = None) -> ReferralRow:
    """Do not take the referral; `text` stands beside the reason `other` and no other."""
    return act(work, thread, Act.DECLINE, Step.DECLINED, {"reason": reason, "text": text})


def ask(work: UnitOfWork, thread: str, question: str, classes: Sequence[str] = ()) -> ReferralRow:
    """Ask the host, and name the data classes in which the answer is expected.

    Raises:
        NotToBeAsked: for a class for which the procedure does not let an origin ask later.
        NoReturn: if the person does not let anything but the decision go back: nobody could answer.
    """
    row = entitled(work, thread, Act.ASK)
    require_may_ask(looking.sop_of(work, row), work.identity.side, classes)
    given = terms(row)
    if given is not None and not given.outcomes_may_return:
        raise NoReturn(detail="the person lets no question go to the host", field="consent.outcomes_may_return")
    words = {"question": question, "classes": list(classes) or None}
    return act(work, thread, Act.ASK, Step.INFORMATION_REQUESTED, words)


def waitlist(work: UnitOfWork, thread: str, review_on: date) -> ReferralRow:
    """Put the referral on the waiting list until a day on which it is looked at again."""
    return act(work, thread, Act.WAITLIST, Step.WAITLISTED, {"review_on": review_on.isoformat()})


def agree_to_cancel(work: UnitOfWork, thread: str) -> ReferralRow:
    """Let the host take back a referral that was accepted."""
    return act(work, thread, Act.ANSWER_CANCELLATION, Step.CANCEL_AGREED)


def object_to_cancel(work: UnitOfWork, thread: str, reason: str) -> ReferralRow:
    """Go on although the host asked to take the referral back."""
    return act(work, thread, Act.ANSWER_CANCELLATION, Step.CANCEL_OBJECTED, {"reason": reason})


def start(work: UnitOfWork, thread: str) -> ReferralRow:
    """Begin the assistance."""
    return act(work, thread, Act.START, Step.STARTED)


def hold(work: UnitOfWork, thread: str, reason: str) -> ReferralRow:
    """Let the assistance rest."""
    return act(work, thread, Act.HOLD, Step.HELD, {"reason": reason})


def resume(work: UnitOfWork, thread: str) -> ReferralRow:
    """Go on with an assistance that rested."""
    return act(work, thread, Act.HOLD, Step.RESUMED)

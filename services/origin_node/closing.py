"""How a referral ends: completed or not, then closed with the person's own words, and perhaps opened again.

Completed means that every service has come to its end. Closing asks for the person's comments, or for why there are
none (mission: closed with the person's own words); without either it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from origin_node import assignments, reports
from origin_node.taking import act, entitled, say
from relevo.delivery.looking import entering, sop_of
from relevo.domain.access import Act
from relevo.domain.data_classes import DataClass
from relevo.domain.referral import Step
from relevo.errors import Refusal
from relevo.protocol.strict_json import JsonValue
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


class CommentsMissing(Refusal):
    """A referral is not closed before the person was asked."""

    code = "comments-missing"
    rule = "record.comments"
    advice = "Ask the person for their comments and write them down; where that cannot be, say why there are none."


def complete(work: UnitOfWork, thread: str) -> ReferralRow:
    """Report that what was agreed is done.

    Raises:
        ServicesOpen: naming the services that have not come to their end.
    """
    row = entitled(work, thread, Act.COMPLETE)
    assignments.require_finished(work, row)
    say(work, row, Step.COMPLETED)
    return row


def not_complete(work: UnitOfWork, thread: str, reason: str) -> ReferralRow:
    """Report that assistance ended before what was agreed was done."""
    return act(work, thread, Act.COMPLETE, Step.NOT_COMPLETED, {"reason": reason})


def close(work: UnitOfWork, thread: str, reason: str, feedback: Mapping[str, JsonValue]) -> ReferralRow:
    """Close with the fields of the class `feedback`: comments and their language, or `absent_reason`.

    Raises:
        CommentsMissing: if there is neither.
        ClassInvalid: if they do not go together.
    """
    row = entitled(work, thread, Act.CLOSE)
    if not any(feedback.get(name) for name in ("comments", "absent_reason")):
        raise CommentsMissing(field="feedback")
    entering(work, sop_of(work, row), {DataClass.FEEDBACK})
    kept = reports.checked({DataClass.FEEDBACK: feedback})
    told = say(work, row, Step.CLOSED, {"reason": reason}, reports.returning(work, row, kept))
    reports.keep(work, row, told, kept)
    return row


def reopen(work: UnitOfWork, thread: str, reason: str) -> ReferralRow:
    """Go on with a referral that was closed."""
    return act(work, thread, Act.REOPEN, Step.REOPENED, {"reason": reason})

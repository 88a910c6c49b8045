"""How an act of a person becomes a step: the role is asked, the referral found, the words read, the step taken.

Every verb of this node goes through here, so that none can forget to ask. Nothing here commits.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from relevo.delivery import steps
from relevo.delivery.steps import NOTHING
from relevo.domain.access import Act
from relevo.domain.data_classes import JsonValue
from relevo.errors import BadInput
from relevo.messages.content import Fields
from relevo.messages.steps import read_payload
from relevo.storage.referrals import by_thread
from relevo.storage.tables import ReferralRow, StepRow
from relevo.storage.unit_of_work import UnitOfWork

Words = Mapping[str, JsonValue]
"""What a step says, as JSON values by field; what is None is left out."""

NO_WORDS: Words = {}


def entitled(work: UnitOfWork, thread: str, may: Act) -> ReferralRow:
    """The referral of `thread`, for a user whose role allows `may`.

    Raises:
        Forbidden: if the role does not allow it.
        NotFound: if there is no such referral.
    """
    work.require(may)
    return by_thread(work.session, thread)


def say(work: UnitOfWork, row: ReferralRow, step: str, words: Words = NO_WORDS, fields: Fields = NOTHING) -> StepRow:
    """Take `step` in a referral, in these words, and tell the host what it may be told.

    Raises:
        StepInvalid: naming every word that does not fit.
        IllegalStep: with the steps that are allowed now.
    """
    return steps.take(work, row, step, read_payload(step, words), fields)


def act(work: UnitOfWork, thread: str, may: Act, step: str, words: Words = NO_WORDS) -> ReferralRow:
    """The whole of a verb that only takes a step; its errors are those of `entitled` and `say`."""
    row = entitled(work, thread, may)
    say(work, row, step, words)
    return row


def happened(at: datetime, work: UnitOfWork, field: str) -> str:
    """A moment that people report, as JSON.

    Raises:
        BadInput: if it has no offset, or has not come yet.
    """
    if at.tzinfo is None:
        raise BadInput("the time has no offset from UTC", field=field)
    if at > work.at:
        raise BadInput("the time has not come yet; check day and offset", field=field)
    return at.isoformat()

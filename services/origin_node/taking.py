"""How an act of a person becomes a step: the role is asked, the referral found, the words read, the step taken.

Every verb of this node goes through here, so that none can forget to ask. Staff of an organisation find only the
referrals in which it has a service, and do only what `ORGANISATION_MAY` names; staff of the node find all. Nothing here
commits.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from origin_node.tables import AssignmentRow, GivenRow
from relevo.delivery import steps
from relevo.delivery.steps import NOTHING
from relevo.domain.access import Act
from relevo.domain.assignment import ORGANISATION_MAY, AssignmentStatus
from relevo.domain.data_classes import JsonValue
from relevo.errors import BadInput, Forbidden, NotFound
from relevo.messages.content import Fields
from relevo.messages.steps import read_payload
from relevo.storage.referrals import by_thread
from relevo.storage.tables import ReferralRow, StepRow
from relevo.storage.unit_of_work import UnitOfWork

Words = Mapping[str, JsonValue]
"""What a step says, as JSON values by field; what is None is left out."""

NO_WORDS: Words = {}


class NotYourPart(Forbidden):
    """This belongs to the node, or to the referral as a whole, and not to the part of your organisation."""

    code = "not-your-part"
    rule = "organisation.need-to-know"
    advice = "What was given to your organisation is in `part show`; ask intake for anything else."


def entitled(work: UnitOfWork, thread: str, may: Act) -> ReferralRow:
    """The referral of `thread`, for a user whose role allows `may`.

    Raises:
        Forbidden: if the role does not allow it.
        NotFound: if there is no such referral, or none in which the user's organisation has a service.
        NotYourPart: if staff of an organisation may not do this at all, or not while their service stands so.
    """
    work.require(may)
    row = by_thread(work.session, thread)
    if work.user.organisation is not None:
        _require_theirs(work, row, work.user.organisation, may)
    return row


def _require_theirs(work: UnitOfWork, row: ReferralRow, organisation: str, may: Act) -> None:
    mine = (AssignmentRow.peer == row.peer, AssignmentRow.thread == row.thread)
    statuses = select(AssignmentRow.status).where(*mine, AssignmentRow.organisation == organisation)
    standing = {AssignmentStatus(word) for word in work.session.scalars(statuses)} - {AssignmentStatus.DECLINED}
    given = may is Act.CONFIRM_ERASURE and _was_given(work, row, organisation)
    if not standing and not given:
        raise NotFound("there is no such referral; the list shows those that are here")
    if not given and not standing & ORGANISATION_MAY.get(may, frozenset()):
        raise NotYourPart


def _was_given(work: UnitOfWork, row: ReferralRow, organisation: str) -> bool:
    mine = (GivenRow.peer == row.peer, GivenRow.thread == row.thread, GivenRow.organisation == organisation)
    return work.session.scalar(select(GivenRow.id).where(*mine).limit(1)) is not None


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

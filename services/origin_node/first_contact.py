"""The attempts to reach the person; their own preference and safety are asked before anything is written.

Under `do-not-contact` no attempt can be recorded, under `via-intermediary` only one that goes to the intermediary;
none before arrival where the person said so, none after an unsafe one until intake has cleared it, none after a death
(`relevo.domain.first_contact`). The host learns channel and outcome of an attempt, never what was said.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from origin_node import reach, statements
from origin_node.tables import ContactAttemptRow
from origin_node.taking import entitled, happened, say
from relevo.delivery import duties, looking
from relevo.domain.access import Act
from relevo.domain.data_classes import DataClass
from relevo.domain.deadlines import FIRST_CONTACT
from relevo.domain.first_contact import (
    Attempt,
    Channel,
    ContactOutcome,
    Hint,
    PersonDied,
    hints,
    is_unsafe,
    require_attempt,
    require_moment,
    require_safe,
)
from relevo.domain.journey import Journey
from relevo.domain.sides import Side
from relevo.errors import BadInput, Conflict
from relevo.messages.registry import UNDECIDED
from relevo.protocol.strict_json import JsonValue
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

NOTHING_STATED: Mapping[str, JsonValue] = {}


class ContactTooEarly(Conflict):
    """The referral is not decided, and the person has not arrived."""

    code = "contact-too-early"
    rule = "contact.accepted"
    advice = "Accept the referral first. Who has arrived is contacted, decided or not: then confirm the arrival."


class ContactNotUnsafe(Conflict):
    """There is no unsafe attempt that anybody would have to clear."""

    code = "contact-not-unsafe"
    rule = "contact.safe"
    advice = "Nothing stands in the way; `contacts` shows the attempts."


def record(work: UnitOfWork, thread: str, *, at: datetime, channel: str, outcome: str) -> ReferralRow:
    """Record one attempt, and tell the host of it.

    Raises:
        DoNotContact, IntermediaryOnly: if the attempt goes against the person's preference.
        ContactTooEarly, NotBeforeArrival: while nothing is decided, or before an arrival that is to be waited for.
        ContactUnsafe, PersonDied: if nobody may try now.
        BadInput: for a word that is not on its list, or a time that has not come.
    """
    row = entitled(work, thread, Act.RECORD_FIRST_CONTACT)
    way, result = _channel(channel), _outcome(outcome)
    _require_allowed(work, row, way)
    role = str(work.user.role or "")
    words = {"at": happened(at, work, "at"), "channel": way, "outcome": result, "by_role": role}
    told = say(work, row, FIRST_CONTACT, words)
    work.session.add(
        ContactAttemptRow(
            peer=row.peer,
            thread=row.thread,
            at=at,
            by=work.user.name,
            channel=way,
            outcome=result,
            jti=told.jti,
        )
    )
    work.session.flush()
    return row


def clear(work: UnitOfWork, thread: str) -> ReferralRow:
    """Say that it is safe to try again after an unsafe attempt; that stays here, and the host is not told.

    Raises:
        ContactNotUnsafe: if there is nothing to clear.
    """
    row = entitled(work, thread, Act.CLEAR_CONTACT)
    waiting = [one for one in of(work, row) if is_unsafe([_attempt(one)])]
    if not waiting:
        raise ContactNotUnsafe
    for one in waiting:
        one.cleared_at, one.cleared_by = work.at, work.user.name
    work.session.flush()
    return row


def show(work: UnitOfWork, thread: str) -> list[ContactAttemptRow]:
    """The attempts of a referral, in the order in which they were made."""
    return of(work, entitled(work, thread, Act.READ_TIMELINE))


def mind(work: UnitOfWork, thread: str) -> tuple[Hint, ...]:
    """What to mind before the next attempt: whom never to meet, who may answer, the hours; the look is recorded."""
    row = entitled(work, thread, Act.RECORD_FIRST_CONTACT)
    zone = looking.sop_of(work, row).calendars[Side.ORIGIN].zone
    said = {**reach.contact_to_use(work, row), "channel": reach.preference(work, row)}
    return hints(said, at=work.at, zone=zone)


def of(work: UnitOfWork, row: ReferralRow) -> list[ContactAttemptRow]:
    """The attempts of a referral, for whoever has asked already."""
    mine = (ContactAttemptRow.peer == row.peer, ContactAttemptRow.thread == row.thread)
    found = select(ContactAttemptRow).where(*mine).order_by(ContactAttemptRow.at, ContactAttemptRow.id)
    return list(work.session.scalars(found))


def _require_allowed(work: UnitOfWork, row: ReferralRow, way: Channel) -> None:
    arrived = row.journey == Journey.ARRIVED
    require_attempt(way, preference=reach.preference(work, row))
    if duties.is_over_by_death(work, row):
        raise PersonDied(field="contact")
    if row.status in UNDECIDED and not arrived:
        raise ContactTooEarly
    require_moment(before_arrival=_contact(work, row).get("before_arrival"), arrived=arrived)
    require_safe(_attempt(one) for one in of(work, row))


def _contact(work: UnitOfWork, row: ReferralRow) -> Mapping[str, JsonValue]:
    stated = statements.of(work.session, row).get(DataClass.CONTACT)
    return stated.fields if stated is not None else NOTHING_STATED


def _attempt(row: ContactAttemptRow) -> Attempt:
    outcome, channel = ContactOutcome(row.outcome), Channel(row.channel)
    return Attempt(at=row.at, by=row.by, channel=channel, outcome=outcome, cleared=row.cleared_at is not None)


def _channel(word: str) -> Channel:
    if word not in set(Channel):
        raise BadInput(f"a channel is one of {', '.join(Channel)}", field="channel")
    return Channel(word)


def _outcome(word: str) -> ContactOutcome:
    if word not in set(ContactOutcome):
        raise BadInput(f"an outcome is one of {', '.join(ContactOutcome)}", field="outcome")
    return ContactOutcome(word)

"""The attempts to reach the person; their own preference is asked before anything is written.

Under `do-not-contact` no attempt can be recorded, under `via-intermediary` only one that goes to the intermediary
(`relevo.domain.first_contact`). The host learns channel and outcome of an attempt, never what was said.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from origin_node.tables import ContactAttemptRow
from origin_node.taking import entitled, happened, say
from relevo.domain.access import Act
from relevo.domain.deadlines import FIRST_CONTACT
from relevo.domain.first_contact import Channel, ContactOutcome, require_attempt
from relevo.domain.journey import Journey
from relevo.errors import BadInput, Conflict
from relevo.messages.registry import UNDECIDED
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


class ContactTooEarly(Conflict):
    """The referral is not decided, and the person has not arrived."""

    code = "contact-too-early"
    advice = "Accept the referral first. Who has arrived is contacted, decided or not: then confirm the arrival."


def record(work: UnitOfWork, thread: str, *, at: datetime, channel: str, outcome: str) -> ReferralRow:
    """Record one attempt, and tell the host of it.

    Raises:
        DoNotContact, IntermediaryOnly: if the attempt goes against the person's preference.
        ContactTooEarly: while nothing is decided and nobody has arrived.
        BadInput: for a word that is not on its list, or a time that has not come.
    """
    row = entitled(work, thread, Act.RECORD_FIRST_CONTACT)
    if row.status in UNDECIDED and row.journey != Journey.ARRIVED:
        raise ContactTooEarly
    way, result = _channel(channel), _outcome(outcome)
    require_attempt(way, preference=Channel(row.contact_channel) if row.contact_channel else None)
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


def show(work: UnitOfWork, thread: str) -> list[ContactAttemptRow]:
    """The attempts of a referral, in the order in which they were made."""
    row = entitled(work, thread, Act.READ_TIMELINE)
    mine = (ContactAttemptRow.peer == row.peer, ContactAttemptRow.thread == row.thread)
    found = select(ContactAttemptRow).where(*mine).order_by(ContactAttemptRow.at, ContactAttemptRow.id)
    return list(work.session.scalars(found))


def _channel(word: str) -> Channel:
    if word not in set(Channel):
        raise BadInput(f"a channel is one of {', '.join(Channel)}", field="channel")
    return Channel(word)


def _outcome(word: str) -> ContactOutcome:
    if word not in set(ContactOutcome):
        raise BadInput(f"an outcome is one of {', '.join(ContactOutcome)}", field="outcome")
    return ContactOutcome(word)

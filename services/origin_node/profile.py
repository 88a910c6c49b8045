"""What the origin knows of a person, with what protects them first.

Before any class stands how the person may be reached, and whom they want kept in the dark: a wrong call can put
somebody in danger. Each class then says who stated it and when. Classes stand in the order of `DataClass`, the
consent terms apart from them. Auditors and administrators never get here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import select

from origin_node.tables import StatedRow
from origin_node.taking import entitled
from relevo.domain.access import Act
from relevo.domain.consent import Terms
from relevo.domain.data_classes import DataClass
from relevo.domain.first_contact import Channel, Towards, towards
from relevo.protocol.strict_json import JsonValue
from relevo.storage import referrals
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

RULES: Mapping[Towards, str] = MappingProxyType(
    {
        Towards.NOBODY: "Do not contact this person in any way. If they come by themselves, ask how to reach them.",
        Towards.INTERMEDIARY: "Speak only with the intermediary named here; any other way can endanger the person.",
        Towards.PERSON: "Contact the person as they asked; mind the hours, the language and who may answer.",
    }
)
ERASED_RULE = "How to reach this person was erased here. Do not contact them."
_APART = frozenset({DataClass.CONTACT, DataClass.CONSENT})


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How the person may be reached: the rule in a sentence, the channel they prefer, and the class `contact`."""

    rule: str
    channel: str | None
    contact: Mapping[str, JsonValue]


@dataclass(frozen=True, kw_only=True)
class Stated:
    """One data class as the host stated it, when, and in which message."""

    data_class: str
    fields: Mapping[str, JsonValue]
    stated_by: str
    stated_at: datetime
    jti: str | None


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A person as far as the consent lets this node know them; `terms` is None after erasure.

    `without_consent` says that nobody consented, because a life was in danger.
    """

    thread: str
    reach: Reach
    confidential: bool
    vulnerable: bool
    terms: Terms | None
    without_consent: bool
    stated: tuple[Stated, ...]


def read(work: UnitOfWork, thread: str) -> Profile:
    """The profile of the person of a referral.

    Raises:
        Forbidden: for a role that does not work with people.
    """
    row = entitled(work, thread, Act.READ_TIMELINE)
    found = _stated(work, row)
    return Profile(
        thread=row.thread,
        reach=_reach(row, found),
        confidential=row.confidential,
        vulnerable=row.vulnerable,
        terms=referrals.terms(row),
        without_consent=referrals.rests_on_exception(row),
        stated=tuple(_shown(found[name]) for name in DataClass if name in found and name not in _APART),
    )


def _stated(work: UnitOfWork, row: ReferralRow) -> dict[str, StatedRow]:
    mine = (StatedRow.peer == row.peer, StatedRow.thread == row.thread)
    return {one.data_class: one for one in work.session.scalars(select(StatedRow).where(*mine))}


def _reach(row: ReferralRow, found: Mapping[str, StatedRow]) -> Reach:
    preference = Channel(row.contact_channel) if row.contact_channel else None
    contact = found.get(DataClass.CONTACT)
    gone = contact is None and row.erase_at is not None
    rule = ERASED_RULE if gone or not referrals.terms(row) else RULES[towards(preference)]
    return Reach(rule=rule, channel=preference, contact=contact.fields if contact else {})


def _shown(row: StatedRow) -> Stated:
    return Stated(
        data_class=row.data_class, fields=row.fields, stated_by=row.peer, stated_at=row.stated_at, jti=row.jti
    )

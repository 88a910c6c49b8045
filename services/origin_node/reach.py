"""How a person may be reached: the strictest of what the host stated and of what somebody here was told since.

A wish that the person speaks out at the origin is an assessment of the class `contact`; it never travels by itself, and
the host may go on stating a number. So whoever is about to call asks here. A later assessment takes the wish back, and
so does striking it; the host cannot.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from origin_node import reassessment, statements, striking
from origin_node.striking import Entry
from origin_node.tables import GivenRow
from relevo.delivery import looking
from relevo.domain.access_to_data import LookReason
from relevo.domain.data_classes import DataClass
from relevo.domain.first_contact import Channel, Towards, towards
from relevo.protocol.strict_json import JsonValue
from relevo.storage.access_log import looked
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

_STRICTEST_LAST = (Towards.PERSON, Towards.INTERMEDIARY, Towards.NOBODY)
NOTHING: Mapping[str, JsonValue] = {}


def preference(work: UnitOfWork, row: ReferralRow) -> Channel | None:
    """How the person wants to be reached; None where nobody said."""
    stated = Channel(row.contact_channel) if row.contact_channel else None
    told = _told_here(work, row)
    return max((stated, told), key=lambda one: _STRICTEST_LAST.index(towards(one)))


def contact_to_use(work: UnitOfWork, row: ReferralRow) -> Mapping[str, JsonValue]:
    """The class `contact` as far as the user may use it; staff of an organisation what was given to them of it.

    The look is recorded.
    """
    stated = statements.of(work.session, row).get(DataClass.CONTACT)
    if stated is None:
        return NOTHING
    if work.user.organisation is None:
        mine = looking.look(work, row, {DataClass.CONTACT}, LookReason.CONTACT)
        return stated.fields if mine else NOTHING
    given = _given(work, row, work.user.organisation)
    fields = {name: value for name, value in stated.fields.items() if f"{DataClass.CONTACT}.{name}" in given}
    looked(work, row.thread, {DataClass.CONTACT} if fields else (), LookReason.CONTACT)
    return fields


def _told_here(work: UnitOfWork, row: ReferralRow) -> Channel | None:
    struck = striking.struck(work.session, row, Entry.ASSESSMENT)
    found = [
        one.fields.get("channel")
        for one in reassessment.assessed(work.session, row)
        if one.data_class == DataClass.CONTACT and one.id not in struck
    ]
    said = [word for word in found if isinstance(word, str)]
    return Channel(said[-1]) if said else None


def _given(work: UnitOfWork, row: ReferralRow, organisation: str) -> set[str]:
    mine = (GivenRow.peer == row.peer, GivenRow.thread == row.thread, GivenRow.organisation == organisation)
    live = (GivenRow.ended_at.is_(None), GivenRow.chased_at.is_(None))
    return {path for paths in work.session.scalars(select(GivenRow.paths).where(*mine, *live)) for path in paths}

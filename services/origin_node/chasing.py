"""Asking organisations to erase what they were given, and hearing from them that they did.

    chase      the part goes here, the organisation no longer sees it, and has three working days to erase its own copy
    confirm    its staff says that it is erased, or intake on their word; the host is told with `erasure-confirmed`
    overdue    intake asks them itself

An organisation is no node: the origin answers for it. A part is one presentation and goes as a whole.
Source: GDPR, article 19; Reintegration Handbook, 4.1.3.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import select

from origin_node.tables import GivenRow
from origin_node.taking import say
from relevo.delivery import retention
from relevo.domain.access import MAY, Act, Role
from relevo.domain.data_classes import class_of
from relevo.domain.retention import ERASURE_CONFIRMED
from relevo.domain.sop import parse_sop
from relevo.domain.tasks import Task, WaitsFor
from relevo.domain.working_time import after_working_days
from relevo.errors import Conflict, Forbidden, NotFound
from relevo.storage import referrals
from relevo.storage.tables import ReferralRow, SopRow
from relevo.storage.unit_of_work import UnitOfWork

CONFIRM_ERASURE = "confirm-erasure"
ASK_AGAIN = "chase-erasure"
WORKING_DAYS = 3


class ErasureNotAsked(Conflict):
    """Nobody asked this organisation to erase what it was given."""

    code = "erasure-not-asked"
    rule = "consent.chased"
    advice = "The part may still be used. It is asked for back when the person withdraws, or the referral is over."


@dataclass(frozen=True, kw_only=True)
class Chased:
    """An organisation that was given a part: since when it is asked to erase it, and when it confirmed."""

    organisation: str
    asked_at: datetime
    due_at: datetime
    confirmed_at: datetime | None
    confirmed_by: str | None


def chase(work: UnitOfWork, row: ReferralRow, organisation: str | None = None) -> None:
    """Ask one organisation, or all that were given a part of the referral, to erase it; asked before, nothing changes.

    Whether somebody may is asked by the verb that this belongs to.
    """
    _ask(work, (one for one in _given(work, row) if organisation in {None, one.organisation}))


def chase_classes(work: UnitOfWork, row: ReferralRow, classes: Collection[str]) -> None:
    """The same for every part in which there is something of these classes."""
    _ask(work, (one for one in _given(work, row) if {class_of(path) for path in one.paths} & set(classes)))


def confirm(work: UnitOfWork, thread: str, organisation: str) -> ReferralRow:
    """Record that an organisation has erased what it was given, and tell the host; a second time changes nothing.

    Raises:
        Forbidden: for staff of another organisation, and for staff of none who are not intake.
        NotFound: if it was given nothing of this referral.
        ErasureNotAsked: if it was not asked to.
    """
    work.require(Act.CONFIRM_ERASURE)
    _require_word(work, organisation)
    row = referrals.by_thread(work.session, thread)
    given = [one for one in _given(work, row) if one.organisation == organisation]
    if not given:
        raise NotFound("that organisation was given nothing of this referral", field="organisation")
    asked = [one for one in given if one.chased_at is not None]
    if not asked:
        raise ErasureNotAsked(field="organisation")
    waiting = [one for one in asked if one.confirmed_at is None]
    for one in waiting:
        one.confirmed_at, one.confirmed_by = work.at, work.user.name
    if waiting:
        say(work, row, ERASURE_CONFIRMED, {"organisation": organisation, "at": work.at.isoformat()})
        retention.log_given_part(work, row)
    return row


def asked(work: UnitOfWork, row: ReferralRow) -> tuple[str, ...]:
    """The organisations that were asked to erase something of a referral, by name."""
    return tuple(one.organisation for one in _chased(work, row))


def show(work: UnitOfWork, thread: str) -> list[Chased]:
    """Whom this node asked to erase something of a referral, and who has confirmed; their own staff see themselves."""
    work.require(Act.CONFIRM_ERASURE)
    own = work.user.organisation
    found = _chased(work, referrals.by_thread(work.session, thread))
    shown = [one for one in found if own in {None, one.organisation}]
    if own is not None and not shown:
        raise NotFound("there is no such referral, or nobody asked your organisation to erase anything of it")
    return shown


def tasks(work: UnitOfWork) -> Iterator[Task]:
    """What organisations have to confirm, and what intake has to ask again because it is overdue."""
    waiting = select(GivenRow).where(GivenRow.chased_at.is_not(None), GivenRow.confirmed_at.is_(None))
    rows = list(work.session.scalars(waiting.order_by(GivenRow.peer, GivenRow.thread, GivenRow.organisation)))
    for (peer, thread), parts in groupby(rows, lambda one: (one.peer, one.thread)):
        row = referrals.find(work.session, peer, thread)
        for one in _by_organisation(work, row, list(parts)):
            yield _to_confirm(row, one)
            if one.due_at < work.at:
                yield _to_ask_again(row, one)


def _require_word(work: UnitOfWork, organisation: str) -> None:
    user = work.user
    if user.organisation not in {None, organisation}:
        raise Forbidden("you work for another organisation; its own staff confirms this, or intake on their word")
    if user.organisation is None and user.role not in {None, Role.INTAKE}:
        raise Forbidden("only staff of that organisation may confirm this, or intake on their word")


def _ask(work: UnitOfWork, given: Iterable[GivenRow]) -> None:
    for one in given:
        one.presentation = None
        one.chased_at = one.chased_at or work.at
        one.ended_at = one.ended_at or work.at
    work.session.flush()


def _given(work: UnitOfWork, row: ReferralRow) -> list[GivenRow]:
    mine = (GivenRow.peer == row.peer, GivenRow.thread == row.thread)
    return list(work.session.scalars(select(GivenRow).where(*mine).order_by(GivenRow.organisation, GivenRow.id)))


def _chased(work: UnitOfWork, row: ReferralRow) -> list[Chased]:
    return list(_by_organisation(work, row, [one for one in _given(work, row) if one.chased_at is not None]))


def _by_organisation(work: UnitOfWork, row: ReferralRow, parts: Sequence[GivenRow]) -> Iterator[Chased]:
    """One line for each organisation; it has confirmed when it confirmed every part."""
    for organisation, group in groupby(parts, lambda one: one.organisation):
        rows = list(group)
        since = min(one.chased_at for one in rows if one.chased_at)
        confirmed = [one.confirmed_at for one in rows if one.confirmed_at]
        done = len(confirmed) == len(rows)
        yield Chased(
            organisation=organisation,
            asked_at=since,
            due_at=_due_at(work, row, since),
            confirmed_at=max(confirmed) if done else None,
            confirmed_by=rows[-1].confirmed_by if done else None,
        )


def _due_at(work: UnitOfWork, row: ReferralRow, since: datetime) -> datetime:
    sop = parse_sop(work.session.get_one(SopRow, row.sop).text)
    return after_working_days(since, WORKING_DAYS, sop.calendars[work.identity.side])


def _to_confirm(row: ReferralRow, one: Chased) -> Task:
    return Task(
        what=CONFIRM_ERASURE,
        text="Erase everything you were given about this person, on paper too, then confirm it here.",
        roles=MAY[Act.CONFIRM_ERASURE],
        waits_for=WaitsFor.ORGANISATION,
        thread=row.thread,
        organisation=one.organisation,
        since=one.asked_at,
        due_at=one.due_at,
    )


def _to_ask_again(row: ReferralRow, one: Chased) -> Task:
    return Task(
        what=ASK_AGAIN,
        text=f"Ask {one.organisation} whether it has erased what it was given, and confirm it on their word.",
        roles=frozenset({Role.INTAKE}),
        waits_for=WaitsFor.ORGANISATION,
        thread=row.thread,
        since=one.due_at,
        due_at=one.due_at,
    )

"""A consent is renewed or narrowed here, where the person sits after arrival, or at the host.

Three refusals are kept apart. *Nothing may return to the host* and *not this organisation or class* change the terms
and let the assistance go on; *no assistance at all* is the withdrawal in `origin_node.erasure`. This side can only
renew for longer and narrow; more than the person agreed to is recorded by the host, as a new consent.

What is closed is erased here at once, and every organisation that was given a part of it is asked to erase it too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, time

from sqlalchemy import select

from origin_node import chasing, holdings
from origin_node.tables import ConsentTakenRow, GivenRow
from origin_node.taking import entitled
from relevo.delivery import consent_changes, duties
from relevo.delivery.consent_changes import NothingStands
from relevo.delivery.renewals import renewals
from relevo.domain.access import Act
from relevo.domain.consent import Account, Terms, Withheld
from relevo.domain.consent_change import ConsentChangeKind, closed_classes, closed_fields
from relevo.domain.consent_taking import Taking, require_taking
from relevo.domain.data_classes import class_of, field_of
from relevo.domain.excess_data import withheld_from_host
from relevo.domain.gate import EVERYTHING
from relevo.domain.sop import parse_sop
from relevo.domain.tasks import Task
from relevo.messages.content import Said
from relevo.storage import referrals
from relevo.storage.erasure import erase_closed, withhold_queued
from relevo.storage.tables import ReferralRow, SopRow
from relevo.storage.unit_of_work import UnitOfWork


def renew(work: UnitOfWork, thread: str, account: Account, *, expires_on: date) -> ReferralRow:
    """The person agrees for longer.

    Raises:
        ChangeUnfit: if it does not last longer.
        ConsentRuleBroken: if the procedure does not let it last so long, or be taken so.
    """

    def edit(terms: Terms) -> Terms:
        return replace(terms, expires_on=expires_on)

    return _change(work, thread, account, ConsentChangeKind.RENEWED, edit)


def narrow(
    work: UnitOfWork,
    thread: str,
    account: Account,
    *,
    without: Collection[str] = (),
    withhold: Sequence[Withheld] = (),
    expires_on: date | None = None,
) -> ReferralRow:
    """The person takes back classes, withholds something from an organisation, or ends it earlier.

    Raises:
        ChangeUnfit: if nothing would be less than before.
    """

    def edit(terms: Terms) -> Terms:
        return replace(
            terms,
            classes=terms.classes - set(without),
            withhold=tuple(dict.fromkeys((*terms.withhold, *withhold))),
            expires_on=expires_on or terms.expires_on,
        )

    return _change(work, thread, account, ConsentChangeKind.NARROWED, edit)


def let_nothing_return(work: UnitOfWork, thread: str, account: Account) -> ReferralRow:
    """The person wants the host to learn nothing more; the assistance goes on, and the host is told just that."""

    def edit(terms: Terms) -> Terms:
        return replace(terms, outcomes_may_return=False)

    return _change(work, thread, account, ConsentChangeKind.NARROWED, edit)


def learn(work: UnitOfWork, row: ReferralRow, said: Said) -> None:
    """The person renewed or narrowed it at the host: this node keeps to it, and erases what it does not cover."""
    if referrals.terms(row) is None:
        return
    before, after = consent_changes.learned(work, row, said)
    _erase_closed(work, row, before, after)


def taken(work: UnitOfWork, thread: str) -> list[ConsentTakenRow]:
    """How changes of the consent were taken here, oldest first."""
    row = entitled(work, thread, Act.READ_TIMELINE)
    mine = (ConsentTakenRow.peer == row.peer, ConsentTakenRow.thread == row.thread)
    return list(work.session.scalars(select(ConsentTakenRow).where(*mine).order_by(ConsentTakenRow.id)))


def tasks(work: UnitOfWork) -> Iterator[Task]:
    """Consents that end soon, or have ended, in referrals that are still open."""
    yield from renewals(work)


def _change(
    work: UnitOfWork, thread: str, account: Account, kind: ConsentChangeKind, edit: Callable[[Terms], Terms]
) -> ReferralRow:
    row = entitled(work, thread, Act.RECORD_CONSENT)
    terms = referrals.terms(row)
    if terms is None or terms.without_consent:
        raise NothingStands
    after = edit(terms)
    _require_by_procedure(work, row, account, after.expires_on)
    taken_at = min(datetime.combine(account.taken_on, time(12), tzinfo=UTC), work.at)
    consent_changes.change(work, row, kind, after, taken_at)
    work.session.add(
        ConsentTakenRow(
            peer=row.peer,
            thread=row.thread,
            change=kind,
            account={**asdict(account), "taken_on": account.taken_on.isoformat()},
            recorded_at=work.at,
            recorded_by=work.user.name,
        )
    )
    _erase_closed(work, row, terms, after)
    return row


def _require_by_procedure(work: UnitOfWork, row: ReferralRow, account: Account, expires_on: date) -> None:
    taking = Taking(
        side=work.identity.side,
        role=work.user.role,
        language=account.language,
        interpreter=account.interpreter,
        taken_on=account.taken_on,
        expires_on=expires_on,
    )
    require_taking(parse_sop(work.session.get_one(SopRow, row.sop).text), taking)


def _erase_closed(work: UnitOfWork, row: ReferralRow, before: Terms, after: Terms) -> None:
    """Take the classes and fields that are closed now out of what was stated here, in every message, and elsewhere."""
    closed = closed_classes(before, after) | closed_fields(before, after)
    if closed:
        holdings.close(work, row, closed)
        erase_closed(work.session, row, closed)
        duties.drop_pointless(work, row)
    withhold_queued(work.session, row, withheld_from_host(after, row.peer))
    for organisation in sorted(_touched(work, row, closed, before, after)):
        chasing.chase(work, row, organisation)


def _touched(work: UnitOfWork, row: ReferralRow, closed: Collection[str], before: Terms, after: Terms) -> set[str]:
    """The organisations that were given something which is closed now, for all or for them."""
    added = set(after.withhold) - set(before.withhold)
    mine = (GivenRow.peer == row.peer, GivenRow.thread == row.thread)
    found: set[str] = set()
    for given in work.session.scalars(select(GivenRow).where(*mine)):
        theirs = {one.what for one in added if one.from_whom == given.organisation} | set(closed)
        if EVERYTHING in theirs or any(_overlap(path, what) for path in given.paths for what in theirs):
            found.add(given.organisation)
    return found


def _overlap(path: str, what: str) -> bool:
    """Whether one of the two names the other, or a part of it."""
    return class_of(path) == class_of(what) and (not field_of(path) or not field_of(what) or path == what)

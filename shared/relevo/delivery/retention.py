"""Erasing: after a withdrawal at once, and by itself when the time of a data class has come.

    withdrawn           everything goes but what the SOP obliges to keep; `erased` tells the peer what stays until when
    ended otherwise     each class goes when its retention is over, the rest with the last; nobody is told, because the
                        peer computes the same from the same SOP and the same end
    entered in error    the receiver erases everything at once

The status of a referral that ended in the ordinary way stays what it is; `erase_at` says when something goes next, and
`erased_at` when the last went. Each erasure is a record in the log, which names no data class: that a class existed can
say something about a person. The rules are in `relevo.domain.retention`; what a node keeps in tables of its own is
handed over as its `Holdings`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from sqlalchemy import Select, or_, select

from relevo.delivery import nonces, outbox, steps
from relevo.delivery.node import THE_NODE, Holdings, Node
from relevo.domain import retention as rules
from relevo.domain.access import Act
from relevo.domain.data_classes import DataClass
from relevo.domain.referral import ENDED, Status, Step
from relevo.domain.retention import EVERY_CLASS, Keeping
from relevo.domain.sop import Sop, parse_sop
from relevo.errors import RelevoError
from relevo.messages.steps_referral import Erased, Kept
from relevo.storage import erasure, log, referrals
from relevo.storage.tables import ReferralRow, SopRow
from relevo.storage.unit_of_work import UnitOfWork

EVENTS = structlog.get_logger("relevo.retention")
EVERY = timedelta(hours=1)
AGAIN = timedelta(days=1)
"""When a referral is looked at again whose end this node does not know yet, or which could not be erased."""
BATCH = 100

_AFTER_WITHDRAWAL = frozenset({Status.WITHDRAWN, Status.ERASED})


class Change(StrEnum):
    """What a log record of type `erasure` tells."""

    EVERYTHING = "everything"
    PART = "part"
    GIVEN_PART = "given-part"


@dataclass(frozen=True, kw_only=True)
class Going:
    """What goes of one referral next: when, and of how many data classes something is still here."""

    peer: str
    thread: str
    status: str
    ended_at: datetime | None
    erase_at: datetime | None
    classes: int


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """Until when what stays, for a referral that has ended."""

    classes: tuple[Keeping, ...]
    whole: datetime
    due: frozenset[str]

    def next_at(self, at: datetime) -> datetime:
        """The next moment at which something goes."""
        return min((moment for one in self.classes if (moment := rules.over(one.until)) > at), default=self.whole)


def sweep(node: Node, last: datetime | None) -> datetime:
    """Erase what is due, and forget old nonces, unless that was done within the hour; when it was done last."""
    at = node.clock.now()
    if last is not None and last <= at < last + EVERY:
        return last
    with node.write() as work:
        nonces.forget(work)
    with node.read() as work:
        waits = _look(at).limit(1)
        found = work.session.scalar(waits) is not None
    while found:
        with node.write() as work:
            found = _run(work, node.holdings) == BATCH
    return at


def run(work: UnitOfWork, holdings: Holdings) -> int:
    """Erase what is due now, for somebody who does not want to wait; how many referrals were looked at."""
    work.require(Act.RUN_RETENTION)
    return _run(work, holdings)


def due(work: UnitOfWork, holdings: Holdings) -> list[Going]:
    """What will go when, the nearest first; threads and numbers alone."""
    work.require(Act.RUN_RETENTION)
    found = [_going(work, row, holdings) for row in work.session.scalars(_ended())]
    return sorted(found, key=lambda one: (one.erase_at is None, one.erase_at, one.thread))


def erase_withdrawn(work: UnitOfWork, row: ReferralRow, holdings: Holdings) -> None:
    """Erase all but what the SOP obliges to keep, log it, and say so once; the node does it, not a person."""
    kept = _kept(work, row, _present(work, row, holdings)) if _sop(work, row).keep else ()
    names = frozenset(one.data_class for one in kept)
    holdings.erase(work, row, EVERY_CLASS - names)
    erasure.erase_thread(work.session, row, names)
    row.erase_at = None
    if _has_said(work, row):
        return
    _log(work, row, Change.PART if kept else Change.EVERYTHING)
    named = tuple(Kept(data_class=DataClass(one.data_class), until=one.until) for one in kept)
    said = Erased(kept=named, asked=holdings.asked(work, row) or None)
    steps.take(work.on_behalf_of(THE_NODE), row, Step.ERASED, said)


def erase_again(work: UnitOfWork, row: ReferralRow, holdings: Holdings, *, kept: bool) -> None:
    """Erase what a backup brought back: all but what the SOP obliges to keep if `kept`, without a word to the peer."""
    if not kept:
        erase_everything(work, row, holdings, outbox.RETENTION_OVER)
        return
    outbox.hold_back(work.session, row)
    names = still_kept(work, row)
    holdings.erase(work, row, EVERY_CLASS - names)
    erasure.erase_thread(work.session, row, names)
    row.erase_at = work.at
    _log(work, row, Change.PART)


def erase_everything(work: UnitOfWork, row: ReferralRow, holdings: Holdings, code: str) -> None:
    """Erase everything but the evidence, without a word to the peer; what is queued stays, for the reason `code`."""
    outbox.hold_back(work.session, row, code=code)
    holdings.erase(work, row, EVERY_CLASS)
    holdings.drop(work, row)
    erasure.erase_thread(work.session, row)
    row.erase_at, row.erased_at = None, work.at
    _log(work, row, Change.EVERYTHING)


def still_kept(work: UnitOfWork, row: ReferralRow) -> frozenset[str]:
    """The classes that stay although the person withdrew."""
    return frozenset(one.data_class for one in _kept(work, row, EVERY_CLASS))


def log_given_part(work: UnitOfWork, row: ReferralRow) -> None:
    """Log that an organisation confirmed that it erased what it was given."""
    _log(work, row, Change.GIVEN_PART)


def _run(work: UnitOfWork, holdings: Holdings) -> int:
    rows = list(work.session.scalars(_look(work.at).limit(BATCH)))
    for row in rows:
        _try(work, row, holdings)
    return len(rows)


def _try(work: UnitOfWork, row: ReferralRow, holdings: Holdings) -> None:
    """One referral that cannot be erased must not keep the others, or the post; it is told and tried a day later."""
    try:
        with work.session.begin_nested():
            _erase_due(work, row, holdings)
    except RelevoError as fault:
        row.erase_at = work.at + AGAIN
        EVENTS.error("not erased", peer=row.peer, thread=row.thread, code=fault.code)


def _erase_due(work: UnitOfWork, row: ReferralRow, holdings: Holdings) -> None:
    plan = _plan(work, row, holdings)
    if plan is None:
        row.erase_at = work.at + AGAIN
        return
    if work.at >= plan.whole:
        erase_everything(work, row, holdings, outbox.RETENTION_OVER)
        EVENTS.info("erased", peer=row.peer, thread=row.thread)
        return
    if plan.due:
        holdings.erase(work, row, plan.due)
        erasure.erase_classes(work.session, row, plan.due)
        _log(work, row, Change.PART)
        EVENTS.info("erased in part", peer=row.peer, thread=row.thread, classes=len(plan.due))
    row.erase_at = plan.next_at(work.at)


def _plan(work: UnitOfWork, row: ReferralRow, holdings: Holdings) -> _Plan | None:
    ended, sop = _ended_at(work, row), _sop(work, row)
    if ended is None:
        return None
    withdrawn, present = row.status in _AFTER_WITHDRAWAL, _present(work, row, holdings)
    classes = (rules.kept_after_withdrawal if withdrawn else rules.retained)(sop, present, ended)
    days = [one.until for one in classes]
    if withdrawn or not days:
        days.append(rules.whole_until(sop, ended))
    gone = rules.due_for_erasure(sop, ended, present, work.at, withdrawn=withdrawn)
    return _Plan(classes=classes, whole=rules.over(max(days)), due=gone)


def _going(work: UnitOfWork, row: ReferralRow, holdings: Holdings) -> Going:
    plan = _plan(work, row, holdings) if row.erase_at is None else None
    return Going(
        peer=row.peer,
        thread=row.thread,
        status=row.status,
        ended_at=_ended_at(work, row),
        erase_at=plan.next_at(work.at) if plan else row.erase_at,
        classes=len(_present(work, row, holdings)),
    )


def _kept(work: UnitOfWork, row: ReferralRow, present: Collection[str]) -> tuple[Keeping, ...]:
    sop, ended = _sop(work, row), _ended_at(work, row)
    if not sop.keep or ended is None or row.status not in _AFTER_WITHDRAWAL:
        return ()
    keepings = rules.kept_after_withdrawal(sop, present, ended)
    stay = rules.still(keepings, work.at)
    return tuple(one for one in keepings if one.data_class in stay)


def _present(work: UnitOfWork, row: ReferralRow, holdings: Holdings) -> frozenset[str]:
    return erasure.classes_of(work.session, row) | holdings.classes(work, row)


def _ended_at(work: UnitOfWork, row: ReferralRow) -> datetime | None:
    return rules.ended_at((taken.step, taken.at) for taken in referrals.steps(work.session, row))


def _has_said(work: UnitOfWork, row: ReferralRow) -> bool:
    own = work.identity.side
    return any(taken.step == Step.ERASED and taken.side == own for taken in referrals.steps(work.session, row))


def _sop(work: UnitOfWork, row: ReferralRow) -> Sop:
    return parse_sop(work.session.get_one(SopRow, row.sop).text)


def _ended() -> Select[ReferralRow]:
    return select(ReferralRow).where(ReferralRow.status.in_(ENDED), ReferralRow.erased_at.is_(None))


def _look(at: datetime) -> Select[ReferralRow]:
    """Referrals that ended newly, or of which something is to go now."""
    timely = or_(ReferralRow.erase_at.is_(None), ReferralRow.erase_at <= at)
    return _ended().where(timely).order_by(ReferralRow.erase_at, ReferralRow.thread)


def _log(work: UnitOfWork, row: ReferralRow, change: Change) -> None:
    commitment = row.basis.partition(":")[2]
    names = {"thread": row.thread, "commitment": commitment, "change": change.value}
    log.record(work.session, "erasure", work.at, subject=row.thread, **names)

"""Costs as people read them: planned, spent and the difference, line by line and for each who bears them.

The same rows tell what somebody has to do: agree to a proposal, or report what was spent when assistance has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from relevo.delivery import looking
from relevo.domain.access import MAY, Act
from relevo.domain.access_to_data import LookReason
from relevo.domain.costs import CostLine, Sum, difference, total, totals
from relevo.domain.data_classes import DataClass
from relevo.domain.referral import Status
from relevo.domain.tasks import Task, WaitsFor
from relevo.messages.cost_lines import sheet_of
from relevo.protocol.strict_json import JsonValue
from relevo.storage import costs, referrals
from relevo.storage.costs import PLAN, REPORT, CostsState
from relevo.storage.tables import ReferralRow
from relevo.storage.tables_record import CostsRow
from relevo.storage.unit_of_work import UnitOfWork

_OVER = frozenset({Status.COMPLETED, Status.NOT_COMPLETED, Status.CLOSED})


@dataclass(frozen=True, kw_only=True)
class CostEvent:
    """Somebody proposed or reported costs: in which message, who, when, and what became of it."""

    jti: str
    kind: str
    side: str
    who: str
    at: datetime
    state: str
    agreed_by: str | None
    proofs: list[JsonValue]


@dataclass(frozen=True, kw_only=True)
class CostsView:
    """The costs of a referral; `currency` and `state` are None while nothing is proposed, or after erasure."""

    currency: str | None
    ceiling: Decimal | None
    state: str | None
    jti: str | None
    lines: tuple[CostLine, ...]
    by_bearer: Mapping[str, Sum]
    whole: Sum
    events: tuple[CostEvent, ...]


@dataclass(frozen=True, kw_only=True)
class CostVerbs:
    """What people of one side can do about costs; each takes the transaction and the thread first."""

    plan: Callable[..., ReferralRow]
    agree: Callable[..., ReferralRow]
    report: Callable[..., ReferralRow]
    show: Callable[[UnitOfWork, str], CostsView]


def show(work: UnitOfWork, row: ReferralRow, why: str = LookReason.COSTS) -> CostsView:
    """The costs of a referral; the look at them is recorded.

    Raises:
        NotYours: if the role may not consult costs.
    """
    stands = costs.current(work.session, row)
    looking.require_look(work, row, {DataClass.COSTS} if stands else (), why)
    events = (*costs.rows(work.session, row, PLAN), *costs.rows(work.session, row, REPORT))
    sheet = sheet_of(stands.fields) if stands else None
    lines = _compared(work, row, stands)
    return CostsView(
        currency=sheet.currency if sheet else None,
        ceiling=sheet.ceiling if sheet else None,
        state=stands.state if stands else None,
        jti=stands.jti if stands else None,
        lines=lines,
        by_bearer={str(bearer): one for bearer, one in totals(lines).items()},
        whole=total(lines),
        events=tuple(_event(one) for one in sorted(events, key=lambda one: one.jti)),
    )


def tasks(work: UnitOfWork) -> Iterator[Task]:
    """Proposals that wait for an answer, and what was spent that nobody has reported though assistance has ended."""
    threads = select(CostsRow.peer, CostsRow.thread).where(CostsRow.kind == PLAN).distinct()
    for peer, thread in work.session.execute(threads.order_by(CostsRow.thread)).all():
        row = referrals.find(work.session, peer, thread)
        stands = costs.current(work.session, row)
        if stands is not None and stands.state == CostsState.PROPOSED and row.status not in _OVER:
            yield _to_agree(work, row, stands)
        if stands is not None and stands.state == CostsState.AGREED and row.status in _OVER:
            yield from _to_report(work, row, stands)


def _compared(work: UnitOfWork, row: ReferralRow, stands: CostsRow | None) -> tuple[CostLine, ...]:
    if stands is None:
        return ()
    reports = [sheet_of(one.fields).lines for one in costs.rows(work.session, row, REPORT) if one.fields]
    return difference(sheet_of(stands.fields).lines, reports)


def _event(row: CostsRow) -> CostEvent:
    return CostEvent(
        jti=row.jti,
        kind=row.kind,
        side=row.side,
        who=row.who,
        at=row.at,
        state=row.state,
        agreed_by=row.agreed_by,
        proofs=row.proofs,
    )


def _to_agree(work: UnitOfWork, row: ReferralRow, stands: CostsRow) -> Task:
    ours = stands.side == work.identity.side
    text = "The other side has not answered the costs that were proposed." if ours else "Answer the costs proposed."
    return Task(
        what="agree-costs",
        text=text,
        roles=MAY[Act.AGREE_COSTS],
        waits_for=WaitsFor.PEER if ours else WaitsFor.US,
        thread=row.thread,
        since=stands.at,
    )


def _to_report(work: UnitOfWork, row: ReferralRow, stands: CostsRow) -> Iterator[Task]:
    side = work.identity.side
    if any(line.actual is None and line.borne_by == side.value for line in _compared(work, row, stands)):
        ended = [one.at for one in referrals.steps(work.session, row) if one.status_after in _OVER]
        yield Task(
            what="report-costs",
            text="Assistance has ended: report what was spent, with the proofs.",
            roles=MAY[Act.REPORT_COSTS],
            thread=row.thread,
            since=min(ended, default=stands.at),
        )

"""The services of a referral and where each stands: offered to one organisation, answered by it, reported by it.

    offered -> accepted | declined        accepted -> in-progress -> completed | not-completed
    accepted -> declined                  given back before it began

A service is offered from the moment the referral arrives. Naming an organisation offers it to that one; its own staff
answer and report, or staff of the node on its behalf, which is recorded. After a decline it may be offered to another.
Each change tells the host, without anything about the person, and stands in the history with who, when and why.
Source: Reintegration Handbook, 4.1.3 (referral mechanisms).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from origin_node import giving, offers, organisations
from origin_node.tables import AssignmentEventRow, AssignmentRow
from origin_node.taking import entitled, say
from relevo.domain.access import Act
from relevo.domain.assignment import (
    ANSWERS,
    TAKEN,
    AssignmentStatus,
    advance_assignment,
    allowed_assignment,
)
from relevo.domain.organisation_refusals import OrganisationNotNamed
from relevo.errors import BadInput, Conflict, NotFound
from relevo.storage.appending import append
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

__all__ = ["AlreadyTaken", "OrganisationNotNamed", "ServicesOpen", "answer", "assign", "history", "report", "show"]

SERVICE = "service"
_OPEN_TO_OFFER = (AssignmentStatus.OFFERED, AssignmentStatus.DECLINED)


class AlreadyTaken(Conflict):
    """An organisation works on this service already."""

    code = "service-taken"
    rule = "assignment.lifecycle"
    advice = "Report what became of it there; a service that was declined can be offered to another organisation."


class ServicesOpen(Conflict):
    """Some services are neither finished nor declined."""

    code = "services-open"
    rule = "record.services"
    advice = "Look at the services of the referral, report the end of each, or report the referral as not completed."


class CostUnfit(BadInput):
    """This is no amount that the organisation could promise."""

    code = "cost-unfit"
    rule = "costs.amounts"
    advice = "Write the amount as digits with at most two decimals, in the currency of the organisation's budget."


def of(work: UnitOfWork, row: ReferralRow) -> list[AssignmentRow]:
    """The services of a referral, by name."""
    mine = (AssignmentRow.peer == row.peer, AssignmentRow.thread == row.thread)
    return list(work.session.scalars(select(AssignmentRow).where(*mine).order_by(AssignmentRow.service)))


def show(work: UnitOfWork, thread: str) -> list[AssignmentRow]:
    """The same, for whoever may see a referral; staff of an organisation see only their own."""
    may = Act.READ_TIMELINE if work.user.organisation is None else Act.ANSWER_OFFER
    row = entitled(work, thread, may)
    return [one for one in of(work, row) if work.user.organisation in (None, one.organisation)]


def history(work: UnitOfWork, thread: str, service: str) -> list[AssignmentEventRow]:
    """What happened to one service, in order: offers, answers, reports; for staff of the node."""
    row = entitled(work, thread, Act.ASSIGN_SERVICE)
    _find(work, row, service)
    mine = (AssignmentEventRow.peer == row.peer, AssignmentEventRow.thread == row.thread)
    found = select(AssignmentEventRow).where(*mine, AssignmentEventRow.service == service)
    return list(work.session.scalars(found.order_by(AssignmentEventRow.id)))


def offer(work: UnitOfWork, row: ReferralRow, services: Iterable[str], *, begins: bool = False) -> None:
    """Begin an assignment for each service that has none yet; none has where the referral itself only begins."""
    begun = set() if begins else {one.service for one in of(work, row)}
    for service in services:
        if service not in begun:
            append(work.session, AssignmentRow, service=service, **_offered(work, row))


def assign(
    work: UnitOfWork, thread: str, service: str, organisation: str, *, because: str | None = None
) -> ReferralRow:
    """Offer a service to an organisation of this node, and tell the host; an offer shows nothing that identifies.

    Args:
        work: the unit of work.
        thread: the referral.
        service: as requested.
        organisation: such as `ge:dabruneba/shelter`.
        because: why, although it is full, works elsewhere or has no money left. Nothing lifts what the person forbids.

    Raises:
        BadInput: if the organisation is not behind this node.
        OrganisationUnknown: if this node keeps a register and it does not stand there.
        OrganisationUnfit: with every reason why it may not be offered this.
        AlreadyTaken: if an organisation has accepted it.
    """
    row = entitled(work, thread, Act.ASSIGN_SERVICE)
    found = _find(work, row, service)
    organisations.require_own(work, organisation)
    offers.require_fit(work, row, service, organisation, because)
    if found.status not in _OPEN_TO_OFFER:
        raise AlreadyTaken(field="service")
    found.organisation, found.because = organisation, because
    found.cost, found.currency = None, None
    _set(work, found, AssignmentStatus.OFFERED, because)
    _tell(work, row, found)
    return row


def answer(
    work: UnitOfWork,
    thread: str,
    service: str,
    *,
    accept: bool,
    reason: str | None = None,
    cost: str | None = None,
    because: str | None = None,
) -> ReferralRow:
    """Accept or decline what was offered; who accepts is given its part.

    Args:
        work: the unit of work.
        thread: the referral.
        service: as requested.
        accept: whether the organisation takes it.
        reason: why not; stays at this node.
        cost: what it promises to spend, in the currency of its budget.
        because: why it takes the person although it has no place or money left.

    Raises:
        BadInput: if it is declined without a reason.
        OrganisationUnfit: if consent, mandate, places or money speak against it by now.
        IllegalStep: with the statuses that can follow.
    """
    if not accept and not reason:
        raise BadInput("say why it is declined", field="reason", next_step="A word is enough: no-capacity, no room.")
    status = AssignmentStatus.ACCEPTED if accept else AssignmentStatus.DECLINED
    row = entitled(work, thread, Act.ANSWER_OFFER)
    found = _own(work, row, service)
    found.because = because or found.because
    _promise(work, found, cost)
    _tell(work, row, move(work, row, service, status, reason))
    return row


def report(work: UnitOfWork, thread: str, service: str, status: str, reason: str | None = None) -> ReferralRow:
    """Report where a service stands now, and tell the host.

    Raises:
        IllegalStep: with the statuses that can follow.
    """
    may = Act.ANSWER_OFFER if status in ANSWERS else Act.REPORT_SERVICE
    row = entitled(work, thread, may)
    _tell(work, row, move(work, row, service, status, reason))
    return row


def move(work: UnitOfWork, row: ReferralRow, service: str, status: str, reason: str | None = None) -> AssignmentRow:
    """Move one service on without telling; a follow-up tells of all of them at once."""
    found = _own(work, row, service)
    before, to = AssignmentStatus(found.status), advance_assignment(AssignmentStatus(found.status), _status(status))
    if to is AssignmentStatus.ACCEPTED and found.organisation is not None:
        offers.require_fit(work, row, service, found.organisation, found.because)
    _set(work, found, to, reason)
    if to is AssignmentStatus.ACCEPTED:
        giving.give(work, row, found)
    if before in TAKEN and to is AssignmentStatus.DECLINED:
        giving.take_back(work, row, found)
    if to is AssignmentStatus.COMPLETED:
        organisations.spend(work.session, found.organisation, found.cost)
    return found


def require_finished(work: UnitOfWork, row: ReferralRow) -> None:
    """Whether every service has come to its end.

    Raises:
        ServicesOpen: saying how many have not.
    """
    waiting = [one for one in of(work, row) if _is_open(one)]
    if waiting:
        raise ServicesOpen(f"{len(waiting)} of the services are still open", field="services")


def _is_open(found: AssignmentRow) -> bool:
    return bool(allowed_assignment(AssignmentStatus(found.status)))


def _offered(work: UnitOfWork, row: ReferralRow) -> dict[str, Any]:
    return {
        "peer": row.peer,
        "thread": row.thread,
        "status": AssignmentStatus.OFFERED,
        "changed_at": work.at,
        "changed_by": work.user.name,
    }


def _find(work: UnitOfWork, row: ReferralRow, service: str) -> AssignmentRow:
    found = work.session.get(AssignmentRow, (row.peer, row.thread, service))
    if found is None:
        raise NotFound(
            "that service was not requested; the services of the referral show those that were", field="service"
        )
    return found


def _own(work: UnitOfWork, row: ReferralRow, service: str) -> AssignmentRow:
    """The service, if the user's organisation has it; to others' staff it is as if nobody had asked for it."""
    found = work.session.get(AssignmentRow, (row.peer, row.thread, service))
    if work.user.organisation is not None and (found is None or found.organisation != work.user.organisation):
        raise NotFound("no such service was offered to your organisation", field="service")
    return found or _find(work, row, service)


def _promise(work: UnitOfWork, found: AssignmentRow, cost: str | None) -> None:
    """Note what the organisation means to spend; it must be money that it has, or say why not."""
    if cost is None or found.organisation is None:
        return
    if not organisations.is_registered(work.session, found.organisation):
        step = "Write the organisation and its budget down first, or leave the cost out."
        raise CostUnfit("this organisation is not in the register", field="cost", next_step=step)
    known = organisations.find(work.session, found.organisation)
    left, amount = known.budget_left(), organisations.amount(cost)
    if left is None or amount is None:
        raise CostUnfit(field="cost")
    if amount > left and not found.because:
        raise CostUnfit(
            f"its budget has {left} {known.currency} left", field="cost", next_step="Say who pays the rest."
        )
    found.cost, found.currency = str(amount), known.currency


def _status(word: str) -> AssignmentStatus:
    if word not in set(AssignmentStatus):
        raise BadInput(f"a service is one of {', '.join(AssignmentStatus)}", field="status")
    return AssignmentStatus(word)


def _set(work: UnitOfWork, found: AssignmentRow, status: AssignmentStatus, reason: str | None = None) -> None:
    found.status, found.changed_at, found.changed_by = status, work.at, work.user.name
    for_itself = found.organisation is None or found.organisation == work.user.organisation
    work.session.add(
        AssignmentEventRow(
            peer=found.peer,
            thread=found.thread,
            service=found.service,
            organisation=found.organisation,
            status=status,
            at=work.at,
            by=work.user.name,
            on_behalf=status is not AssignmentStatus.OFFERED and not for_itself,
            reason=reason,
        )
    )
    work.session.flush()


def _tell(work: UnitOfWork, row: ReferralRow, found: AssignmentRow) -> None:
    words = {"service": found.service, "status": found.status, "organisation": found.organisation}
    say(work, row, SERVICE, words)

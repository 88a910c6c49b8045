"""The services of a referral and where each stands; what organisations do is reported here one service at a time.

    offered -> accepted | declined        accepted -> in-progress -> completed | not-completed

A service is offered from the moment the referral arrives. Naming an organisation offers it to that one; after a
decline it may be offered to another. Each change tells the host, without anything about the person.
Source: Reintegration Handbook, 4.1.3 (referral mechanisms).
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from origin_node.tables import AssignmentRow
from origin_node.taking import entitled, say
from relevo.domain.access import Act
from relevo.domain.assignment import AssignmentStatus, advance_assignment, allowed_assignment
from relevo.errors import BadInput, Conflict, NotFound, Refusal
from relevo.storage import referrals
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

SERVICE = "service"
_OPEN_TO_OFFER = (AssignmentStatus.OFFERED, AssignmentStatus.DECLINED)


class OrganisationNotNamed(Refusal):
    """The person agreed to another organisation than this one."""

    code = "organisation-not-agreed"
    rule = "consent.names-organisation"
    advice = "Offer the service to the organisation that the consent names, or ask the person about this one."


class AlreadyTaken(Conflict):
    """An organisation works on this service already."""

    code = "service-taken"
    advice = "Report what became of it there; a service that was declined can be offered to another organisation."


class ServicesOpen(Conflict):
    """Some services are neither finished nor declined."""

    code = "services-open"
    advice = "Report the end of each service that is named, or report the referral as not completed."


def of(work: UnitOfWork, row: ReferralRow) -> list[AssignmentRow]:
    """The services of a referral, by name."""
    mine = (AssignmentRow.peer == row.peer, AssignmentRow.thread == row.thread)
    return list(work.session.scalars(select(AssignmentRow).where(*mine).order_by(AssignmentRow.service)))


def show(work: UnitOfWork, thread: str) -> list[AssignmentRow]:
    """The same, for whoever may see a referral."""
    return of(work, entitled(work, thread, Act.READ_TIMELINE))


def offer(work: UnitOfWork, row: ReferralRow, services: Iterable[str]) -> None:
    """Begin an assignment for each service that has none yet."""
    begun = {one.service for one in of(work, row)}
    work.session.add_all(_offered(work, row, service) for service in services if service not in begun)
    work.session.flush()


def assign(work: UnitOfWork, thread: str, service: str, organisation: str) -> ReferralRow:
    """Offer a service to an organisation of this node, and tell the host.

    Raises:
        BadInput: if the organisation is not behind this node.
        OrganisationNotNamed: if the consent names another.
        AlreadyTaken: if an organisation has accepted it.
    """
    row = entitled(work, thread, Act.ASSIGN_SERVICE)
    found = _find(work, row, service)
    _require_fit(work, row, organisation)
    if found.status not in _OPEN_TO_OFFER:
        raise AlreadyTaken(field="service")
    found.organisation = organisation
    _set(work, found, AssignmentStatus.OFFERED)
    _tell(work, row, found)
    return row


def report(work: UnitOfWork, thread: str, service: str, status: str) -> ReferralRow:
    """Report where a service stands now, and tell the host.

    Raises:
        IllegalStep: with the statuses that can follow.
    """
    row = entitled(work, thread, Act.REPORT_SERVICE)
    _tell(work, row, move(work, row, service, status))
    return row


def move(work: UnitOfWork, row: ReferralRow, service: str, status: str) -> AssignmentRow:
    """Move one service on without telling; a follow-up tells of all of them at once."""
    found = _find(work, row, service)
    _set(work, found, advance_assignment(AssignmentStatus(found.status), _status(status)))
    return found


def require_finished(work: UnitOfWork, row: ReferralRow) -> None:
    """Whether every service has come to its end.

    Raises:
        ServicesOpen: naming those that have not.
    """
    waiting = [one.service for one in of(work, row) if _is_open(one)]
    if waiting:
        raise ServicesOpen(f"still open: {', '.join(waiting)}", field="services")


def _is_open(found: AssignmentRow) -> bool:
    return bool(allowed_assignment(AssignmentStatus(found.status)))


def _offered(work: UnitOfWork, row: ReferralRow, service: str) -> AssignmentRow:
    return AssignmentRow(
        peer=row.peer,
        thread=row.thread,
        service=service,
        status=AssignmentStatus.OFFERED,
        changed_at=work.at,
        changed_by=work.user.name,
    )


def _find(work: UnitOfWork, row: ReferralRow, service: str) -> AssignmentRow:
    found = work.session.get(AssignmentRow, (row.peer, row.thread, service))
    if found is None:
        requested = ", ".join(one.service for one in of(work, row))
        raise NotFound(f"that service was not requested; requested: {requested}", field="service")
    return found


def _require_fit(work: UnitOfWork, row: ReferralRow, organisation: str) -> None:
    own = f"{work.identity.node_id}/"
    if not organisation.startswith(own):
        raise BadInput(f"an organisation of this node is named {own} and a word", field="organisation")
    terms = referrals.terms(row)
    if terms is not None and terms.organisation not in (None, organisation):
        raise OrganisationNotNamed(field="organisation")


def _status(word: str) -> AssignmentStatus:
    if word not in set(AssignmentStatus):
        raise BadInput(f"a service is one of {', '.join(AssignmentStatus)}", field="status")
    return AssignmentStatus(word)


def _set(work: UnitOfWork, found: AssignmentRow, status: AssignmentStatus) -> None:
    found.status, found.changed_at, found.changed_by = status, work.at, work.user.name


def _tell(work: UnitOfWork, row: ReferralRow, found: AssignmentRow) -> None:
    words = {"service": found.service, "status": found.status, "organisation": found.organisation}
    say(work, row, SERVICE, words)

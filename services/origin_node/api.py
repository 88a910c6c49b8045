"""The JSON API of an origin: one route for each thing that intake and case workers do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fastapi import APIRouter, Request

from origin_node import (
    api_consents,
    api_continuity,
    api_erasure,
    api_files,
    api_organisations,
    api_reading,
    api_record,
    assignments,
    closing,
    erasure,
    first_contact,
    follow_up,
    journey,
    record,
    referrals,
)
from origin_node import api_forms as forms
from origin_node.taking import entitled
from origin_node.tasks import SOURCES
from relevo.delivery.node import Node
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork
from relevo.web import medical
from relevo.web.access import CurrentUser
from relevo.web.operations import Referral, describe
from relevo.web.record import Ended, PartShown
from relevo.web.tasks import task_router

router = APIRouter(prefix="/api/referrals/{thread}", tags=["referrals"])


def routers(_node: Node) -> Sequence[APIRouter]:
    """The routes that only an origin has."""
    return (
        router,
        api_reading.router,
        api_consents.router,
        api_organisations.router,
        api_continuity.router,
        api_erasure.router,
        api_files.router,
        api_record.router,
        api_record.costs_router,
        medical.make_router(entitled),
        task_router(SOURCES),
    )


@router.post("/acknowledge")
def acknowledge(request: Request, user: CurrentUser, thread: str) -> Referral:
    """Say that somebody here has seen the referral; nothing is decided."""
    return _done(request, user, lambda work: referrals.acknowledge(work, thread))


@router.post("/accept")
def accept(request: Request, user: CurrentUser, thread: str, given: forms.Acceptance) -> Referral:
    """Accept the referral."""
    return _done(request, user, lambda work: referrals.accept(work, thread, given.note))


@router.post("/decline")
def decline(request: Request, user: CurrentUser, thread: str, given: forms.Decline) -> Referral:
    """Decline the referral, with the reason."""
    return _done(request, user, lambda work: referrals.decline(work, thread, given.reason, given.text))


@router.post("/ask")
def ask(request: Request, user: CurrentUser, thread: str, given: forms.Question) -> Referral:
    """Ask the host a question."""
    return _done(request, user, lambda work: referrals.ask(work, thread, given.question, given.classes))


@router.post("/waitlist")
def waitlist(request: Request, user: CurrentUser, thread: str, given: forms.Waiting) -> Referral:
    """Put the referral on the waiting list."""
    return _done(request, user, lambda work: referrals.waitlist(work, thread, given.review_on))


@router.post("/agree-cancellation")
def agree_cancellation(request: Request, user: CurrentUser, thread: str) -> Referral:
    """Let the host take the referral back."""
    return _done(request, user, lambda work: referrals.agree_to_cancel(work, thread))


@router.post("/object-cancellation")
def object_cancellation(request: Request, user: CurrentUser, thread: str, given: forms.Because) -> Referral:
    """Go on although the host asked to take the referral back."""
    return _done(request, user, lambda work: referrals.object_to_cancel(work, thread, given.reason))


@router.post("/arrival")
def confirm_arrival(request: Request, user: CurrentUser, thread: str, given: forms.Arrival) -> Referral:
    """Confirm the arrival; the clocks of first contact and follow-up begin."""
    return _done(request, user, lambda work: journey.confirm_arrival(work, thread, given.arrived_at))


@router.post("/not-arrived")
def not_arrived(request: Request, user: CurrentUser, thread: str, given: forms.Absence) -> Referral:
    """Say that the person was not there."""
    return _done(request, user, lambda work: journey.not_arrived(work, thread, given.reason))


@router.post("/first-contact")
def record_attempt(request: Request, user: CurrentUser, thread: str, given: forms.Attempt) -> Referral:
    """Record one attempt to reach the person."""

    def attempt(work: UnitOfWork) -> ReferralRow:
        at = given.at or work.at
        return first_contact.record(work, thread, at=at, channel=given.channel, outcome=given.outcome)

    return _done(request, user, attempt)


@router.post("/services/{service}/assign")
def assign(request: Request, user: CurrentUser, thread: str, service: str, given: forms.Assignment) -> Referral:
    """Offer a service to an organisation of this node."""
    organisation, because = given.organisation, given.because
    return _done(request, user, lambda work: assignments.assign(work, thread, service, organisation, because=because))


@router.post("/services/{service}/status")
def report_service(
    request: Request, user: CurrentUser, thread: str, service: str, given: forms.ServiceReport
) -> Referral:
    """Report where a service stands now."""
    return _done(request, user, lambda work: assignments.report(work, thread, service, given.status, given.reason))


@router.post("/start")
def start(request: Request, user: CurrentUser, thread: str) -> Referral:
    """Begin the assistance."""
    return _done(request, user, lambda work: referrals.start(work, thread))


@router.post("/hold")
def hold(request: Request, user: CurrentUser, thread: str, given: forms.Because) -> Referral:
    """Let the assistance rest."""
    return _done(request, user, lambda work: referrals.hold(work, thread, given.reason))


@router.post("/resume")
def resume(request: Request, user: CurrentUser, thread: str) -> Referral:
    """Go on with an assistance that rested."""
    return _done(request, user, lambda work: referrals.resume(work, thread))


@router.post("/follow-up")
def report_follow_up(request: Request, user: CurrentUser, thread: str, given: forms.FollowUp) -> Referral:
    """Report a follow-up; the host is told only what may return."""
    given_classes = {"outcome": given.outcome, "feedback": given.feedback}
    results = {name: one.model_dump(mode="json", exclude_none=True) for name, one in given_classes.items() if one}
    return _done(
        request, user, lambda work: follow_up.report(work, thread, given.month, moved=given.services, results=results)
    )


@router.post("/complete")
def complete(request: Request, user: CurrentUser, thread: str) -> Referral:
    """Report that what was agreed is done; every service must have come to its end."""
    return _done(request, user, lambda work: closing.complete(work, thread))


@router.post("/not-complete")
def not_complete(request: Request, user: CurrentUser, thread: str, given: forms.Ending) -> Referral:
    """Report that assistance ended before what was agreed was done."""
    return _done(request, user, lambda work: closing.not_complete(work, thread, given.reason))


@router.post("/close")
def close(request: Request, user: CurrentUser, thread: str, given: forms.Closing) -> Ended:
    """Close the referral with the person's comments, or with why there are none; missing parts are named."""
    feedback = given.feedback.model_dump(mode="json", exclude_none=True)
    node: Node = request.app.state.node
    with node.write(user) as work:
        closed = describe(work, closing.close(work, thread, given.reason, feedback))
        missing = [PartShown.model_validate(one) for one in record.missing(work, thread)]
    return Ended(**closed.model_dump(), missing=missing)


@router.post("/reopen")
def reopen(request: Request, user: CurrentUser, thread: str, given: forms.Because) -> Referral:
    """Go on with a referral that was closed."""
    return _done(request, user, lambda work: closing.reopen(work, thread, given.reason))


@router.post("/withdraw")
def withdraw(request: Request, user: CurrentUser, thread: str) -> Referral:
    """Withdraw the person's consent: tell the host, and erase."""
    return _done(request, user, lambda work: erasure.withdraw_consent(work, thread))


def _done(request: Request, user: CurrentUser, verb: Callable[[UnitOfWork], ReferralRow]) -> Referral:
    """Where the referral stands after `verb`, in one transaction; staff of an organisation read of no other service."""
    node: Node = request.app.state.node
    with node.write(user) as work:
        row = verb(work)
        said = describe(work, row)
        if user.organisation is None:
            return said
        own = [one.service for one in assignments.of(work, row) if one.organisation == user.organisation]
        return said.model_copy(update={"services": own, "vulnerable": False, "next_due": None, "overdue": False})

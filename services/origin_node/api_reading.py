"""The part of an origin's JSON API that only reads: the person's profile, services, attempts, reports."""

from __future__ import annotations

from fastapi import APIRouter, Request

from origin_node import api_forms as forms
from origin_node import assignments, first_contact, profile, reports
from relevo.domain.access_to_data import LookReason
from relevo.web.access import CurrentUser, node_of
from relevo.web.looks import WhyLooking

router = APIRouter(prefix="/api/referrals/{thread}", tags=["referrals"])


@router.get("/profile")
def read_profile(
    request: Request, user: CurrentUser, thread: str, why: WhyLooking = LookReason.ASSIST
) -> forms.Profile:
    """The person, as far as consent and your role let you know; how they may be reached stands first."""
    with node_of(request).write(user) as work:
        return forms.Profile.model_validate(profile.read(work, thread, why))


@router.get("/services")
def list_services(request: Request, user: CurrentUser, thread: str) -> list[forms.ServiceShown]:
    """The requested services and where each stands."""
    with node_of(request).read(user) as work:
        return [forms.ServiceShown.model_validate(one) for one in assignments.show(work, thread)]


@router.get("/contacts")
def list_contacts(request: Request, user: CurrentUser, thread: str) -> list[forms.AttemptShown]:
    """The attempts to reach the person."""
    with node_of(request).read(user) as work:
        return [forms.AttemptShown.model_validate(one) for one in first_contact.show(work, thread)]


@router.get("/reports")
def list_reports(
    request: Request, user: CurrentUser, thread: str, why: WhyLooking = LookReason.FOLLOW_UP
) -> list[forms.ReportShown]:
    """What was found and said at follow-ups and at the close, as far as your role may read it."""
    with node_of(request).write(user) as work:
        return [forms.ReportShown.model_validate(one) for one in reports.show(work, thread, why)]

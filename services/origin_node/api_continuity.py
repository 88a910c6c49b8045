"""The part of an origin's JSON API about continuity: safe contact, medicines, the plan, clinicians."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field

from origin_node import api_forms as forms
from origin_node import clinicians, first_contact, medication, plan
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork
from relevo.web.access import CurrentUser, node_of
from relevo.web.operations import Body, Referral, describe

router = APIRouter(prefix="/api/referrals/{thread}", tags=["referrals"])


class Action(Body):
    """One thing that was agreed."""

    service: str
    organisation: str | None = None
    until: date | None = None
    note: forms.Text | None = None


class Plan(Body):
    """The plan that was agreed with the person."""

    agreed_on: date
    goals: list[forms.Sentence] | None = None
    actions: Annotated[list[Action], Field(min_length=1)]
    review_on: date | None = None


class MedicalAnswer(Body):
    """What a clinician answers to the other side's message `to`."""

    to: str
    answer: forms.Text


class Hint(forms.Shown):
    """Something to mind before the next attempt."""

    code: str
    text: str


@router.get("/contact-hints")
def contact_hints(request: Request, user: CurrentUser, thread: str) -> list[Hint]:
    """What to mind before the next attempt: what never to do, who may answer, the hours."""
    with node_of(request).write(user) as work:
        return [Hint.model_validate(one) for one in first_contact.mind(work, thread)]


@router.post("/first-contact/clear")
def clear_contact(request: Request, user: CurrentUser, thread: str) -> Referral:
    """Say that it is safe to try again after an unsafe attempt."""
    return _done(request, user, lambda work: first_contact.clear(work, thread))


@router.post("/medication-secured")
def secure_medication(request: Request, user: CurrentUser, thread: str) -> Referral:
    """Say that the person will not run out of a medicine."""
    return _done(request, user, lambda work: medication.secure(work, thread))


@router.post("/plan")
def agree_plan(request: Request, user: CurrentUser, thread: str, given: Plan) -> Referral:
    """Record the plan that was agreed with the person; the host is told only what may return."""
    fields = given.model_dump(mode="json", exclude_none=True)
    return _done(request, user, lambda work: plan.agree(work, thread, fields))


@router.post("/medical/answers")
def answer_clinician(request: Request, user: CurrentUser, thread: str, given: MedicalAnswer) -> Referral:
    """Answer a question of the host's clinicians."""
    return _done(request, user, lambda work: clinicians.answer(work, thread, given.to, given.answer))


def _done(request: Request, user: CurrentUser, verb: Callable[[UnitOfWork], ReferralRow]) -> Referral:
    """Where the referral stands after `verb`, in one transaction."""
    with node_of(request).write(user) as work:
        return describe(work, verb(work))

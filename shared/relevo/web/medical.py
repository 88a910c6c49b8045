"""The routes for clinicians of both sides: ask the other side, and read what was asked and answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from relevo.delivery import clinical
from relevo.delivery.clinical import Entitled
from relevo.web.access import CurrentUser, node_of
from relevo.web.operations import Body, Referral, describe

Text = Annotated[str, Field(min_length=1, max_length=4000)]


class MedicalQuestion(Body):
    """What a clinician asks."""

    question: Text


class MedicalWord(BaseModel):
    """One question or answer; `to` is the message that it answers."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    side: str
    who: str
    step: str
    text: str
    jti: str | None
    to: str | None


def make_router(entitled: Entitled) -> APIRouter:
    """The routes of a node that says by `entitled` whose referral it is."""
    router = APIRouter(prefix="/api/referrals/{thread}", tags=["referrals"])

    @router.post("/medical/questions")
    def ask_clinician(request: Request, user: CurrentUser, thread: str, given: MedicalQuestion) -> Referral:
        """Ask the clinicians of the other side, in a referral for medical continuity."""
        with node_of(request).write(user) as work:
            return describe(work, clinical.ask(work, thread, given.question, entitled=entitled))

    @router.get("/medical")
    def read_medical(request: Request, user: CurrentUser, thread: str) -> list[MedicalWord]:
        """What clinicians asked and answered; for clinicians alone."""
        with node_of(request).write(user) as work:
            return [MedicalWord.model_validate(one) for one in clinical.words(work, thread, entitled=entitled)]

    return router

"""The part of a host's JSON API for clinicians."""

from __future__ import annotations

from fastapi import APIRouter, Request

from host_node import clinicians
from relevo.domain.data_classes import DataClass
from relevo.web.access import CurrentUser, node_of
from relevo.web.medical import Text
from relevo.web.operations import Body, Referral, describe

router = APIRouter(prefix="/api/referrals/{thread}", tags=["referrals"])


class MedicalAnswer(Body):
    """What a clinician answers to the other side's message `to`, and which health classes go with it."""

    to: str
    answer: Text
    classes: tuple[DataClass, ...] = ()


@router.post("/medical/answers")
def answer_clinician(request: Request, user: CurrentUser, thread: str, given: MedicalAnswer) -> Referral:
    """Answer a question of the origin's clinicians."""
    with node_of(request).write(user) as work:
        return describe(work, clinicians.answer(work, thread, given.to, given.answer, given.classes))

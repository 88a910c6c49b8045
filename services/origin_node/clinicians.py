"""What a clinician of the origin answers: words alone; the rules are those of `relevo.delivery.clinical`."""

from __future__ import annotations

from origin_node.taking import entitled
from relevo.delivery import clinical
from relevo.domain.access import Act
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


def answer(work: UnitOfWork, thread: str, to: str, text: str) -> ReferralRow:
    """Answer the question that the host's clinicians asked in the message `to`.

    Raises:
        NotMedicalContinuity, NoReturn, MedicalQuestionUnknown: if it cannot be answered here.
    """
    return clinical.answer(work, entitled(work, thread, Act.ANSWER_CLINICIAN), to, text)

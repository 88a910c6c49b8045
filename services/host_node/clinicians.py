"""What a clinician of the host answers: words, and data of the case within consent, procedure and what may be asked.

The rules of who may speak, and where, are those of `relevo.delivery.clinical`.
"""

from __future__ import annotations

from collections.abc import Collection

from host_node.agencies import entitled
from host_node.referrals import again
from relevo.delivery import clinical, looking
from relevo.domain.access import Act
from relevo.domain.asking import require_may_ask
from relevo.errors import BadInput
from relevo.messages.registry import MEDICAL
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


def answer(work: UnitOfWork, thread: str, to: str, text: str, classes: Collection[str] = ()) -> ReferralRow:
    """Answer the question that the origin's clinicians asked in the message `to`, with classes as they stand now.

    Raises:
        NotMedicalContinuity, MedicalQuestionUnknown: if it cannot be answered here.
        BadInput: for a class that is not about health.
        NotToBeAsked: for one for which the origin may not ask later.
        NotSendable: if a class may not leave.
    """
    row = entitled(work, thread, Act.ANSWER_CLINICIAN)
    clinical.require_possible(row, work.identity.side)
    if not MEDICAL.issuperset(classes):
        raise BadInput(f"an answer carries {' and '.join(sorted(MEDICAL))}, nothing else", field="classes")
    require_may_ask(looking.sop_of(work, row), work.identity.side.other, classes)
    return clinical.answer(work, row, to, text, again(work, row, classes))

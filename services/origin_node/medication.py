"""That nobody runs out of a medicine: the origin says when it has seen to it, and nothing more.

What the person takes and for how long stands in the class `medication` that the host stated; the duty comes from there
(`relevo.domain.medication`). That there is more now ends it, on both nodes.
"""

from __future__ import annotations

from origin_node.taking import entitled, say
from relevo.domain.access import Act
from relevo.domain.deadlines import MEDICATION_SECURED
from relevo.errors import Conflict
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


class NoMedication(Conflict):
    """This referral carries no medicine with an end of supply."""

    code = "no-medication"
    rule = "health.supply"
    advice = "Medicines move under medical-continuity; look for the person's referral for that purpose."


def secure(work: UnitOfWork, thread: str) -> ReferralRow:
    """Say that the person will not run out of a medicine: prescribed anew, handed out, or no longer needed.

    Raises:
        NoMedication: if the referral carries none.
    """
    row = entitled(work, thread, Act.SECURE_MEDICATION)
    if row.supply_ends is None:
        raise NoMedication(field="medication")
    say(work, row, MEDICATION_SECURED)
    return row

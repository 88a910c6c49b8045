"""Whether the person has arrived: the clocks of first contact and follow-up run from what is confirmed here."""

from __future__ import annotations

from datetime import datetime

from origin_node.taking import act, entitled, happened, say
from relevo.domain.access import Act
from relevo.domain.journey import JourneyStep
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


def confirm_arrival(work: UnitOfWork, thread: str, arrived_at: datetime) -> ReferralRow:
    """Confirm when the person arrived.

    Raises:
        BadInput: if that moment has not come yet.
    """
    row = entitled(work, thread, Act.CONFIRM_ARRIVAL)
    say(work, row, JourneyStep.ARRIVED, {"arrived_at": happened(arrived_at, work, "arrived_at")})
    return row


def not_arrived(work: UnitOfWork, thread: str, reason: str) -> ReferralRow:
    """Say that the person was not there; the host is asked what happened."""
    return act(work, thread, Act.CONFIRM_ARRIVAL, JourneyStep.NOT_ARRIVED, {"reason": reason})

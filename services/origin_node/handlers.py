"""What an origin does with each step of a host, beyond what both sides do alike.

    requested                          keep what was stated, offer each requested service
    answered, journey-changed          put what came in the place of what the host stated before, class by class
    consent-changed                    keep to the new terms, and erase what they do not cover
    withdrawn                          erase, and answer that it is done
    everything else                    nothing more than the timeline tells

Whether the step is legal, and every field within consent and SOP, has been checked before (`relevo.delivery.policy`).
"""

from __future__ import annotations

from collections.abc import Mapping

from origin_node import assignments, consents
from origin_node.erasure import erase
from origin_node.tables import StatedRow
from relevo.delivery.node import Handler
from relevo.domain.excess_data import CONSENT_CHANGED
from relevo.domain.journey import JourneyStep
from relevo.domain.referral import Step
from relevo.messages.content import Said
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


def stated(work: UnitOfWork, row: ReferralRow, said: Said) -> None:
    """Keep what the host stated, and offer the services that it asks for."""
    for name, fields in said.classes.items():
        work.session.merge(
            StatedRow(
                peer=row.peer,
                thread=row.thread,
                data_class=name,
                fields=dict(fields),
                jti=row.peer_last,
                stated_at=work.at,
            )
        )
    assignments.offer(work, row, row.services)


def withdrawn(work: UnitOfWork, row: ReferralRow, _said: Said) -> None:
    """Erase, and answer that it is done."""
    erase(work, row)


def noted(_work: UnitOfWork, _row: ReferralRow, _said: Said) -> None:
    """The timeline tells it; there is nothing else to do."""


HANDLERS: Mapping[str, Handler] = {
    Step.REQUESTED: stated,
    Step.ANSWERED: stated,
    JourneyStep.JOURNEY_CHANGED: stated,
    JourneyStep.DEPARTED: noted,
    JourneyStep.JOURNEY_CANCELLED: noted,
    Step.CANCELLED: noted,
    Step.CANCEL_REQUESTED: noted,
    Step.WITHDRAWN: withdrawn,
    Step.ERASED: noted,
    Step.ENTERED_IN_ERROR: noted,
    CONSENT_CHANGED: consents.learn,
    "corrected": stated,
    "costs-planned": noted,
    "costs-agreed": noted,
    "costs-reported": noted,
    "medical-question": noted,
    "medical-answer": noted,
}
"""One entry for each step that a host may say about a person."""

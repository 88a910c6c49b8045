"""What an origin does with each step of a host, beyond what both sides do alike.

    requested                          keep what was stated, offer each requested service
    answered, journey-changed,         put what came in the place of what the host stated before, class by class;
    corrected                          what stood before stays readable (`origin_node.statements`)
    consent-changed                    keep to the new terms, and erase what they do not cover
    medical-question, medical-answer   only where clinicians may speak; an answer can bring medicines anew
    costs-planned, -agreed, -reported  keep them, and what of them stands (`relevo.delivery.costs`)
    withdrawn                          erase, and answer that it is done
    entered-in-error                   erase
    everything else                    nothing more than the timeline tells

Whether the step is legal, and every field within consent and SOP, has been checked before (`relevo.delivery.policy`).
"""

from __future__ import annotations

from collections.abc import Mapping

from origin_node import assignments, consents, costs, statements
from origin_node.erasure import entered_in_error, erase
from relevo.delivery import clinical
from relevo.delivery.node import Handler
from relevo.domain.excess_data import CONSENT_CHANGED
from relevo.domain.journey import JourneyStep
from relevo.domain.referral import Step
from relevo.messages.content import Said
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


def stated(work: UnitOfWork, row: ReferralRow, said: Said) -> None:
    """Keep what the host stated, and offer the services that it asks for."""
    statements.keep(work, row, said)
    costs.stated(work, row, said)
    assignments.offer(work, row, row.services, begins=said.step == Step.REQUESTED)


def told_by_clinician(work: UnitOfWork, row: ReferralRow, said: Said) -> None:
    """A clinician of the host answered; what came with it takes the place of what was stated before."""
    clinical.learned(work, row, said)
    stated(work, row, said)


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
    Step.ENTERED_IN_ERROR: entered_in_error,
    CONSENT_CHANGED: consents.learn,
    "corrected": stated,
    **costs.HANDLERS,
    "medical-question": clinical.learned,
    "medical-answer": told_by_clinician,
}
"""One entry for each step that a host may say about a person."""

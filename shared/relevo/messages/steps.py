"""What a step says of itself, beside the data classes that may travel with it.

`PAYLOADS` has one strict model for each exact step: those of `relevo.domain.referral`, the journey, first contact,
follow-up, the work on one service, and the agreement of a procedure between two nodes. A step that needs no words has
an empty payload, and everything found in it is refused.

    requested        purpose, urgency, confidential, household?      closed         reason
    declined         reason, text (if and only if the reason is      waitlisted     review_on
                     `other`)                                         first-contact  at, channel, outcome, by_role
    …

Whether a step is legal now is not decided here. Nothing here repeats a value in a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.errors import Refusal
from relevo.messages import steps_contacts as contacts
from relevo.messages import steps_progress as progress
from relevo.messages import steps_record as record
from relevo.messages import steps_referral as referral
from relevo.messages import steps_sop as sop
from relevo.messages import steps_streams as streams
from relevo.messages.classes_faults import examine, unknown
from relevo.messages.classes_shape import WELL_FORMED
from relevo.messages.steps_shape import StepPayload

if TYPE_CHECKING:
    from relevo.domain.data_classes import JsonValue

PAYLOADS: Mapping[str, type[StepPayload]] = MappingProxyType(
    {
        "requested": referral.Requested,
        "acknowledged": referral.Acknowledged,
        "accepted": referral.Accepted,
        "declined": referral.Declined,
        "information-requested": referral.InformationRequested,
        "answered": referral.Answered,
        "waitlisted": referral.Waitlisted,
        "started": referral.Started,
        "held": referral.Held,
        "resumed": referral.Resumed,
        "completed": referral.Completed,
        "not-completed": referral.NotCompleted,
        "closed": referral.Closed,
        "reopened": referral.Reopened,
        "cancelled": referral.Cancelled,
        "cancel-requested": referral.CancelRequested,
        "cancel-agreed": referral.CancelAgreed,
        "cancel-objected": referral.CancelObjected,
        "withdrawn": referral.Withdrawn,
        "erased": referral.Erased,
        "entered-in-error": referral.EnteredInError,
        "journey-changed": progress.JourneyChanged,
        "departed": progress.Departed,
        "arrived": progress.Arrived,
        "not-arrived": progress.NotArrived,
        "journey-cancelled": progress.JourneyCancelled,
        "first-contact": progress.FirstContact,
        "follow-up": progress.FollowUp,
        "service": progress.Service,
        "consent-changed": record.ConsentChanged,
        "erasure-confirmed": record.ErasureConfirmed,
        "corrected": record.Corrected,
        "plan-agreed": record.PlanAgreed,
        "medication-secured": record.MedicationSecured,
        "documents-returned": record.DocumentsReturned,
        "costs-planned": record.CostsPlanned,
        "costs-agreed": record.CostsAgreed,
        "costs-reported": record.CostsReported,
        "medical-question": record.MedicalQuestion,
        "medical-answer": record.MedicalAnswer,
        "contact-list": contacts.ContactListSent,
        "sop-proposed": sop.SopProposed,
        "sop-accepted": sop.SopAccepted,
        "stream-restarted": streams.StreamRestarted,
    }
)


class StepInvalid(Refusal):
    """What was said with this step is incomplete, or not in the form that it needs."""

    code = "step-invalid"
    rule = WELL_FORMED
    advice = "Correct the fields that are named; nothing was stored."


def read_payload(step: str, fields: Mapping[str, JsonValue]) -> StepPayload:
    """What a step says, as the model of that step.

    Args:
        step: the exact step, a key of `PAYLOADS`.
        fields: JSON values by name of the field.

    Raises:
        StepInvalid: with one reason for each fault; paths begin with the step, as in `declined.text`.
    """
    if step not in PAYLOADS:
        raise StepInvalid(unknown(step, "Use a step of this version of Relevo."))
    payload, reasons = examine(PAYLOADS[step], fields, within=step)
    if payload is None:
        raise StepInvalid(*reasons)
    return payload


__all__ = ["PAYLOADS", "StepInvalid", "StepPayload", "read_payload"]

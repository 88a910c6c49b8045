"""What is wrong with an exception: the sender is told so before it leaves, and the receiver refuses with the same."""

from __future__ import annotations

from relevo.errors import Refusal


class ExceptionUnattested(Refusal):
    """No mental-health professional attests the danger, and this exception needs it."""

    code = "exception-unattested"
    rule = "exception.attested"
    advice = "Ask a mental-health professional for the attestation, and raise the exception again with it."


class AttestationDated(Refusal):
    """The attestation is dated in the future."""

    code = "exception-attestation-date"
    rule = "exception.attested"
    advice = "Check the date of the attestation, and raise the exception again."


class ExceptionExcess(Refusal):
    """An exception lets only the life-saving classes of the procedure move."""

    code = "exception-excess"
    rule = "exception.minimal"
    clause = "exception.classes"
    advice = "Leave this part out; it can follow once the person has consented."


class ExceptionTooLong(Refusal):
    """The exception would last longer than the procedure lets it, or begins in the future."""

    code = "exception-too-long"
    rule = "exception.expires"
    clause = "exception.expiry_hours"
    advice = "Raise it again; the procedure says how many hours an exception lasts."


class ExceptionExpired(Refusal):
    """The exception has run out."""

    code = "exception-expired"
    rule = "exception.expires"
    clause = "exception.expiry_hours"
    advice = "Ask the person for consent. If the danger goes on and they cannot be asked, raise it again."


class ExceptionNotEmergency(Refusal):
    """Only an emergency can leave without consent."""

    code = "exception-not-emergency"
    rule = "exception.emergency"
    advice = "Mark the referral as an emergency if it is one; otherwise ask the person for consent."

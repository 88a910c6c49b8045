"""Who answers for a referral without consent (note 38): the log says who reviewed it, the record who attests it.

| shown | said |
| --- | --- |
| the sender's log has no exception | nobody answers for it |
| a second person reviewed it, or nobody yet | that |
| the record, in evidence with content | whether a professional attests it, where one has to |
| no record | that this is sealed, and whom to ask |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.domain.exception import needs_attestation
from relevo.errors import Refusal, WireError
from relevo.messages.exception import exception_from_record
from relevo.protocol.record import RecordType
from relevo.protocol.verification_report import Check, could_not_check, holds, not_kept

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from relevo.domain.exception import ExceptionTerms
    from relevo.protocol.record import Record
    from relevo.protocol.verification_report import Line

REVIEWED = frozenset({"used-reviewed", "approved", "rejected"})


def exception_lines(
    subject: str, sender: str, records: Mapping[str, Sequence[Record]], shown: Sequence[bytes]
) -> Iterator[Line]:
    """Lines about a referral that left without consent.

    Args:
        subject: how lines call it.
        sender: the node that sent it.
        records: what the log of each node that brought a file says of it.
        shown: the records of exceptions that the files disclose, each of which a message names.
    """
    yield _review_line(subject, sender, records)
    if not shown:
        text = (
            "whether a professional attests the danger: why it left without consent is sealed. "
            f"Who leads the case at {sender} can show it (evidence --with-content)."
        )
        yield could_not_check(Check.BASIS, subject, text)
    for record in shown:
        yield _attestation_line(subject, _terms(record))


def _review_line(subject: str, sender: str, records: Mapping[str, Sequence[Record]]) -> Line:
    if sender not in records:
        text = f"who answers for it: nobody consented. Ask {sender} for its file; the review stands in its log."
        return could_not_check(Check.BASIS, subject, text)
    changes = {str(one.fields["change"]) for one in records[sender] if one.type is RecordType.EXCEPTION}
    if not changes:
        text = f"nobody consented, and the log of {sender} knows of no exception for it: nobody answers for it."
        return not_kept(Check.BASIS, subject, "exception-unlogged", text)
    if changes & REVIEWED:
        text = "nobody consented; a second person reviewed the exception, and that is logged."
        return holds(Check.BASIS, subject, text)
    text = "nobody consented, and no second person has reviewed the exception."
    return not_kept(Check.BASIS, subject, "exception-unreviewed", text)


def _attestation_line(subject: str, terms: ExceptionTerms | None) -> Line:
    if terms is None:
        return could_not_check(
            Check.BASIS, subject, "what its exception says; it is not of the form that is known here."
        )
    if terms.attestation is not None:
        text = f"a professional attests the danger ({terms.reason}), with name, registration and date."
        return holds(Check.BASIS, subject, text)
    if needs_attestation(terms.reason, terms.classes):
        text = f"it left for {terms.reason}, which a mental-health professional has to attest, and none did."
        return not_kept(Check.BASIS, subject, "exception-unattested", text)
    return holds(Check.BASIS, subject, f"it left for {terms.reason}, which needs nobody's attestation.")


def _terms(record: bytes) -> ExceptionTerms | None:
    try:
        return exception_from_record(record)
    except (Refusal, WireError):
        return None

"""Every message that nodes exchange, as one table that a reviewer can read.

A message carries one step. The *kind* is all that stands in the open: several steps share one, so that a manifest
does not tell whether a referral was accepted or declined. `during` says when a step that does not move the status may
be taken; steps that do move it stand in `relevo.domain.referral.NEXT`. What an origin may tell where the
person does not want outcomes to return stands in `relevo.domain.excess_data.ALWAYS_RETURN`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from relevo.domain.data_classes import RETURNING, DataClass
from relevo.domain.referral import Status
from relevo.domain.sides import Side
from relevo.errors import Refusal, WireError

HOST, ORIGIN = frozenset({Side.HOST}), frozenset({Side.ORIGIN})
BOTH = HOST | ORIGIN

STATED = frozenset(DataClass) - frozenset(RETURNING) | {DataClass.COSTS, DataClass.DOCUMENTS}
"""What a host states about a person; the rest is what an origin returns. Either side plans costs and has documents."""

TERMS = frozenset({DataClass.CONSENT})
MEDICAL = frozenset({DataClass.HEALTH_SUMMARY, DataClass.MEDICATION})

DECIDED = frozenset({Status.ACCEPTED, Status.IN_PROGRESS, Status.ON_HOLD, Status.COMPLETED, Status.NOT_COMPLETED})
UNDECIDED = frozenset({Status.REQUESTED, Status.ACKNOWLEDGED, Status.INFORMATION_REQUESTED, Status.WAITLISTED})
UNDER_WAY = UNDECIDED | DECIDED | {Status.CANCEL_REQUESTED}
SENT = frozenset(Status) - {Status.DRAFT}
LATE = DECIDED | {Status.CLOSED}
"""Bills and certificates come late: both may be told after the close as well."""
CORRECTED = STATED - TERMS - {DataClass.COSTS}
STANDING = frozenset(Status) - {Status.DRAFT, Status.WITHDRAWN, Status.ERASED, Status.ENTERED_IN_ERROR}


class UnknownStep(WireError):
    """This version does not know the step."""

    code = "step-unknown"
    rule = "lifecycle.step"
    advice = "Nothing is lost: the message comes again by itself, and is taken once this node knows the step."


class MisplacedStep(Refusal):
    """The step is not one of this side, or does not belong to the kind in the open."""

    code = "step-misplaced"
    rule = "lifecycle.step"
    advice = "Look at the table of steps: each belongs to one side, or both, and to one kind."


@dataclass(frozen=True, kw_only=True)
class MessageType:
    """One row of the table: who says what, of which kind, carrying which data classes."""

    kind: str
    by: frozenset[Side]
    classes: frozenset[DataClass] = frozenset()
    during: frozenset[Status] | None = None


FILES = frozenset({DataClass.DOCUMENTS})
RETURNED = frozenset(RETURNING) - FILES
"""What comes back with a report; documents have a step of their own, which a node that does not know it lets wait."""

MESSAGES: Mapping[str, MessageType] = {
    # the referral, from the host
    "requested": MessageType(kind="requested", by=HOST, classes=STATED | {DataClass.COSTS}),
    "answered": MessageType(kind="message", by=HOST, classes=STATED - {DataClass.CONSENT}),
    "cancelled": MessageType(kind="closed", by=HOST),
    "cancel-requested": MessageType(kind="message", by=HOST),
    # the journey
    "journey-changed": MessageType(kind="message", by=HOST, classes=frozenset({DataClass.TRAVEL}), during=UNDER_WAY),
    "departed": MessageType(kind="message", by=HOST, during=UNDER_WAY),
    "journey-cancelled": MessageType(kind="message", by=HOST, during=UNDER_WAY),
    "arrived": MessageType(kind="message", by=ORIGIN, during=UNDER_WAY),
    "not-arrived": MessageType(kind="message", by=ORIGIN, during=UNDER_WAY),
    # the decision, from the origin
    "acknowledged": MessageType(kind="acknowledged", by=ORIGIN),
    "accepted": MessageType(kind="answered", by=ORIGIN),
    "declined": MessageType(kind="answered", by=ORIGIN),
    "information-requested": MessageType(kind="answered", by=ORIGIN),
    "waitlisted": MessageType(kind="answered", by=ORIGIN),
    # what was done
    "first-contact": MessageType(kind="contacted", by=ORIGIN, during=UNDER_WAY),
    "service": MessageType(kind="reported", by=ORIGIN, during=DECIDED),
    "started": MessageType(kind="reported", by=ORIGIN),
    "held": MessageType(kind="reported", by=ORIGIN),
    "resumed": MessageType(kind="reported", by=ORIGIN),
    "follow-up": MessageType(kind="reported", by=ORIGIN, classes=RETURNED, during=DECIDED),
    "completed": MessageType(kind="reported", by=ORIGIN, classes=RETURNED),
    "not-completed": MessageType(kind="reported", by=ORIGIN, classes=RETURNED),
    "closed": MessageType(kind="closed", by=ORIGIN, classes=RETURNED),
    "reopened": MessageType(kind="reported", by=ORIGIN),
    "cancel-agreed": MessageType(kind="closed", by=ORIGIN),
    "cancel-objected": MessageType(kind="message", by=ORIGIN),
    # either side
    "withdrawn": MessageType(kind="withdrawn", by=BOTH),
    "erased": MessageType(kind="erased", by=BOTH),
    "entered-in-error": MessageType(kind="withdrawn", by=HOST),
    # consent, which a person may change wherever they sit, also after closing
    "consent-changed": MessageType(kind="message", by=BOTH, classes=TERMS, during=STANDING),
    "erasure-confirmed": MessageType(kind="erased", by=ORIGIN, during=SENT),
    # the record
    "corrected": MessageType(kind="message", by=HOST, classes=CORRECTED, during=UNDER_WAY),
    "medication-secured": MessageType(kind="reported", by=ORIGIN, during=UNDER_WAY),
    "plan-agreed": MessageType(kind="reported", by=ORIGIN, classes=frozenset({DataClass.PLAN}), during=DECIDED),
    "documents-returned": MessageType(kind="reported", by=ORIGIN, classes=FILES, during=LATE),
    "costs-planned": MessageType(kind="message", by=BOTH, classes=frozenset({DataClass.COSTS}), during=UNDER_WAY),
    "costs-agreed": MessageType(kind="message", by=BOTH, during=UNDER_WAY),
    "costs-reported": MessageType(kind="message", by=BOTH, classes=frozenset({DataClass.COSTS}), during=LATE),
    # between clinicians, under medical-continuity alone
    "medical-question": MessageType(kind="message", by=BOTH, during=UNDER_WAY),
    "medical-answer": MessageType(kind="message", by=BOTH, classes=MEDICAL, during=UNDER_WAY),
    # between the nodes themselves, about no person in need
    "contact-list": MessageType(kind="node", by=BOTH),
    "sop-proposed": MessageType(kind="node", by=BOTH),
    "sop-accepted": MessageType(kind="node", by=BOTH),
    "stream-restarted": MessageType(kind="node", by=BOTH),
}

NODE_KIND = "node"


def message_type(step: str, by: Side) -> MessageType:
    """The row of a step that this side may say.

    Raises:
        UnknownStep: if nobody here knows such a step.
        MisplacedStep: if it is one of the other side.
    """
    found = MESSAGES.get(step)
    if found is None:
        raise UnknownStep(field="step")
    if by not in found.by:
        raise MisplacedStep(detail=f"the {by} side has no step of that name", field="step")
    return found


def spoken_by(side: Side) -> frozenset[str]:
    """The steps that a side says; the other side's handlers must cover exactly these."""
    return frozenset(step for step, row in MESSAGES.items() if side in row.by)

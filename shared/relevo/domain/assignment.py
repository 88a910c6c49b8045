"""The assignment of one requested service to one organisation at the origin.

    offered -> accepted | declined        accepted -> in-progress -> completed | not-completed
    accepted -> declined                  given back before it began

Each service has its own: health care may be done while housing is refused. A service that one organisation declines
is offered to another in a new assignment. Staff of an organisation do only what `ORGANISATION_MAY` names.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.domain.access import Act
from relevo.domain.referral import IllegalStep

if TYPE_CHECKING:
    from collections.abc import Mapping


class AssignmentStatus(StrEnum):
    """Where an assignment stands; a step is named by the word that it leads to."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    NOT_COMPLETED = "not-completed"


NEXT_ASSIGNMENT: Mapping[AssignmentStatus, tuple[AssignmentStatus, ...]] = MappingProxyType(
    {
        AssignmentStatus.OFFERED: (AssignmentStatus.ACCEPTED, AssignmentStatus.DECLINED),
        AssignmentStatus.ACCEPTED: (AssignmentStatus.IN_PROGRESS, AssignmentStatus.DECLINED),
        AssignmentStatus.IN_PROGRESS: (AssignmentStatus.COMPLETED, AssignmentStatus.NOT_COMPLETED),
        AssignmentStatus.DECLINED: (),
        AssignmentStatus.COMPLETED: (),
        AssignmentStatus.NOT_COMPLETED: (),
    }
)


def allowed_assignment(current: AssignmentStatus) -> tuple[AssignmentStatus, ...]:
    """Where an assignment may go from here."""
    return NEXT_ASSIGNMENT[current]


def advance_assignment(current: AssignmentStatus, to: AssignmentStatus) -> AssignmentStatus:
    """The assignment after the step to `to`.

    Raises:
        IllegalStep: if the table does not lead there.
    """
    if to not in NEXT_ASSIGNMENT[current]:
        raise IllegalStep(to, current, NEXT_ASSIGNMENT[current])
    return to


TAKEN = frozenset({AssignmentStatus.ACCEPTED, AssignmentStatus.IN_PROGRESS})
"""An organisation has a place, and perhaps money, promised to the person."""
ANSWERS = frozenset({AssignmentStatus.ACCEPTED, AssignmentStatus.DECLINED})
"""What an organisation answers to an offer; it may give back what it took before it began."""
KNOWN = TAKEN | {AssignmentStatus.COMPLETED, AssignmentStatus.NOT_COMPLETED}
"""The organisation took the service at some time and works, or worked, with the person."""

ORGANISATION_MAY: Mapping[Act, frozenset[AssignmentStatus]] = MappingProxyType(
    {
        Act.ANSWER_OFFER: TAKEN | {AssignmentStatus.OFFERED},
        Act.REPORT_SERVICE: KNOWN,
        Act.READ_OWN_PART: KNOWN,
        Act.RECORD_FIRST_CONTACT: TAKEN,
        Act.CONFIRM_ARRIVAL: TAKEN,
        Act.REPORT_FOLLOW_UP: KNOWN,
        Act.AGREE_PLAN: TAKEN,
        Act.REASSESS: TAKEN,
        Act.REPORT_COSTS: KNOWN,
        Act.RECORD_CONSENT: KNOWN,
        Act.WITHDRAW_CONSENT: KNOWN,
        Act.ASK_CLINICIAN: TAKEN,
        Act.ANSWER_CLINICIAN: TAKEN,
        Act.READ_CLINICAL: TAKEN,
        Act.CONFIRM_ERASURE: frozenset(AssignmentStatus),
    }
)
"""What staff of an organisation may do in a referral, and where a service of theirs must stand for it; nothing else."""

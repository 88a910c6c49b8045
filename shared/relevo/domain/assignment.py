"""The assignment of one requested service to one organisation at the origin.

    offered -> accepted | declined        accepted -> in-progress -> completed | not-completed

Each service has its own: health care may be done while housing is refused. A service that one organisation declines
is offered to another in a new assignment.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

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
        AssignmentStatus.ACCEPTED: (AssignmentStatus.IN_PROGRESS,),
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

"""What the steps of `relevo.domain.referral` say: one model for each step that can move the status.

Closed lists of words are those of the rules. Free text is for the people of the other side; it is bounded, and stands
only where a word cannot do.

Source: Reintegration Handbook, 4.1.3 (referral mechanisms).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from relevo.domain.data_classes import DataClass
from relevo.domain.referral import ClosingReason, DeclineReason
from relevo.domain.sides import Urgency
from relevo.errors import Reason
from relevo.messages.classes_shape import Strict, fault, misplaced, missing
from relevo.messages.classes_values import Day, Line, Note, Organisation, Thread, Word, each_once
from relevo.messages.steps_shape import StepPayload


def _falls_short(reason: ClosingReason) -> ClosingReason:
    if reason is ClosingReason.COMPLETED:
        raise fault("says that it was completed", "Give the reason why not, or report it as completed.")
    return reason


class Requested(StepPayload):
    """The host asks for assistance; `household` joins referrals of people who travel together."""

    purpose: Word
    urgency: Urgency
    confidential: bool
    household: Thread | None = None


class Acknowledged(StepPayload):
    """A person at the origin has seen it; nothing is decided."""


class Accepted(StepPayload):
    """The origin takes it."""

    note: Note | None = None


class Declined(StepPayload):
    """The origin does not take it; words stand beside the reason `other` and no other."""

    reason: DeclineReason
    text: Note | None = None

    @classmethod
    def contradictions(cls, given: Mapping[str, object]) -> Iterator[Reason]:
        """Words if and only if no listed reason fits."""
        other = given.get("reason") == DeclineReason.OTHER
        if other and "text" not in given:
            yield missing("text", "Say in a sentence why it is declined.")
        if "reason" in given and not other and "text" in given:
            yield misplaced("text", "belongs to the reason `other`", "Leave it out, or choose `other`.")


class InformationRequested(StepPayload):
    """The origin asks, and may name the classes in which the answer is expected."""

    question: Note
    classes: Annotated[tuple[DataClass, ...], Field(max_length=20), AfterValidator(each_once)] | None = None


class Answered(StepPayload):
    """The host answers."""

    answer: Note


class Waitlisted(StepPayload):
    """There is a waiting list; on this day the origin looks again."""

    review_on: Day


class Started(StepPayload):
    """Assistance has begun."""


class Held(StepPayload):
    """Assistance rests."""

    reason: Line


class Resumed(StepPayload):
    """Assistance goes on."""


class Completed(StepPayload):
    """What was agreed is done."""


class NotCompleted(StepPayload):
    """Assistance ended before what was agreed was done."""

    reason: Annotated[ClosingReason, AfterValidator(_falls_short)]


class Closed(StepPayload):
    """The referral ends; the person's comments travel as `feedback`."""

    reason: ClosingReason


class Reopened(StepPayload):
    """A closed referral goes on."""

    reason: Line


class Cancelled(StepPayload):
    """The host takes it back before it was accepted."""

    reason: Line | None = None


class CancelRequested(StepPayload):
    """The host asks to take it back after it was accepted."""

    reason: Line | None = None


class CancelAgreed(StepPayload):
    """The origin lets it go."""


class CancelObjected(StepPayload):
    """The origin goes on and says why."""

    reason: Line


class Withdrawn(StepPayload):
    """The person withdraws consent to everything; to less of it, they narrow it (`consent-changed`)."""

    scope: Literal["all"]


class Kept(Strict):
    """A data class that the procedure obliges to keep, and the last day of it."""

    data_class: DataClass
    until: Day


class Erased(StepPayload):
    """This side has erased all but what is named; an empty list says that nothing is kept.

    `asked` are the organisations that were given a part and must erase it too; each is confirmed by itself.
    """

    kept: Annotated[tuple[Kept, ...], Field(max_length=20)]
    asked: Annotated[tuple[Organisation, ...], Field(max_length=100), AfterValidator(each_once)] | None = None


class EnteredInError(StepPayload):
    """It should never have been sent."""

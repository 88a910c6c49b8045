"""How the person is first reached after arrival, and whom nobody may call.

A first contact is a row of attempts until one of them reaches the person (handbook, section 4.1.3, step 4). The
person's preference stands above every deadline: under `do-not-contact` no attempt is recorded and no clock runs;
under `via-intermediary` every attempt goes to the intermediary, and the clock runs towards them. Who does not want to
be contacted before arrival is not. After an attempt that was unsafe nobody tries again before intake has cleared it,
and after a death nobody tries at all. Hours are a wish: outside them there is a hint, never a refusal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from typing import TYPE_CHECKING

from relevo.domain.referral import Step
from relevo.domain.referral_reasons import ClosingReason
from relevo.errors import Conflict, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from relevo.domain.data_classes import JsonValue

_ENDINGS = frozenset({Step.NOT_COMPLETED, Step.CLOSED, Step.REOPENED})


HANDS_OFF = "Do not contact the person"
"""How every sentence begins that keeps people from calling."""


class Channel(StrEnum):
    """A way to reach the person; the last two can only be preferences or go through somebody else."""

    PHONE = "phone"
    MESSAGE = "message"
    EMAIL = "email"
    IN_PERSON = "in-person"
    VIA_INTERMEDIARY = "via-intermediary"
    DO_NOT_CONTACT = "do-not-contact"


class ContactOutcome(StrEnum):
    """What came of one attempt."""

    REACHED = "reached"
    NO_ANSWER = "no-answer"
    WRONG_NUMBER = "wrong-number"
    REFUSED = "refused"
    UNSAFE = "unsafe"


class Towards(StrEnum):
    """Whom a contact addresses."""

    PERSON = "person"
    INTERMEDIARY = "intermediary"
    NOBODY = "nobody"


class DoNotContact(Refusal):
    """The person asked not to be contacted."""

    code = "do-not-contact"
    rule = "contact.preference"
    advice = "Do not call, write or visit. If the person comes by themselves, ask them how they wish to be reached."


class IntermediaryOnly(Refusal):
    """The person may only be reached through the intermediary."""

    code = "via-intermediary"
    rule = "contact.preference"
    advice = "Speak only with the intermediary whom the person named; any other way can put them in danger."


class NotBeforeArrival(Refusal):
    """The person does not want to be contacted before they have arrived."""

    code = "contact-before-arrival"
    rule = "contact.before-arrival"
    advice = "Wait until the arrival is confirmed, then try. What cannot wait, ask the host."


class ContactUnsafe(Conflict):
    """The last attempt was unsafe, and nobody has said that it is safe to try again."""

    code = "contact-unsafe"
    rule = "contact.safe"
    advice = "Do not try again. Intake finds out what happened and clears the contact, or finds another way."


class PersonDied(Conflict):
    """The person has died, and all contact has stopped."""

    code = "person-died"
    rule = "contact.after-death"
    advice = "Do not call or write. Close the referral; the other referrals of the household go on."


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt to reach the person: when, by whom (a user id), how, and what came of it.

    `cleared` says that intake looked at an unsafe attempt, and that it is safe to try again.
    """

    at: datetime
    by: str
    channel: Channel
    outcome: ContactOutcome
    cleared: bool = False


@dataclass(frozen=True, kw_only=True)
class Hint:
    """Something to mind before the next attempt: a stable code, and a sentence for whoever makes it."""

    code: str
    text: str


def towards(preference: Channel | None) -> Towards:
    """Whom a contact addresses under the person's `preference`."""
    if preference is Channel.DO_NOT_CONTACT:
        return Towards.NOBODY
    return Towards.INTERMEDIARY if preference is Channel.VIA_INTERMEDIARY else Towards.PERSON


def careful(text: str, way: Towards) -> str:
    """What somebody is told to do about a person, so that it never leads round how they want to be reached."""
    if way is Towards.NOBODY:
        return f"{HANDS_OFF}: do this without them, or when they come by themselves. {text}"
    return f"Only through the intermediary whom the person named: {text}" if way is Towards.INTERMEDIARY else text


def require_attempt(channel: Channel, *, preference: Channel | None) -> None:
    """Whether an attempt by `channel` respects the person's `preference`.

    Raises:
        DoNotContact: nobody may contact them; nor is `do-not-contact` a way to reach anybody.
        IntermediaryOnly: the attempt went round the intermediary.
    """
    if Channel.DO_NOT_CONTACT in (channel, preference):
        raise DoNotContact(field="contact.channel")
    if preference is Channel.VIA_INTERMEDIARY and channel is not preference:
        raise IntermediaryOnly(field="contact.channel")


def require_moment(*, before_arrival: JsonValue, arrived: bool) -> None:
    """Whether the person wants to be contacted at this point of the journey.

    Raises:
        NotBeforeArrival: if they said no to it, and their arrival is not confirmed.
    """
    if before_arrival is False and not arrived:
        raise NotBeforeArrival(field="contact.before_arrival")


def require_safe(attempts: Iterable[Attempt]) -> None:
    """Whether an attempt may be made after these.

    Raises:
        ContactUnsafe: if one was unsafe, and intake has not cleared it.
    """
    if is_unsafe(attempts):
        raise ContactUnsafe(field="outcome")


def is_unsafe(attempts: Iterable[Attempt]) -> bool:
    """Whether one of the attempts was unsafe and nobody has cleared it."""
    return any(attempt.outcome is ContactOutcome.UNSAFE and not attempt.cleared for attempt in attempts)


def has_died(endings: Iterable[tuple[str, str | None]]) -> bool:
    """Whether the last ending among the steps, each with its reason, is a death; reopening takes it back."""
    last = [reason for step, reason in endings if step in _ENDINGS]
    return bool(last) and last[-1] == ClosingReason.DIED


def is_made(attempts: Iterable[Attempt]) -> bool:
    """Whether one of the attempts reached them."""
    return any(attempt.outcome is ContactOutcome.REACHED for attempt in attempts)


def hints(contact: Mapping[str, JsonValue], *, at: datetime, zone: ZoneInfo) -> tuple[Hint, ...]:
    """What to mind before the next attempt, by the class `contact`; times are local where the person is."""
    return tuple(_hints(contact, at.astimezone(zone).time()))


def _hints(contact: Mapping[str, JsonValue], now: time) -> Iterator[Hint]:
    if contact.get("channel") == Channel.DO_NOT_CONTACT:
        yield Hint(code="do-not-contact", text=f"{HANDS_OFF}: they asked not to be contacted.")
    if contact.get("never"):
        yield Hint(code="never", text=f"Never: {contact['never']}")
    if contact.get("channel") == Channel.VIA_INTERMEDIARY:
        yield Hint(code="via-intermediary", text=f"Speak only with: {contact.get('intermediary', 'the intermediary')}")
    if contact.get("who_may_answer"):
        yield Hint(code="who-may-answer", text=f"Who may answer: {contact['who_may_answer']}")
    hours = contact.get("hours")
    if isinstance(hours, str) and not _within(hours, now):
        yield Hint(code="outside-hours", text=f"It is outside the hours that the person gave ({hours}).")


def _within(hours: str, now: time) -> bool:
    """Whether `now` lies in one of the spans of `10:00-13:00, 15:00-24:00`; a span may pass midnight."""
    minute = f"{now:%H:%M}"
    spans = (span.strip().split("-") for span in hours.split(","))
    return any(opens <= minute < ends if opens < ends else minute >= opens or minute < ends for opens, ends in spans)

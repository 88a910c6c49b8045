"""How the person is first reached after arrival, and whom nobody may call.

A first contact is a row of attempts until one of them reaches the person (handbook, section 4.1.3, step 4). The
person's preference stands above every deadline: under `do-not-contact` no attempt is recorded and no clock runs;
under `via-intermediary` every attempt goes to the intermediary, and the clock runs towards them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from relevo.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


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


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt to reach the person: when, by whom (a user id), how, and what came of it."""

    at: datetime
    by: str
    channel: Channel
    outcome: ContactOutcome


def towards(preference: Channel | None) -> Towards:
    """Whom a contact addresses under the person's `preference`."""
    if preference is Channel.DO_NOT_CONTACT:
        return Towards.NOBODY
    return Towards.INTERMEDIARY if preference is Channel.VIA_INTERMEDIARY else Towards.PERSON


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


def is_made(attempts: Iterable[Attempt]) -> bool:
    """Whether one of the attempts reached them."""
    return any(attempt.outcome is ContactOutcome.REACHED for attempt in attempts)

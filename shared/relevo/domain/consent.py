"""When a person's consent lets their data cross a border.

A referral leaves only if a valid consent covers its purpose, its receiver and every class that must be in it
(handbook, section 4.1.3, step 4). For one purpose and one receiver **the newest consent speaks**, alone: a later
one that is narrower, withdrawn or expired is never replaced by an older, wider one. `consents` are those of one
person, in the order in which they were recorded; of two taken on one day the later recorded speaks.

`Terms` are what the receiver must keep. Why something is withheld is not among them: it can endanger the person
and stays at home. Nothing here reads a clock or a database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from relevo.errors import Reason, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime


class NoConsent(Refusal):
    """No valid consent covers this purpose, this receiver and these classes."""

    code = "no-consent"
    rule = "consent.recorded"
    advice = "Sit with the person, explain again, and record what they agree to; nothing has left."


class Giver(StrEnum):
    """Who consents: the person, a legal guardian with evidence, or somebody who only looks after them."""

    PERSON = "person"
    GUARDIAN = "guardian"
    CAREGIVER = "caregiver"


@dataclass(frozen=True, kw_only=True)
class Account:
    """How a consent, or a change of one, was taken; it stays where it was taken.

    `capacity` is in words (`mother`, `caregiver, not legal guardian`). `evidence` is the reference or the digest of the
    document that shows a guardian, `evidence_kind` what kind it is. `sheet` is the digest of the sheet that was signed.
    """

    by: str = "the person"
    giver: Giver = Giver.PERSON
    capacity: str | None = None
    evidence_kind: str | None = None
    evidence: str | None = None
    language: str
    interpreter: bool = False
    risks_explained: bool = False
    withdrawing_explained: bool = False
    taken_on: date
    taken_by: str | None = None
    sheet: str | None = None


@dataclass(frozen=True, kw_only=True)
class Withholding:
    """What is to be withheld, from whom and why; the reason never leaves the node that recorded it."""

    what: str
    from_whom: str
    why: str = ""


class Withheld(NamedTuple):
    """What is to be withheld and from whom, as the receiver may know it."""

    what: str
    from_whom: str


@dataclass(frozen=True, kw_only=True)
class Consent:
    """A recorded consent.

    `receiver` is a node id, `organisation` a local organisation of that node (`ge:dabruneba/shelter`) or None for
    the node's own choice. `expires_on` is the last day, in UTC, on which it holds.
    """

    id: str
    purpose: str
    receiver: str
    organisation: str | None = None
    classes: frozenset[str]
    withhold: tuple[Withholding, ...] = ()
    outcomes_may_return: bool = False
    by: str
    language: str
    interpreter: bool = False
    taken_on: date
    expires_on: date
    withdrawn_at: datetime | None = None
    giver: Giver = Giver.PERSON
    evidence: str | None = None


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a receiver must keep: a consent without the person, the circumstances and the reasons.

    `exception_ends` is the moment at which an exception runs out, where there was no consent.
    """

    purpose: str
    receiver: str
    organisation: str | None = None
    classes: frozenset[str]
    expires_on: date
    withhold: tuple[Withheld, ...] = ()
    outcomes_may_return: bool = False
    exception_ends: datetime | None = None

    @property
    def without_consent(self) -> bool:
        """Whether nobody consented, and they are those of an exception (`relevo.domain.exception`)."""
        return self.exception_ends is not None


def terms_of(consent: Consent) -> Terms:
    """The terms that travel with a referral under `consent`."""
    return Terms(
        purpose=consent.purpose,
        receiver=consent.receiver,
        organisation=consent.organisation,
        classes=consent.classes,
        expires_on=consent.expires_on,
        withhold=tuple(Withheld(one.what, one.from_whom) for one in consent.withhold),
        outcomes_may_return=consent.outcomes_may_return,
    )


def is_withdrawn(consent: Consent, at: datetime) -> bool:
    """Whether it had been withdrawn by `at`."""
    return consent.withdrawn_at is not None and consent.withdrawn_at <= at


def is_expired(given: Consent | Terms, at: datetime) -> bool:
    """Whether its last day, in UTC, was over at `at`; an exception ends by the clock."""
    if isinstance(given, Terms) and given.exception_ends is not None:
        return given.exception_ends <= at
    return given.expires_on < at.astimezone(UTC).date()


def is_valid(consent: Consent, at: datetime) -> bool:
    """Whether it had been taken, was not withdrawn and had not expired at `at`."""
    return not _lapses(consent, at)


def speaking(consents: Iterable[Consent], *, purpose: str, receiver: str, at: datetime) -> Consent | None:
    """The consent that speaks for `purpose` and `receiver` at `at`, valid or not; None if there is none.

    One that is dated in the future speaks only if nothing older does.
    """
    today = at.astimezone(UTC).date()
    matching = [one for one in consents if (one.purpose, one.receiver) == (purpose, receiver)]
    newest_last = sorted(matching, key=lambda one: (one.taken_on <= today, one.taken_on))
    return newest_last[-1] if newest_last else None


def consent_reasons(
    consents: Sequence[Consent], *, purpose: str, receiver: str, classes: Iterable[str], at: datetime
) -> tuple[Reason, ...]:
    """Every reason why `classes` may not go to `receiver` for `purpose` at `at`; empty if they may.

    Codes: `no-consent`, `consent-other-purpose`, `consent-other-receiver`, `consent-withdrawn`,
    `consent-expired`, `consent-not-yet`, `consent-lacks-class`. A consent that no longer holds is that one
    reason and no cascade: which classes it lacks matters once it is renewed.
    """
    found = speaking(consents, purpose=purpose, receiver=receiver, at=at)
    if found is None:
        return _mismatches(consents, purpose=purpose, receiver=receiver)
    return _lapses(found, at) or tuple(_lacks(name, purpose) for name in sorted(set(classes) - found.classes))


def require_consent(
    consents: Sequence[Consent], *, purpose: str, receiver: str, classes: Iterable[str], at: datetime
) -> Consent:
    """The consent under which `classes` may go to `receiver`.

    Raises:
        NoConsent: with every reason why they may not.
    """
    found = speaking(consents, purpose=purpose, receiver=receiver, at=at)
    reasons = consent_reasons(consents, purpose=purpose, receiver=receiver, classes=classes, at=at)
    if found is None or reasons:
        raise NoConsent(*reasons)
    return found


def _lapses(consent: Consent, at: datetime) -> tuple[Reason, ...]:
    if is_withdrawn(consent, at):
        return (_WITHDRAWN,)
    if is_expired(consent, at):
        return (_expired(consent.expires_on),)
    if consent.taken_on > at.astimezone(UTC).date():
        return (_not_yet(consent.taken_on),)
    return ()


def _mismatches(consents: Sequence[Consent], *, purpose: str, receiver: str) -> tuple[Reason, ...]:
    near = (
        *([_OTHER_RECEIVER] if any(one.purpose == purpose for one in consents) else []),
        *([_OTHER_PURPOSE] if any(one.receiver == receiver for one in consents) else []),
    )
    return near or (_NONE,)


def _expired(on: date) -> Reason:
    return Reason(
        code="consent-expired",
        field="consent.expires_on",
        detail=f"the consent expired on {on.isoformat()}",
        advice="Ask the person whether they still agree and record a new consent.",
        rule="consent.expires",
    )


def _not_yet(taken_on: date) -> Reason:
    return Reason(
        code="consent-not-yet",
        field="consent.taken_on",
        detail=f"the consent is dated {taken_on.isoformat()}, which has not come yet",
        advice="Correct the date on which the consent was taken.",
        rule="consent.begins",
    )


def _lacks(data_class: str, purpose: str) -> Reason:
    return Reason(
        code="consent-lacks-class",
        field="consent.classes",
        detail=f"the SOP requires {data_class}, and the consent does not cover it",
        advice=f"Ask the person about {data_class}; if they agree, record a new consent that covers it.",
        rule="consent.covers-class",
        clause=f"purposes.{purpose}",
    )


_WITHDRAWN = Reason(
    code="consent-withdrawn",
    field="consent",
    detail="the person has withdrawn the consent",
    advice="Do not send. If the person changes their mind, record a new consent.",
    rule="consent.withdrawn",
)
_OTHER_RECEIVER = Reason(
    code="consent-other-receiver",
    field="consent.receiver",
    detail="the consent names another receiver",
    advice="Send to the receiver that the person agreed to, or ask the person about this one.",
    rule="consent.covers-receiver",
)
_OTHER_PURPOSE = Reason(
    code="consent-other-purpose",
    field="consent.purpose",
    detail="the consent is for another purpose",
    advice="Send for the purpose that the person agreed to, or ask the person about this one.",
    rule="consent.covers-purpose",
)
_NONE = Reason(
    code="no-consent",
    field="consent",
    detail="no consent of this person is recorded for this purpose and receiver",
    advice="Explain to the person what would be sent and to whom, and record their consent.",
    rule="consent.recorded",
)

"""When a referral may leave without consent: only where a life is in danger (handbook, note 38).

Two things are apart. The **ground** is what the host knows: why, who raised it, who attests it, who reviewed it. The
**exception terms** are what travels, sealed, in the place of a consent: enough for the receiver to check all of it
again, and no more. `faults` is the one table that both sides ask of the terms; `review_reasons` is the host's alone,
because a review is an act of somebody of that node and never a field of a message or a file.

| rule | code |
| --- | --- |
| suicide risk, incapacity and any case with `mental-health-risk` need an attestation | exception-unattested |
| the attestation is not dated in the future | exception-attestation-date |
| nothing moves but the life-saving classes of the procedure | exception-excess |
| it lasts no longer than the procedure lets it, from when it was raised | exception-too-long |
| it has not run out | exception-expired |
| the referral is an emergency | exception-not-emergency |

What the person withheld from somebody in a consent of any time binds here too, and travels: a danger to life lifts the
need to ask, not what they said when they were asked.

Nobody was asked whether outcomes may return, so they may not: only the decision goes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from relevo.domain.consent import Terms, Withheld
from relevo.domain.data_classes import DataClass
from relevo.domain.deadlines import Due, Duty
from relevo.domain.exception_refusals import (
    AttestationDated,
    ExceptionExcess,
    ExceptionExpired,
    ExceptionNotEmergency,
    ExceptionTooLong,
    ExceptionUnattested,
)
from relevo.domain.sides import Side, Urgency
from relevo.domain.working_time import after_hours
from relevo.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, datetime

    from relevo.domain.sop_parts import ExceptionRule
    from relevo.errors import Refusal

REVIEW_HOURS = 24
"""How soon an exception that left at once is reviewed, by the clock."""
SKEW = timedelta(minutes=5)
"""How far the clocks of two nodes may differ before a ground counts as raised in the future."""


class ExceptionReason(StrEnum):
    """Why somebody's life is in danger."""

    LIFE_AT_RISK = "life-at-risk"
    SUICIDE_RISK = "suicide-risk"
    INCAPACITY = "incapacity"


class Decision(StrEnum):
    """What a second person decided."""

    APPROVED = "approved"
    REJECTED = "rejected"


ATTESTED = frozenset({ExceptionReason.SUICIDE_RISK, ExceptionReason.INCAPACITY})
"""Reasons that only a mental-health professional can state."""


@dataclass(frozen=True, kw_only=True)
class Attestation:
    """A mental-health professional who attests the danger: name, registration body and number, date."""

    name: str
    body: str
    number: str
    date: date


@dataclass(frozen=True, kw_only=True)
class ExceptionGround:
    """Why a person of this node wants to refer without consent, and what a second person said of it.

    `raised_by` is the relative or organisation that asks for it, `recorded_by` the user who took it up. `on_duty` is
    False only if that user said that nobody could review it.
    """

    reason: ExceptionReason
    raised_by: str
    attestation: Attestation | None
    raised_at: datetime
    recorded_by: str
    on_duty: bool = True
    decision: Decision | None = None


@dataclass(frozen=True, kw_only=True)
class ExceptionTerms:
    """What a message without consent rests on, as it travels sealed; `withhold` is what the person once withheld."""

    reason: ExceptionReason
    attestation: Attestation | None
    purpose: str
    receiver: str
    classes: frozenset[str]
    raised_at: datetime
    expires_at: datetime
    withhold: tuple[Withheld, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What the terms are held against; `carried` are the classes of the case or the message, `at` is now."""

    rule: ExceptionRule
    urgency: Urgency
    carried: frozenset[str]
    at: datetime


def terms_of(
    ground: ExceptionGround,
    rule: ExceptionRule,
    *,
    purpose: str,
    receiver: str,
    classes: frozenset[str],
    withhold: tuple[Withheld, ...] = (),
) -> ExceptionTerms:
    """The terms under which `classes` would leave on this ground; the hours count from when it was raised."""
    raised_at = ground.raised_at.astimezone(UTC).replace(microsecond=0)
    return ExceptionTerms(
        reason=ground.reason,
        attestation=ground.attestation,
        purpose=purpose,
        receiver=receiver,
        classes=classes,
        raised_at=raised_at,
        expires_at=after_hours(raised_at, rule.expiry_hours),
        withhold=withhold,
    )


def as_terms(terms: ExceptionTerms) -> Terms:
    """The same for the rules that consent and exception share."""
    return Terms(
        purpose=terms.purpose,
        receiver=terms.receiver,
        classes=terms.classes,
        expires_on=terms.expires_at.date(),
        withhold=terms.withhold,
        exception_ends=terms.expires_at,
    )


def faults(terms: ExceptionTerms, around: Circumstances) -> tuple[Reason, ...]:
    """Every rule that the terms break; empty if they hold."""
    return tuple(reason for rule in RULES for reason in rule(terms, around))


def require_sound(terms: ExceptionTerms, around: Circumstances) -> None:
    """Whether a receiver may act on these terms.

    Raises:
        Refusal: the class of the first fault, with every fault as a reason.
    """
    found = faults(terms, around)
    if found:
        raise _CLASSES[found[0].code](*found)


def review_reasons(ground: ExceptionGround, *, at: datetime, left_at: datetime | None) -> tuple[Reason, ...]:
    """Why nothing may leave as long as the review is as it is; `left_at` is None before anything has left."""
    if ground.decision is Decision.REJECTED:
        return (_REJECTED,)
    if ground.decision is Decision.APPROVED:
        return ()
    if not leaves_at_once(ground):
        return (_UNREVIEWED,)
    if at <= after_hours(left_at or ground.raised_at, REVIEW_HOURS):
        return ()
    return (_UNREVIEWED,) if left_at is None else (_REVIEW_OVERDUE,)


def leaves_at_once(ground: ExceptionGround) -> bool:
    """Whether it need not wait for its review: a life is at risk and nobody is there to review it."""
    return ground.reason is ExceptionReason.LIFE_AT_RISK and not ground.on_duty


def duties_of(ground: ExceptionGround, terms: ExceptionTerms, left_at: datetime) -> tuple[Due, ...]:
    """What the host owes once the referral has left: to tell the person, and the review that was put off."""
    tell = Due(duty=Duty.TELL_PERSON, by=Side.HOST, at=terms.expires_at)
    if ground.decision is not None:
        return (tell,)
    return (Due(duty=Duty.REVIEW_EXCEPTION, by=Side.HOST, at=after_hours(left_at, REVIEW_HOURS)), tell)


def needs_attestation(reason: ExceptionReason, carried: frozenset[str]) -> bool:
    """Whether a professional has to attest it."""
    return reason in ATTESTED or DataClass.MENTAL_HEALTH_RISK in carried


def _attested(terms: ExceptionTerms, around: Circumstances) -> Iterator[Reason]:
    if terms.attestation is None:
        if needs_attestation(terms.reason, terms.classes | around.carried):
            yield _reason(ExceptionUnattested, "exception.attestation")
    elif terms.attestation.date > (around.at + SKEW).astimezone(UTC).date():
        yield _reason(AttestationDated, "exception.attestation.date")


def _minimal(terms: ExceptionTerms, around: Circumstances) -> Iterator[Reason]:
    for name in sorted(terms.classes - around.rule.classes):
        yield _reason(ExceptionExcess, str(name))


def _short(terms: ExceptionTerms, around: Circumstances) -> Iterator[Reason]:
    longest = after_hours(terms.raised_at, around.rule.expiry_hours)
    if terms.expires_at > longest or terms.raised_at > around.at + SKEW:
        yield _reason(ExceptionTooLong, "exception.expires_at")


def _current(terms: ExceptionTerms, around: Circumstances) -> Iterator[Reason]:
    if terms.expires_at <= around.at:
        yield _reason(ExceptionExpired, "exception.expires_at")


def _urgent(_: ExceptionTerms, around: Circumstances) -> Iterator[Reason]:
    if around.urgency is not Urgency.EMERGENCY:
        yield _reason(ExceptionNotEmergency, "urgency")


RULES: tuple[Callable[[ExceptionTerms, Circumstances], Iterator[Reason]], ...] = (
    _attested,
    _minimal,
    _short,
    _current,
    _urgent,
)

_CLASSES: dict[str, type[Refusal]] = {
    one.code: one
    for one in (
        ExceptionUnattested,
        AttestationDated,
        ExceptionExcess,
        ExceptionTooLong,
        ExceptionExpired,
        ExceptionNotEmergency,
    )
}


def _reason(refusal: type[Refusal], field: str) -> Reason:
    detail = (refusal.__doc__ or "").rstrip(".")
    return Reason(
        code=refusal.code,
        field=field,
        detail=detail[:1].lower() + detail[1:],
        advice=refusal.advice,
        rule=refusal.rule,
        clause=refusal.clause,
    )


_UNREVIEWED = Reason(
    code="exception-unreviewed",
    field="exception.review",
    detail="no second person of this node has reviewed it",
    advice="Ask a coordinator who did not raise it to review it; nothing leaves before.",
    rule="exception.reviewed",
)
_REJECTED = Reason(
    code="exception-rejected",
    field="exception.review",
    detail="a second person of this node has rejected it",
    advice="Do not send. Speak with whoever reviewed it, and ask the person for consent.",
    rule="exception.reviewed",
)
_REVIEW_OVERDUE = Reason(
    code="exception-review-overdue",
    field="exception.review",
    detail="it left without a review, which was due within 24 hours",
    advice="Ask a coordinator to review it now; nothing more leaves before.",
    rule="exception.reviewed",
)

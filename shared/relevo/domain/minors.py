"""Who may speak for a child, and what must have been decided before anything about them leaves.

    not of age, a legal guardian with evidence consents       leaves like anybody's
    not of age, and the child alone consents                  stays: a guardian must
    a caregiver who is not the guardian, or a separated child  stays until a best-interests review says that it is good

Where only the birth year is known, the child is as young as that year allows: a mistake can then only protect. Where
nothing is known, age says nothing, and the other two signs still do. A review is an act of a person of this node and
is never taken over from a file.

Source: Reintegration Handbook, 4.1.3 (step 4: how consent is obtained); Convention on the Rights of the Child, 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from relevo.domain.consent import Giver
from relevo.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from relevo.domain.consent import Consent

_LAST_OF_YEAR = (12, 31)


class BestInterests(StrEnum):
    """What a best-interests review decided about a referral."""

    IN_FAVOUR = "in-favour"
    AGAINST = "against"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Whom a referral is about: their birth date, or the year alone, and whether they were separated from parents."""

    birth_date: date | None = None
    birth_year: int | None = None
    separated: bool = False


def age_at(born: date, on: date) -> int:
    """Full years on a day; somebody born on 29 February is a year older on 1 March where there is no such day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def is_minor(subject: Subject, on: date, *, adult_from: int) -> bool:
    """Whether the person is, or may be, younger than `adult_from`; not where nothing about the age is known."""
    if subject.birth_date is not None:
        return age_at(subject.birth_date, on) < adult_from
    if subject.birth_year is None:
        return False
    before_birthday = (on.month, on.day) < _LAST_OF_YEAR
    return on.year - subject.birth_year - before_birthday < adult_from


def minor_reasons(
    subject: Subject, consent: Consent | None, review: BestInterests | None, *, on: date, adult_from: int
) -> tuple[Reason, ...]:
    """Every reason why nothing about this person may leave yet; empty for an adult who speaks for themselves.

    Codes: `guardian-missing`, `guardian-evidence-missing`, `best-interests-missing`, `best-interests-against`.
    """
    if speaks_alone(subject, consent, on=on, adult_from=adult_from):
        return ()
    minor, giver = is_minor(subject, on, adult_from=adult_from), consent.giver if consent else Giver.PERSON
    return (*_guardian_reasons(consent, minor=minor), *_review_reasons(review, needed=_needs_review(subject, giver)))


def speaks_alone(subject: Subject, consent: Consent | None, *, on: date, adult_from: int) -> bool:
    """Whether the person is of age and nobody else consented, so that no review is asked for."""
    giver = consent.giver if consent else Giver.PERSON
    return not subject.separated and giver is Giver.PERSON and not is_minor(subject, on, adult_from=adult_from)


def _needs_review(subject: Subject, giver: Giver) -> bool:
    return subject.separated or giver is Giver.CAREGIVER


def _guardian_reasons(consent: Consent | None, *, minor: bool) -> Iterator[Reason]:
    if consent is None:
        return
    if consent.giver is Giver.PERSON and minor:
        yield _GUARDIAN
    if consent.giver is Giver.GUARDIAN and not consent.evidence:
        yield _EVIDENCE


def _review_reasons(review: BestInterests | None, *, needed: bool) -> Iterator[Reason]:
    if review is BestInterests.AGAINST:
        yield _AGAINST
    elif needed and review is None:
        yield _REVIEW


_GUARDIAN = Reason(
    code="guardian-missing",
    field="consent.by",
    detail="the person is not of age, or may not be, and nobody consented for them",
    advice="Speak with the legal guardian and record their consent with evidence; listen to the child as well.",
    rule="consent.guardian",
    clause="consent.adult_from",
)
_EVIDENCE = Reason(
    code="guardian-evidence-missing",
    field="consent.evidence",
    detail="a guardian consented, and nothing shows that they are the guardian",
    advice="Ask for the document, and record its kind and its number or digest with a new consent.",
    rule="consent.guardian",
)
_REVIEW = Reason(
    code="best-interests-missing",
    field="best-interests",
    detail="no legal guardian speaks for this child, or the child is separated from the parents",
    advice="Ask a coordinator to review what is best for the child; nothing leaves before that is recorded.",
    rule="consent.best-interests",
)
_AGAINST = Reason(
    code="best-interests-against",
    field="best-interests",
    detail="the review found that a referral is not in the child's best interests",
    advice="Nothing leaves. If the circumstances have changed, ask the coordinator to review it again.",
    rule="consent.best-interests",
)

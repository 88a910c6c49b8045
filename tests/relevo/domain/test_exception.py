"""When a referral may leave without consent, as tables of sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from relevo.domain.consent import Terms
from relevo.domain.exception import (
    Attestation,
    Circumstances,
    Decision,
    ExceptionGround,
    ExceptionReason,
    ExceptionTerms,
    as_terms,
    duties_of,
    faults,
    require_sound,
    review_reasons,
    terms_of,
)
from relevo.domain.sides import Side, Urgency
from relevo.domain.sop import SopInvalid, parse_sop
from relevo.domain.sop_parts import LIFE_SAVING, ExceptionRule
from relevo.errors import Refusal
from support.sop_texts import anybody_reads
from support.wording import codes as told

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
RULE = ExceptionRule(classes=frozenset({"identity-min", "travel", "mental-health-risk"}), expiry_hours=72)
ATTESTED = Attestation(name="A sample", body="A sample body", number="0", date=AT.date())
GROUND = ExceptionGround(
    reason=ExceptionReason.LIFE_AT_RISK, raised_by="a sample clinic", attestation=None, raised_at=AT, recorded_by="one"
)
TERMS = terms_of(
    GROUND,
    RULE,
    purpose="reintegration-assistance",
    receiver="ci:accueil",
    classes=frozenset({"identity-min", "travel"}),
)
AROUND = Circumstances(rule=RULE, urgency=Urgency.EMERGENCY, carried=frozenset({"identity-min"}), at=AT)
SUICIDE, INCAPACITY = ExceptionReason.SUICIDE_RISK, ExceptionReason.INCAPACITY
WITH_RISK = frozenset({"identity-min", "mental-health-risk"})

FAULTS: dict[str, tuple[ExceptionTerms, Circumstances, list[str]]] = {
    "a life at risk needs no attestation": (TERMS, AROUND, []),
    "a suicide risk needs one": (replace(TERMS, reason=SUICIDE), AROUND, ["exception-unattested"]),
    "incapacity needs one": (replace(TERMS, reason=INCAPACITY), AROUND, ["exception-unattested"]),
    "a case with mental-health-risk needs one": (
        TERMS,
        replace(AROUND, carried=WITH_RISK),
        ["exception-unattested"],
    ),
    "terms with mental-health-risk need one": (replace(TERMS, classes=WITH_RISK), AROUND, ["exception-unattested"]),
    "a suicide risk with one holds": (replace(TERMS, reason=SUICIDE, attestation=ATTESTED), AROUND, []),
    "one of tomorrow is none": (
        replace(TERMS, attestation=replace(ATTESTED, date=AT.date() + timedelta(days=1))),
        AROUND,
        ["exception-attestation-date"],
    ),
    "skills save no life": (
        replace(TERMS, classes=TERMS.classes | {"skills"}),
        AROUND,
        ["exception-excess"],
    ),
    "the procedure may narrow further": (
        TERMS,
        replace(AROUND, rule=replace(RULE, classes=frozenset({"identity-min"}))),
        ["exception-excess"],
    ),
    "an hour longer is too long": (
        replace(TERMS, expires_at=TERMS.expires_at + timedelta(hours=1)),
        AROUND,
        ["exception-too-long"],
    ),
    "an hour shorter is well": (replace(TERMS, expires_at=TERMS.expires_at - timedelta(hours=1)), AROUND, []),
    "one that begins tomorrow is too long": (
        TERMS,
        replace(AROUND, at=AT - timedelta(days=1)),
        ["exception-too-long"],
    ),
    "clocks that differ by five minutes do not matter": (TERMS, replace(AROUND, at=AT - timedelta(minutes=5)), []),
    "by more they do": (
        TERMS,
        replace(AROUND, at=AT - timedelta(minutes=5, seconds=1)),
        ["exception-too-long"],
    ),
    "an attestation of the day that begins in five minutes": (
        replace(TERMS, attestation=replace(ATTESTED, date=AT.date() + timedelta(days=1))),
        replace(AROUND, at=datetime(2026, 11, 22, 23, 55, tzinfo=UTC)),
        [],
    ),
    "an attestation of today where it is tomorrow already": (
        replace(TERMS, attestation=replace(ATTESTED, date=AT.date() + timedelta(days=1))),
        replace(AROUND, at=datetime.fromisoformat("2026-11-23T00:30+04:00")),
        ["exception-attestation-date"],
    ),
    "clocks that differ by a minute do not matter": (TERMS, replace(AROUND, at=AT - timedelta(minutes=1)), []),
    "it holds until the last second": (TERMS, replace(AROUND, at=TERMS.expires_at - timedelta(seconds=1)), []),
    "and not in the next": (TERMS, replace(AROUND, at=TERMS.expires_at), ["exception-expired"]),
    "what is merely urgent waits for consent": (
        TERMS,
        replace(AROUND, urgency=Urgency.URGENT),
        ["exception-not-emergency"],
    ),
    "everything that is wrong is told at once": (
        replace(TERMS, reason=SUICIDE, classes=TERMS.classes | {"needs", "skills"}),
        replace(AROUND, urgency=Urgency.ROUTINE, at=TERMS.expires_at),
        [
            "exception-unattested",
            "exception-excess",
            "exception-excess",
            "exception-expired",
            "exception-not-emergency",
        ],
    ),
}


@pytest.mark.parametrize(("terms", "around", "codes"), FAULTS.values(), ids=FAULTS)
def test_what_an_exception_must_be(terms: ExceptionTerms, around: Circumstances, codes: list[str]) -> None:
    found = faults(terms, around)
    assert told(found) == codes
    if codes:
        with pytest.raises(Refusal) as refused:
            require_sound(terms, around)
        assert (refused.value.code, refused.value.reasons) == (codes[0], found)
    else:
        require_sound(terms, around)


def test_a_fault_says_what_is_wrong_by_which_rule_and_clause() -> None:
    (reason,) = faults(replace(TERMS, classes=TERMS.classes | {"skills"}), AROUND)
    assert (reason.field, reason.rule, reason.clause) == ("skills", "exception.minimal", "exception.classes")
    dated = replace(TERMS, attestation=replace(ATTESTED, date=AT.date() + timedelta(days=1)))
    assert [one.field for one in faults(dated, AROUND)] == ["exception.attestation.date"]
    longer = replace(TERMS, expires_at=TERMS.expires_at + timedelta(hours=1))
    assert [one.field for one in faults(longer, AROUND)] == ["exception.expires_at"]
    assert reason.detail == "an exception lets only the life-saving classes of the procedure move"


ALONE = replace(GROUND, on_duty=False)
DAY = timedelta(hours=24)
REVIEWS: dict[str, tuple[ExceptionGround, datetime, datetime | None, list[str]]] = {
    "nothing leaves before the review": (GROUND, AT, None, ["exception-unreviewed"]),
    "what was approved leaves": (replace(GROUND, decision=Decision.APPROVED), AT, None, []),
    "what was rejected never does": (replace(ALONE, decision=Decision.REJECTED), AT, None, ["exception-rejected"]),
    "a life at risk leaves at once where nobody is on duty": (ALONE, AT, None, []),
    "but not a day after it was raised": (
        ALONE,
        AT + DAY + timedelta(seconds=1),
        None,
        ["exception-unreviewed"],
    ),
    "a suicide risk waits all the same": (replace(ALONE, reason=SUICIDE), AT, None, ["exception-unreviewed"]),
    "incapacity waits all the same": (replace(ALONE, reason=INCAPACITY), AT, None, ["exception-unreviewed"]),
    "what left at once goes on for a day": (ALONE, AT + DAY, AT, []),
    "and then waits for its review": (ALONE, AT + DAY + timedelta(seconds=1), AT, ["exception-review-overdue"]),
    "a review lets it go on": (replace(ALONE, decision=Decision.APPROVED), AT + 2 * DAY, AT, []),
}


@pytest.mark.parametrize(("ground", "at", "left_at", "codes"), REVIEWS.values(), ids=REVIEWS)
def test_what_a_review_decides(
    ground: ExceptionGround, at: datetime, left_at: datetime | None, codes: list[str]
) -> None:
    assert told(review_reasons(ground, at=at, left_at=left_at)) == codes


def test_what_left_unreviewed_is_reviewed_within_a_day_and_the_person_is_told_before_it_ends() -> None:
    owed = {(due.duty, due.by): due.at for due in duties_of(ALONE, TERMS, AT)}
    assert owed == {("review-exception", Side.HOST): AT + DAY, ("tell-person", Side.HOST): AT + 3 * DAY}
    assert [due.duty for due in duties_of(replace(GROUND, decision=Decision.APPROVED), TERMS, AT)] == ["tell-person"]


def test_the_hours_of_the_terms_count_from_when_it_was_raised_to_the_second() -> None:
    raised = datetime.fromisoformat("2026-11-22T10:30:15.250+01:00")
    ground = replace(GROUND, reason=SUICIDE, attestation=ATTESTED, raised_at=raised)
    terms = terms_of(ground, RULE, purpose="medical-continuity", receiver="ci:accueil", classes=WITH_RISK)
    assert terms == ExceptionTerms(
        reason=SUICIDE,
        attestation=ATTESTED,
        purpose="medical-continuity",
        receiver="ci:accueil",
        classes=WITH_RISK,
        raised_at=datetime(2026, 11, 22, 9, 30, 15, tzinfo=UTC),
        expires_at=datetime(2026, 11, 25, 9, 30, 15, tzinfo=UTC),
    )
    assert terms.raised_at.tzinfo is UTC


def test_the_rules_of_consent_know_it_as_terms_under_which_nothing_returns() -> None:
    assert as_terms(TERMS) == Terms(
        purpose="reintegration-assistance",
        receiver="ci:accueil",
        classes=frozenset({"identity-min", "travel"}),
        expires_on=(AT + 3 * DAY).date(),
        outcomes_may_return=False,
        exception_ends=AT + 3 * DAY,
    )


def _table(text: str, *lines: str) -> str:
    """The procedure with another `[exception]` table."""
    before, _, rest = text.partition("[exception]")
    after = rest.partition("\n\n")[2]
    table = "\n".join(["[exception]", *lines]) + "\n\n" if lines else ""
    return before + table + after


UNFIT = {
    "a class that saves no life": (['classes = ["identity-min", "skills"]'], "exception.classes"),
    "a class that does not exist": (['classes = ["identity-min", "diary"]'], "exception.classes"),
    "no identity": (['classes = ["travel"]'], "exception.classes"),
    "no classes": (["expiry_hours = 24"], "exception.classes"),
    "more than a week": (['classes = ["identity-min"]', "expiry_hours = 169"], "exception.expiry_hours"),
    "a word that is not known": (['classes = ["identity-min"]', "reviewed = true"], "exception.reviewed"),
}


@pytest.mark.parametrize(("lines", "field"), UNFIT.values(), ids=UNFIT)
def test_a_procedure_is_refused_whose_exception_has(
    sop_text: Callable[[str], str], lines: list[str], field: str
) -> None:
    with pytest.raises(SopInvalid) as refused:
        parse_sop(_table(sop_text("es-ci"), *lines))
    assert field in {reason.field for reason in refused.value.reasons}


def test_a_procedure_may_narrow_what_leaves_and_how_long_it_holds(sop_text: Callable[[str], str]) -> None:
    text = anybody_reads(sop_text("es-ci"))
    narrowed = parse_sop(_table(text, 'classes = ["identity-min", "travel"]', "expiry_hours = 24"))
    assert narrowed.exception == ExceptionRule(classes=frozenset({"identity-min", "travel"}), expiry_hours=24)


def test_a_procedure_that_says_nothing_lets_what_saves_a_life_and_has_a_retention_leave(
    sop_text: Callable[[str], str],
) -> None:
    text = _table(anybody_reads(sop_text("es-ci"))).replace("mental-health-risk = 180\n", "")
    assert parse_sop(text).exception == ExceptionRule(classes=LIFE_SAVING - {"mental-health-risk"}, expiry_hours=72)


def test_what_may_leave_without_consent_needs_a_retention(sop_text: Callable[[str], str]) -> None:
    with pytest.raises(SopInvalid) as refused:
        parse_sop(sop_text("es-ci").replace("mental-health-risk = 180\n", ""))
    assert [reason.field for reason in refused.value.reasons] == ["retention.mental-health-risk"]

"""What leaves without consent, what stays and why, line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from relevo.domain.data_classes import Record
from relevo.domain.disclosure import Disclosure, Line, Why
from relevo.domain.exception import Decision, ExceptionGround, ExceptionReason
from relevo.domain.exception_disclosure import decide_without_consent
from relevo.domain.sides import Urgency
from relevo.domain.sop import Sop
from relevo.errors import Reason
from support.wording import said

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
PURPOSE = "reintegration-assistance"
GROUND = ExceptionGround(
    reason=ExceptionReason.LIFE_AT_RISK,
    raised_by="a sample clinic",
    attestation=None,
    raised_at=AT,
    recorded_by="one",
    decision=Decision.APPROVED,
)
CASE: Record = {
    "identity-min": {"reference": "ES-1", "birth_date": "1994-03-08"},
    "contact": {"number": "+225 07 00 00 00 01"},
    "travel": {"port": "ABJ", "flight": "IB0000"},
    "skills": {"years": 6},
    "consent": {"by": "her"},
}
LEAVING: Record = {name: CASE[name] for name in ("identity-min", "contact", "travel")}
STAYS = Line(path="contact.number", leaves=True, why=Why.CONFIDENTIAL, text="Stays.")


def problem(field: str) -> Reason:
    return Reason(code="field-invalid", field=field, detail="cannot be so", advice="Correct it.")


def decided(
    sop: Sop,
    record: Record = CASE,
    *,
    ground: ExceptionGround = GROUND,
    stays: Sequence[Line] = (),
    problems: Sequence[Reason] = (),
    purpose: str = PURPOSE,
    receiver: str = "",
    urgency: Urgency = Urgency.EMERGENCY,
    at: datetime = AT,
    left_at: datetime | None = None,
) -> Disclosure:
    return decide_without_consent(
        record,
        stays=stays,
        problems=problems,
        ground=ground,
        sop=sop,
        purpose=purpose,
        receiver=receiver or sop.origin,
        urgency=urgency,
        at=at,
        left_at=left_at,
    )


def whys(found: Disclosure) -> Mapping[str, Why]:
    return {line.path: line.why for line in found.lines}


def test_what_saves_a_life_leaves_and_everything_else_stays(es_ci: Sop) -> None:
    found = decided(es_ci)
    assert (found.reasons, found.consent, found.leaving) == ((), None, LEAVING)
    assert whys(found) == {
        "identity-min.reference": Why.SAVES_LIFE,
        "identity-min.birth_date": Why.SAVES_LIFE,
        "contact.number": Why.SAVES_LIFE,
        "travel.port": Why.SAVES_LIFE,
        "travel.flight": Why.SAVES_LIFE,
        "skills.years": Why.NOT_LIFE_SAVING,
        "consent.by": Why.NOT_LIFE_SAVING,
    }
    assert {line.path for line in found.lines if line.leaves} == {
        path for path, why in whys(found).items() if why is Why.SAVES_LIFE
    }
    assert all(line.text.startswith("Leaves without consent" if line.leaves else "Stays") for line in found.lines)


def test_the_consent_itself_never_leaves_even_if_the_procedure_counted_it(es_ci: Sop) -> None:
    rule = replace(es_ci.exception, classes=es_ci.exception.classes | {"consent"})
    assert decided(replace(es_ci, exception=rule)).leaving == LEAVING


def test_a_field_stays_where_the_procedure_allows_only_others_of_its_class(es_ge: Sop) -> None:
    found = decided(es_ge)
    assert whys(found)["travel.flight"] is Why.FIELD_NOT_IN_SOP
    assert found.leaving["travel"] == {"port": "ABJ"}


def test_what_was_decided_before_stays(es_ci: Sop) -> None:
    found = decided(es_ci, stays=[STAYS], problems=[problem("contact.number")])
    assert found.reasons == ()
    assert "contact" not in found.leaving
    assert [line for line in found.lines if line.path == "contact.number"] == [replace(STAYS, leaves=False)]


def test_a_fault_stops_it_only_in_a_field_that_would_leave(es_ci: Sop) -> None:
    found = decided(es_ci, problems=[problem("travel.port"), problem("skills.years"), problem("needs")])
    assert found.reasons == (problem("travel.port"),)
    assert found.leaving == {}
    assert whys(found) == {
        "identity-min.reference": Why.HELD_BACK,
        "identity-min.birth_date": Why.HELD_BACK,
        "contact.number": Why.HELD_BACK,
        "travel.port": Why.MALFORMED,
        "travel.flight": Why.HELD_BACK,
        "skills.years": Why.NOT_LIFE_SAVING,
        "consent.by": Why.NOT_LIFE_SAVING,
        "needs": Why.MALFORMED,
    }
    assert not any(line.leaves for line in found.lines)


def test_a_fault_deep_in_a_field_is_told_at_the_field(es_ci: Sop) -> None:
    found = decided(es_ci, problems=[problem("travel.port[0].name")])
    assert whys(found)["travel.port"] is Why.MALFORMED


RISK: Record = {**CASE, "mental-health-risk": {"level": "high"}}
NOBODY: Record = {"travel": CASE["travel"]}
LATE = AT + timedelta(hours=72)


def test_nobody_is_referred_without_a_name(es_ci: Sop) -> None:
    found = decided(es_ci, NOBODY)
    assert said(found.reasons) == [("class-required", "identity-min")]
    assert found.reasons[0].clause == "exception.classes"


def test_a_case_with_a_risk_in_it_needs_an_attestation(es_ci: Sop) -> None:
    kept = [replace(STAYS, path="mental-health-risk")]
    assert said(decided(es_ci, RISK, stays=kept).reasons) == [("exception-unattested", "exception.attestation")]


def test_another_purpose_and_another_receiver_are_named(es_ci: Sop) -> None:
    found = decided(es_ci, purpose="curiosity", receiver="ge:dabruneba")
    assert said(found.reasons) == [("purpose-unknown", "purpose"), ("sop-other-receiver", "receiver")]


@pytest.mark.parametrize("urgency", [Urgency.URGENT, Urgency.ROUTINE])
def test_what_is_no_emergency_waits_for_consent(es_ci: Sop, urgency: Urgency) -> None:
    assert said(decided(es_ci, urgency=urgency).reasons) == [("exception-not-emergency", "urgency")]


def test_it_does_not_leave_after_its_hours(es_ci: Sop) -> None:
    assert said(decided(es_ci, at=LATE).reasons) == [("exception-expired", "exception.expires_at")]


def test_it_waits_for_its_review(es_ci: Sop) -> None:
    waiting = replace(GROUND, decision=None)
    assert said(decided(es_ci, ground=waiting).reasons) == [("exception-unreviewed", "exception.review")]


def test_what_left_at_once_goes_on_until_a_day_after_it_left(es_ci: Sop) -> None:
    alone = replace(GROUND, decision=None, on_duty=False)
    later = AT + timedelta(hours=25)
    assert decided(es_ci, ground=alone, at=later, left_at=AT + timedelta(hours=2)).reasons == ()
    overdue = decided(es_ci, ground=alone, at=later, left_at=AT)
    assert said(overdue.reasons) == [("exception-review-overdue", "exception.review")]


def test_every_reason_is_named_at_once(es_ci: Sop) -> None:
    found = decided(
        es_ci,
        NOBODY,
        ground=replace(GROUND, decision=Decision.REJECTED, reason=ExceptionReason.INCAPACITY),
        problems=[problem("travel.port")],
        receiver="ge:dabruneba",
    )
    assert [code for code, _ in said(found.reasons)] == [
        "field-invalid",
        "class-required",
        "sop-other-receiver",
        "exception-unattested",
        "exception-rejected",
    ]

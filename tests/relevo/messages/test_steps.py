"""Every step says exactly what its model has a place for."""

from __future__ import annotations

from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relevo.domain.data_classes import JsonValue
from relevo.domain.journey import JourneyStep
from relevo.domain.referral import CLOSING_REASONS, DECLINE_REASONS, NOT_COMPLETED_REASONS, Step
from relevo.messages.registry import MESSAGES
from relevo.messages.steps import PAYLOADS, StepInvalid, read_payload

Fields: TypeAlias = "dict[str, JsonValue]"

SIGNATURE = "eyJhbGciOiJFZERTQSJ9.e30.c2ln"
REQUESTED: Fields = {"purpose": "reintegration-assistance", "urgency": "routine", "confidential": False}

SAID: dict[str, Fields] = {
    "requested": {**REQUESTED, "household": "6e4d0a7e-6f3a-4b3c-9a4e-2f4f6e0b7c11"},
    "acknowledged": {},
    "accepted": {"note": "Welcome."},
    "declined": {"reason": "no-capacity"},
    "information-requested": {"question": "Which school year?", "classes": ["family"]},
    "answered": {"answer": "The second."},
    "waitlisted": {"review_on": "2027-01-15"},
    "started": {},
    "held": {"reason": "in hospital"},
    "resumed": {},
    "completed": {},
    "not-completed": {"reason": "moved"},
    "closed": {"reason": "completed"},
    "reopened": {"reason": "came back"},
    "cancelled": {},
    "cancel-requested": {"reason": "stays after all"},
    "cancel-agreed": {},
    "cancel-objected": {"reason": "already housed"},
    "withdrawn": {"scope": "all"},
    "erased": {"kept": [{"data_class": "costs", "until": "2036-12-31"}]},
    "entered-in-error": {},
    "journey-changed": {},
    "departed": {"at": "2026-12-14T12:00:00+01:00"},
    "arrived": {"arrived_at": "2026-12-14T19:35:00Z"},
    "not-arrived": {"reason": "offloaded"},
    "journey-cancelled": {},
    "first-contact": {
        "at": "2026-12-15T10:00:00Z",
        "channel": "phone",
        "outcome": "reached",
        "by_role": "case-worker",
    },
    "follow-up": {
        "month": 3,
        "at": "2027-03-15T10:00:00Z",
        "services": [{"service": "housing", "status": "in-progress"}],
    },
    "medication-secured": {},
    "service": {"service": "housing", "status": "accepted", "organisation": "ci:accueil/housing-desk"},
    "consent-changed": {"change": "narrowed", "taken_at": "2026-12-20T09:30:00Z"},
    "erasure-confirmed": {"organisation": "ge:dabruneba/employment-centre", "at": "2026-12-11T09:30:00Z"},
    "corrected": {"classes": ["travel"], "reason": "another person's flight"},
    "plan-agreed": {},
    "documents-returned": {},
    "costs-planned": {},
    "costs-agreed": {"of": "0193a5b0-6c1f-7a3e-8f00-0123456789ab"},
    "costs-reported": {"proofs": [{"line": 0, "kind": "invoice", "digest": "A" * 43}]},
    "medical-question": {"question": "Which dose before the journey?"},
    "medical-answer": {"to": "0193a5b0-6c1f-7a3e-8f00-0123456789ab", "answer": "18 units, evening."},
    "contact-list": {
        "as_of": "2026-11-20T09:00:00Z",
        "organisations": [
            {
                "points": [
                    {
                        "name": "An invented officer",
                        "role": "intake",
                        "languages": ["fr"],
                        "phone": "+225 27 00 00 00 01",
                        "on_duty": True,
                    }
                ]
            }
        ],
    },
    "sop-proposed": {"sop": 'name = "es-ci"\n\tversion = 1\n', "signature": SIGNATURE},
    "sop-accepted": {"sop_digest": "A" * 43, "signature": SIGNATURE},
    "stream-restarted": {"old_epoch": 1, "last_seq": 0},
}

REFUSED: dict[str, tuple[str, Fields, set[tuple[str, str]]]] = {
    "an empty step stays empty": (
        "acknowledged",
        {"note": "seen"},
        {("field-unknown", "acknowledged.note")},
    ),
    "another reason needs words": ("declined", {"reason": "other"}, {("field-missing", "declined.text")}),
    "a listed reason needs no words": (
        "declined",
        {"reason": "safety", "text": "because"},
        {("field-invalid", "declined.text")},
    ),
    "words do not hide that the reason is missing": (
        "declined",
        {"text": "because"},
        {("field-missing", "declined.reason")},
    ),
    "a reason is one of the list": ("closed", {"reason": "bored"}, {("field-invalid", "closed.reason")}),
    "what was completed is not not-completed": (
        "not-completed",
        {"reason": "completed"},
        {("field-invalid", "not-completed.reason")},
    ),
    "confidential is true or false": (
        "requested",
        {**REQUESTED, "confidential": 0},
        {("field-invalid", "requested.confidential")},
    ),
    "a household is a random identifier": (
        "requested",
        {**REQUESTED, "household": "the Kouassi family"},
        {("field-invalid", "requested.household")},
    ),
    "everything that is missing is named": (
        "requested",
        {},
        {("field-missing", f"requested.{name}") for name in REQUESTED},
    ),
    "an arrival has an offset": (
        "arrived",
        {"arrived_at": "2026-12-14T19:35:00"},
        {("field-invalid", "arrived.arrived_at")},
    ),
    "a month counts from one": (
        "follow-up",
        {**SAID["follow-up"], "month": 0},
        {("field-invalid", "follow-up.month")},
    ),
    "true is no month": (
        "follow-up",
        {**SAID["follow-up"], "month": True},
        {("field-invalid", "follow-up.month")},
    ),
    "a service has one of the statuses": (
        "service",
        {"service": "housing", "status": "maybe"},
        {("field-invalid", "service.status")},
    ),
    "what is kept is a data class": (
        "erased",
        {"kept": [{"data_class": "diary", "until": "2036-12-31"}]},
        {("field-invalid", "erased.kept[0].data_class")},
    ),
    "erasing says what is kept": ("erased", {}, {("field-missing", "erased.kept")}),
    "a withdrawal has a scope": ("withdrawn", {"scope": "some"}, {("field-invalid", "withdrawn.scope")}),
    "a signature is a JWS": (
        "sop-accepted",
        {"sop_digest": "A" * 43, "signature": "signed, the director"},
        {("field-invalid", "sop-accepted.signature")},
    ),
    "a digest has one spelling": (
        "sop-accepted",
        {"sop_digest": "A" * 42 + "B", "signature": SIGNATURE},
        {("field-invalid", "sop-accepted.sop_digest")},
    ),
    "the first epoch is 1": (
        "stream-restarted",
        {"old_epoch": 0, "last_seq": 7},
        {("field-invalid", "stream-restarted.old_epoch")},
    ),
    "a procedure has no NUL": (
        "sop-proposed",
        {"sop": "name\x00", "signature": SIGNATURE},
        {("field-invalid", "sop-proposed.sop")},
    ),
    "nobody knows this step": ("teleported", {}, {("field-unknown", "teleported")}),
}


def test_every_step_of_the_rules_and_of_the_wire_has_words_here() -> None:
    assert set(PAYLOADS) == set(SAID)
    assert set(PAYLOADS) >= set(Step) | set(JourneyStep) | set(MESSAGES)


@pytest.mark.parametrize("step", SAID)
def test_what_is_said_rightly_is_read_and_said_again(step: str) -> None:
    payload = read_payload(step, SAID[step])
    assert isinstance(payload, PAYLOADS[step])
    assert payload.to_fields() == SAID[step]


@pytest.mark.parametrize("reason", sorted(DECLINE_REASONS - {"other"}))
def test_every_reason_for_declining_is_known(reason: str) -> None:
    assert read_payload("declined", {"reason": reason}).to_fields() == {"reason": reason}


@pytest.mark.parametrize("reason", sorted(CLOSING_REASONS))
def test_every_reason_for_closing_is_known(reason: str) -> None:
    assert read_payload("closed", {"reason": reason}).to_fields() == {"reason": reason}
    if reason in NOT_COMPLETED_REASONS:
        assert read_payload("not-completed", {"reason": reason}).to_fields() == {"reason": reason}


@pytest.mark.parametrize(("step", "fields", "faults"), REFUSED.values(), ids=REFUSED)
def test_what_is_said_wrongly_is_named(step: str, fields: Fields, faults: set[tuple[str, str]]) -> None:
    with pytest.raises(StepInvalid) as refused:
        read_payload(step, fields)
    assert {(reason.code, reason.field) for reason in refused.value.reasons} == faults


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_no_refusal_of_a_step_repeats_what_somebody_wrote(data: st.DataObject) -> None:
    secret = "Zq9 Wx7\x07"
    step = data.draw(st.sampled_from(sorted(PAYLOADS)))
    names = st.sampled_from([*sorted(PAYLOADS[step].model_fields), secret])
    values = st.sampled_from([secret, [secret], {"service": secret}, 7, None])
    fields = {**data.draw(st.dictionaries(names, values)), secret: secret}
    with pytest.raises(StepInvalid) as refused:
        read_payload(step, fields)
    assert "Zq9" not in str(refused.value) + " ".join(reason.advice for reason in refused.value.reasons)

"""What each of the eight invented sample cases becomes, and what of it stays at home."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from importlib.resources import files

import pytest

from host_node.case_file import ConsentDraft, ImportedCase, read_case
from relevo.domain.consent import Withholding
from relevo.domain.disclosure import Why
from relevo.domain.sides import Urgency
from relevo.messages.classes import check

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
SAMPLES = files("host_node") / "samples"


def sample(number: int) -> ImportedCase:
    return read_case(_raw(number), at=AT)


def _raw(number: int) -> bytes:
    (found,) = (one for one in SAMPLES.iterdir() if one.name.startswith(f"{number:02}-"))
    return found.read_bytes()


HEADS = {
    1: ("ES-2026-004417", "es:retorno", "ci:accueil", Urgency.ROUTINE, False),
    2: ("DE-BY-77120", "de:rueckkehr", "iq:awda", Urgency.URGENT, False),
    3: ("ES-2026-009003", "es:retorno", "ge:dabruneba", Urgency.URGENT, True),
    4: ("ES-2026-009110", "es:retorno", "ci:accueil", Urgency.EMERGENCY, False),
    5: ("DE-NW-10233", "de:rueckkehr", "rs:povratak", Urgency.ROUTINE, False),
    6: ("DE-HE-55018", "de:rueckkehr", "ci:accueil", Urgency.ROUTINE, False),
    7: ("ES-2026-007555", "es:retorno", "ge:dabruneba", Urgency.ROUTINE, False),
    8: ("DE-BE-20911", "de:rueckkehr", "rs:povratak", Urgency.ROUTINE, False),
}

CLASSES = {
    1: {"identity-min", "identity-full", "contact", "travel", "family", "needs", "skills"},
    2: {
        "identity-min",
        "contact",
        "travel",
        "family",
        "needs",
        "vulnerability",
        "health-summary",
        "medication",
    },
    3: {"identity-min", "contact", "travel", "needs", "vulnerability"},
    4: {"identity-min", "travel", "skills", "mental-health-risk"},
    5: {"identity-min", "needs"},
    6: {"identity-min", "contact", "travel", "needs"},
    7: {"identity-min", "contact", "travel", "needs", "skills"},
    8: {
        "identity-min",
        "identity-full",
        "contact",
        "travel",
        "needs",
        "vulnerability",
        "health-summary",
        "medication",
        "costs",
    },
}

STAYS: dict[int, dict[str, Why]] = {
    1: {"family.household[0].birth_date": Why.NO_PLACE},
    2: {
        "family.household[0].referral": Why.NO_PLACE,
        "family.household[0].given_names": Why.NO_PLACE,
        "family.household[0].birth_date": Why.NO_PLACE,
        "family.household[1].birth_date": Why.NO_PLACE,
        "family.household[2].birth_date": Why.NO_PLACE,
        "family.household[2].note": Why.NO_PLACE,
        "family.household[3].birth_date": Why.NO_PLACE,
        "family.household[3].caregiver": Why.NO_PLACE,
    },
    3: {
        "identity-min.given_names": Why.CONFIDENTIAL,
        "identity-min.family_name": Why.CONFIDENTIAL,
        "identity-min.birth_date": Why.CONFIDENTIAL,
    },
    4: {
        "exception.reason": Why.NEVER_LEAVES,
        "exception.attestation": Why.NEVER_LEAVES,
        "exception.raised_by": Why.NEVER_LEAVES,
    },
    5: {},
    6: {},
    7: {},
    8: {},
}

IGNORED = {
    1: ("sample",),
    2: ("sample",),
    3: ("sample",),
    4: ("exception.reviewed_by", "sample"),
    5: ("sample",),
    6: ("sample",),
    7: ("consent.withdrawn_on", "sample"),
    8: ("sample",),
}

CONSENTS = {
    1: [("reintegration-assistance", True, True)],
    2: [
        ("reintegration-assistance", True, False),
        ("medical-continuity", True, False),
        ("reintegration-assistance", False, False),
    ],
    3: [("reintegration-assistance", True, False)],
    4: [],
    5: [("reintegration-assistance", True, False)],
    6: [("reintegration-assistance", True, False)],
    7: [("reintegration-assistance", True, False)],
    8: [("reintegration-assistance", True, True), ("medical-continuity", True, True)],
}


@pytest.mark.parametrize("number", HEADS)
def test_the_head_of_each_case(number: int) -> None:
    case = sample(number)
    assert (case.reference, case.host, case.origin, case.urgency, case.confidential) == HEADS[number]


@pytest.mark.parametrize("number", CLASSES)
def test_the_data_classes_of_each_case(number: int) -> None:
    assert set(sample(number).record) == CLASSES[number]


@pytest.mark.parametrize("number", STAYS)
def test_what_stays_at_home_of_each_case(number: int) -> None:
    assert {one.path: one.why for one in sample(number).stays} == STAYS[number]


@pytest.mark.parametrize("number", IGNORED)
def test_what_counts_for_nothing_in_each_case(number: int) -> None:
    assert sample(number).ignored == IGNORED[number]


@pytest.mark.parametrize("number", CONSENTS)
def test_the_consents_of_each_case(number: int) -> None:
    drafts = sample(number).consents
    assert [(one.purpose, one.covers_principal, one.outcomes_may_return) for one in drafts] == CONSENTS[number]


@pytest.mark.parametrize("number", HEADS)
def test_every_case_is_right_in_every_class_but_the_incomplete_one(number: int) -> None:
    faults = [reason.field for name, fields in sample(number).record.items() for reason in check(name, fields)[1]]
    assert faults == (["identity-min.birth_date"] if number == 5 else [])


@pytest.mark.parametrize("number", HEADS)
def test_every_sample_says_that_it_is_invented(number: int) -> None:
    assert json.loads(_raw(number))["sample"].startswith("invented")


def test_members_of_a_household_are_relation_and_age_band_alone() -> None:
    assert sample(2).record["family"]["household"] == [
        {"relation": "wife", "age_band": "25-59", "travels": True},
        {"relation": "daughter", "age_band": "13-17", "travels": True},
        {"relation": "son", "age_band": "6-12", "travels": True},
        {"relation": "niece", "age_band": "13-17", "travels": True, "separated": True},
    ]


def test_who_has_no_birth_date_is_of_unknown_age() -> None:
    household = sample(1).record["family"]["household"]
    assert household == [
        {"relation": "son", "age_band": "6-12", "travels": True},
        {"relation": "mother", "age_band": "unknown", "lives_at": "Bouaké", "travels": False},
    ]


def test_an_age_band_is_that_of_the_day_of_import() -> None:
    later = read_case(_raw(1), at=datetime(2032, 11, 2, tzinfo=UTC))
    household = later.record["family"]["household"]
    assert isinstance(household, list)
    assert household[0] == {"relation": "son", "age_band": "13-17", "travels": True}


def test_no_name_of_a_confidential_case_is_in_its_record() -> None:
    case = sample(3)
    assert case.record["identity-min"] == {
        "reference": "ES-2026-009003",
        "code": "GE-C-0031",
        "sex": "female",
        "nationality": "GE",
        "languages": ["ka", "ru"],
        "birth_year": 1998,
    }
    assert not any(word in str(case) for word in ("ნინო", "ბერიძე", "1998-10-01"))


def test_what_stays_is_kept_for_this_node() -> None:
    kept = {one.path: one.value for one in sample(3).stays}
    assert kept["identity-min.birth_date"] == "1998-10-01"


def test_what_stays_is_a_line_of_the_preview() -> None:
    (stay,) = sample(1).stays
    assert (stay.line.path, stay.line.leaves, stay.line.why) == (stay.path, False, Why.NO_PLACE)


def test_medication_and_vulnerability_become_objects() -> None:
    record = sample(8).record
    assert record["vulnerability"] == {"markers": ["older person", "chronic illness"]}
    assert record["medication"] == {
        "items": [
            {
                "drug": "tiotropium 18 µg",
                "dose": "1 capsule",
                "regime": "once daily, inhaled",
                "supply_ends": "2027-02-05",
            }
        ]
    }


def test_amounts_become_text() -> None:
    costs = sample(8).record["costs"]
    assert costs["ceiling"] == "2000"
    assert isinstance(costs["lines"], list)
    assert [line["planned"] for line in costs["lines"] if isinstance(line, dict)] == ["900", "360", "300"]


def test_the_incomplete_case_is_taken_in_as_it_is() -> None:
    assert sample(5).record["identity-min"]["birth_date"] == ""


def test_a_consent_is_a_draft_with_the_reason_for_withholding() -> None:
    assert sample(3).consents == (
        ConsentDraft(
            by="the person",
            capacity=None,
            covers=("principal",),
            purpose="reintegration-assistance",
            receiver="ge:dabruneba",
            organisation="ge:dabruneba/shelter",
            classes=("identity-min", "contact", "travel", "needs", "vulnerability"),
            withhold=(
                Withholding(
                    what="everything",
                    from_whom="ge:dabruneba/municipality-kutaisi",
                    why="fear of harm: relative employed there",
                ),
            ),
            outcomes_may_return=False,
            language="ka",
            interpreter=True,
            taken_on=date(2026, 11, 18),
            expires_on=date(2027, 8, 18),
            withdrawn_on=None,
        ),
    )


def test_a_caregiver_consents_for_the_niece_and_not_for_the_person_of_the_case() -> None:
    draft = sample(2).consents[2]
    assert (draft.by, draft.capacity, draft.covers) == ("uncle", "caregiver, not legal guardian", ("niece",))


def test_a_withdrawal_that_has_come_is_taken_over() -> None:
    case = read_case(_raw(7), at=datetime(2026, 12, 10, tzinfo=UTC))
    assert case.consents[0].withdrawn_on == date(2026, 12, 10)
    assert case.ignored == ("sample",)

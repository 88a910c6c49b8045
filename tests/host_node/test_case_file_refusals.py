"""A file is read whole or not at all, and what is unknown stays at home."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_node.case_file import CaseFileInvalid, ImportedCase, read_case
from host_node.case_file_json import MAX_BYTES
from relevo.domain.disclosure import Why
from relevo.messages.classes import CLASSES, check

Fields: TypeAlias = "dict[str, object]"

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
SECRET = "Zq9 Wx7"

IDENTITY: Fields = {
    "reference": "ES-1",
    "given_names": "Aya",
    "family_name": "Kouassi",
    "birth_date": "1994-03-08",
    "sex": "female",
    "nationality": "CI",
    "languages": ["fr"],
}
CONSENT: Fields = {
    "by": "the person",
    "language": "fr",
    "purpose": "reintegration-assistance",
    "receiver": "ci:accueil",
    "classes": ["identity-min"],
    "taken_on": "2026-11-10",
    "expires_on": "2028-02-28",
}
CASE: Fields = {"host": "es:retorno", "origin": "ci:accueil", "urgency": "routine", "identity-min": IDENTITY}


def read(**changes: object) -> ImportedCase:
    fields = {name.replace("_", "-"): value for name, value in changes.items()}
    return read_case(json.dumps({**CASE, **fields}).encode(), at=AT)


def changed(document: Fields, **changes: object) -> Fields:
    return {name: value for name, value in {**document, **changes}.items() if value is not ...}


BYTES = {
    "nothing": (b"", "file"),
    "no JSON": (b"{", "file"),
    "no object": (b"[]", "file"),
    "UTF-16": (json.dumps(CASE).encode("utf-16"), "file"),
    "a name that stands twice": (b'{"host": "es:retorno", "host": "de:rueckkehr"}', "host"),
    "a name that stands twice further in": (b'{"travel": {"port": "ABJ", "port": "BGW"}}', "port"),
    "NaN": (b'{"urgency": NaN}', "file"),
    "a number of 5000 digits": (b'{"urgency": ' + b"7" * 5000 + b"}", "file"),
    "nesting without end": (b"[" * 100_000, "file"),
    "nesting of 30": (b'{"x": ' + b"[" * 30 + b"]" * 30 + b"}", "x" + "[0]" * 19),
    "a lone surrogate": (b'{"host": "\\ud800"}', "host"),
    "NUL": (b'{"travel": {"port": "\\u0000"}}', "travel.port"),
    "more than a mebibyte": (b" " * (MAX_BYTES + 1), "file"),
}

WRONG: dict[str, tuple[Fields, str]] = {
    "no host": (changed(CASE, host=...), "host"),
    "a host that is no node": (changed(CASE, host=SECRET), "host"),
    "an origin that is no text": (changed(CASE, origin=5), "origin"),
    "an urgency that nobody knows": (changed(CASE, urgency=SECRET), "urgency"),
    "confidential that is a number": (changed(CASE, confidential=1), "confidential"),
    "no identity": (changed(CASE, **{"identity-min": ...}), "identity-min"),
    "an identity that is a list": (changed(CASE, **{"identity-min": [SECRET]}), "identity-min"),
    "no reference": (changed(CASE, **{"identity-min": changed(IDENTITY, reference=...)}), "identity-min.reference"),
    "an empty reference": (
        changed(CASE, **{"identity-min": changed(IDENTITY, reference="")}),
        "identity-min.reference",
    ),
    "a confidential case without a code": (changed(CASE, confidential=True), "identity-min.code"),
    "medication that is one object": (changed(CASE, medication={"drug": SECRET}), "medication"),
    "medication that is a list of texts": (changed(CASE, medication=[SECRET]), "medication.items[0]"),
    "vulnerability that is a text": (changed(CASE, vulnerability=SECRET), "vulnerability"),
    "a household that is an object": (changed(CASE, family={"household": {SECRET: 1}}), "family.household"),
    "a member that is a name": (changed(CASE, family={"household": [SECRET]}), "family.household[0]"),
    "a passport that is a number": (changed(CASE, **{"identity-full": {"passport": SECRET}}), "identity-full.passport"),
    "a line of costs that is a text": (changed(CASE, costs={"lines": [SECRET]}), "costs.lines[0]"),
    "an exception that is a text": (changed(CASE, exception=SECRET), "exception"),
    "a consent that is a text": (changed(CASE, consent=SECRET), "consent"),
    "a consent without a receiver": (changed(CASE, consent=changed(CONSENT, receiver=...)), "consent.receiver"),
    "a second consent without a date": (
        changed(CASE, consent=[CONSENT, changed(CONSENT, taken_on=...)]),
        "consent[1].taken_on",
    ),
    "an expiry that is no date": (changed(CASE, consent=changed(CONSENT, expires_on=SECRET)), "consent.expires_on"),
    "consent to an invented class": (
        changed(CASE, consent=changed(CONSENT, classes=["needs", SECRET])),
        "consent.classes[1]",
    ),
    "consent to nothing": (changed(CASE, consent=changed(CONSENT, classes=[])), "consent.classes"),
    "consent to a word": (changed(CASE, consent=changed(CONSENT, classes=SECRET)), "consent.classes"),
    "an interpreter with a name": (changed(CASE, consent=changed(CONSENT, interpreter=SECRET)), "consent.interpreter"),
    "withholding that does not say from whom": (
        changed(CASE, consent=changed(CONSENT, withhold=[{"what": SECRET}])),
        "consent.withhold[0].from",
    ),
}


@pytest.mark.parametrize(("raw", "field"), BYTES.values(), ids=BYTES)
def test_bytes_that_are_no_case_are_refused(raw: bytes, field: str) -> None:
    with pytest.raises(CaseFileInvalid) as refused:
        read_case(raw, at=AT)
    assert refused.value.field == field


@pytest.mark.parametrize(("document", "field"), WRONG.values(), ids=WRONG)
def test_a_case_that_cannot_be_read_names_the_field_and_not_the_value(document: Fields, field: str) -> None:
    with pytest.raises(CaseFileInvalid) as refused:
        read_case(json.dumps(document).encode(), at=AT)
    assert refused.value.field == field
    assert refused.value.code == "case-file-invalid"
    assert SECRET not in str(refused.value)


def test_what_nobody_knows_stays_at_home_and_is_listed() -> None:
    case = read(horoscope={"sign": "leo"}, travel={"port": "ABJ", "seat": "4A"}, expect="nothing")
    assert {(one.path, one.why) for one in case.stays} == {
        ("horoscope", Why.NO_PLACE),
        ("travel.seat", Why.NO_PLACE),
        ("expect", Why.NO_PLACE),
    }
    assert case.record["travel"] == {"port": "ABJ"}


def test_what_nobody_knows_inside_an_object_stays_at_home_too() -> None:
    case = read(
        identity_full={"passport": {"number": "19AP00000", "photo": "…"}},
        medication=[{"drug": "insulin", "prescriber": "Dr"}],
        consent={**CONSENT, "witness": "a friend"},
    )
    assert {one.path for one in case.stays} == {
        "identity-full.passport.photo",
        "medication.items[0].prescriber",
        "consent.witness",
    }


def test_a_class_of_which_nothing_is_left_is_not_in_the_record() -> None:
    case = read(travel={"seat": "4A"}, family={"dog": "yes"}, costs={"thanks": "many"})
    assert set(case.record) == {"identity-min"}


def test_a_name_of_a_field_that_looks_like_none_is_not_repeated() -> None:
    assert [one.path for one in read(**{"Aya Kouassi": 1}).stays] == ["?"]


def test_documents_of_a_confidential_case_stay_at_home() -> None:
    case = read(
        confidential=True,
        identity_min={**IDENTITY, "code": "C-1"},
        identity_full={"address_origin": "Abidjan"},
    )
    assert "identity-full" not in case.record
    assert {one.path: one.why for one in case.stays}["identity-full.address_origin"] is Why.CONFIDENTIAL
    assert check("identity-min", case.record["identity-min"])[1] == ()


def test_a_birth_date_that_cannot_be_gives_no_birth_year_and_no_age_band() -> None:
    case = read(
        confidential=True,
        identity_min={**IDENTITY, "code": "C-1", "birth_date": "1994-02-30"},
        family={"household": [{"relation": "son", "birth_date": "2030-01-01", "travels": True}]},
    )
    faults = [reason.field for name in case.record for reason in check(name, case.record[name])[1]]
    assert faults == ["identity-min.birth_year", "family.household[0].age_band"]


def test_an_age_band_that_the_exporter_states_is_taken() -> None:
    case = read(family={"household": [{"relation": "son", "age_band": "0-5", "travels": True}]})
    assert case.record["family"] == {"household": [{"relation": "son", "age_band": "0-5", "travels": True}]}


def test_an_amount_with_a_fraction_stays_as_it_was_written() -> None:
    lines = [{"what": "rent", "planned": 1260.10, "borne_by": "host"}]
    case = read(costs={"currency": "EUR", "lines": lines})
    assert case.record["costs"]["lines"] == [{"what": "rent", "planned": "1260.1", "borne_by": "host"}]


def test_text_is_normalised_and_null_is_absent() -> None:
    case = read(identity_min={**IDENTITY, "family_name": "Ake\u0301", "latin_name": None})
    assert case.record["identity-min"]["family_name"] == "Aké"
    assert "latin_name" not in case.record["identity-min"]


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read_case(b"\xef\xbb\xbf" + json.dumps(CASE).encode(), at=AT).reference == "ES-1"


def test_what_a_consent_does_not_say_gives_away_least() -> None:
    (draft,) = read(consent=CONSENT).consents
    assert (draft.outcomes_may_return, draft.interpreter, draft.organisation) == (False, False, None)
    assert draft.covers_principal


names = st.sampled_from(["host", "identity-min", "family", "household", "consent", "costs", "lines", "medication"])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | st.text(max_size=3), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None)
@given(changes=st.dictionaries(names, anything, max_size=4))
def test_any_file_is_a_case_or_one_refusal(changes: Fields) -> None:
    case = case_or_refusal({**CASE, **changes})
    if isinstance(case, CaseFileInvalid):
        assert case.field
    else:
        assert all(name in CLASSES and fields for name, fields in case.record.items())


def case_or_refusal(document: Fields) -> ImportedCase | CaseFileInvalid:
    try:
        return read_case(json.dumps(document).encode(), at=AT)
    except CaseFileInvalid as refused:
        return refused

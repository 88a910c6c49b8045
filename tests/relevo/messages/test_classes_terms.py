"""The terms of a consent travel without the reasons, and always as the same bytes."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relevo.domain.consent import Consent, Terms, Withheld, Withholding, terms_of
from relevo.domain.data_classes import DataClass
from relevo.messages.classes import (
    ClassInvalid,
    check,
    terms_from_fields,
    terms_from_record,
    terms_record,
    terms_to_fields,
)

TERMS = Terms(
    purpose="reintegration-assistance",
    receiver="ge:dabruneba",
    organisation="ge:dabruneba/shelter",
    classes=frozenset({"needs", "identity-min"}),
    expires_on=date(2027, 8, 18),
    withhold=(Withheld("everything", "the municipality"),),
    outcomes_may_return=True,
)

line = st.text("abc д ر", min_size=1, max_size=9).filter(lambda text: bool(text.strip()))
any_terms = st.builds(
    Terms,
    purpose=st.just("medical-continuity"),
    receiver=st.just("iq:awda"),
    organisation=st.none() | st.just("iq:awda/clinic-1"),
    classes=st.frozensets(st.sampled_from([str(name) for name in DataClass]), min_size=1),
    expires_on=st.dates(date(2026, 1, 1), date(2100, 1, 1)),
    withhold=st.lists(st.builds(Withheld, line, line), max_size=3).map(tuple),
    outcomes_may_return=st.booleans(),
)


def test_the_record_is_compact_json_with_sorted_names() -> None:
    assert terms_record(TERMS) == (
        b'{"classes":["identity-min","needs"],"expires_on":"2027-08-18","organisation":"ge:dabruneba/shelter",'
        b'"outcomes_may_return":true,"purpose":"reintegration-assistance","receiver":"ge:dabruneba",'
        b'"withhold":[{"from_whom":"the municipality","what":"everything"}]}'
    )


def test_the_reason_for_withholding_is_nowhere_in_the_record() -> None:
    consent = Consent(
        id="c1",
        purpose="reintegration-assistance",
        receiver="ge:dabruneba",
        classes=frozenset({"needs"}),
        withhold=(Withholding(what="everything", from_whom="the municipality", why="relative employed there"),),
        by="the person",
        language="ka",
        taken_on=date(2026, 11, 18),
        expires_on=date(2027, 8, 18),
    )
    assert b"relative" not in terms_record(terms_of(consent))


@given(terms=any_terms)
def test_terms_survive_the_way_there_and_back(terms: Terms) -> None:
    fields = terms_to_fields(terms)
    assert check("consent", fields) == (fields, ())
    assert terms_from_fields(fields) == terms


def test_the_order_of_classes_on_the_wire_does_not_change_the_record() -> None:
    fields = terms_to_fields(TERMS) | {"classes": ["needs", "identity-min"]}
    assert terms_record(terms_from_fields(fields)) == terms_record(TERMS)


def test_terms_that_are_not_right_are_refused() -> None:
    with pytest.raises(ClassInvalid) as refused:
        terms_from_fields({**terms_to_fields(TERMS), "outcomes_may_return": 1, "reason": "fear"})
    assert {reason.field for reason in refused.value.reasons} == {"consent.outcomes_may_return", "consent.reason"}


def test_a_record_is_read_back_in_its_one_form() -> None:
    assert terms_from_record(terms_record(TERMS)) == TERMS
    with pytest.raises(ClassInvalid):
        terms_from_record(terms_record(TERMS) + b" ")

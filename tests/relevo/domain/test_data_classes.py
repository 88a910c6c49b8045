from __future__ import annotations

import pytest

from relevo.domain.data_classes import RETURNING, DataClass, class_of, field_of

PATHS = {
    "a class alone has no field": ("family", "family", ""),
    "a field stands after the dot": ("identity-full.address_origin", "identity-full", "address_origin"),
    "an index belongs to the value": ("consent.withhold[0].why", "consent", "withhold"),
    "what lies deeper belongs to the field": ("identity-full.passport.number", "identity-full", "passport"),
}


@pytest.mark.parametrize(("path", "data_class", "field"), PATHS.values(), ids=PATHS)
def test_a_path_names_its_class_and_its_field(path: str, data_class: str, field: str) -> None:
    assert (class_of(path), field_of(path)) == (data_class, field)


def test_only_what_became_of_the_person_returns() -> None:
    assert set(RETURNING) == {"outcome", "feedback", "plan", "costs", "documents"}


def test_there_are_seventeen_classes_each_with_its_word() -> None:
    assert len(DataClass) == 17
    assert DataClass("mental-health-risk") is DataClass.MENTAL_HEALTH_RISK

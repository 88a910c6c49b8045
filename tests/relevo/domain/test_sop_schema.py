"""The schema for editors is drawn from the reader; what the reader takes satisfies it, and its plain faults do not."""

from __future__ import annotations

import json
import tomllib
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest

from relevo.domain.sop_schema import sop_schema
from relevo.domain.toml_schema import DrawnTable

if TYPE_CHECKING:
    from collections.abc import Mapping

SOPS = Path(__file__).parents[3] / "shared" / "sops"
FILES = sorted(SOPS.glob("*.toml"))
ES_CI = (SOPS / "es-ci.toml").read_text(encoding="utf-8")
VALIDATOR = jsonschema_rs.Draft7Validator(sop_schema(), validate_formats=True)


def as_json(text: str) -> object:
    """A TOML document as an editor hands it to a JSON Schema: dates and times as texts."""
    return json.loads(json.dumps(tomllib.loads(text), default=_written))


def test_it_is_a_schema() -> None:
    jsonschema_rs.meta.validate(sop_schema())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_sample_satisfies_it(file: Path) -> None:
    VALIDATOR.validate(as_json(file.read_text(encoding="utf-8")))


FAULTS: Mapping[str, tuple[str, str]] = {
    "an unknown key": ("version = 1", "version = 1\ncolour = 1"),
    "an unknown key of a purpose": ("returns = [", "sends = []\nreturns = ["),
    "a missing key": ("programme =", "# programme ="),
    "a missing calendar": ("[calendars.origin]", "[calendars.other]"),
    "a missing list of holidays": ("holidays = [", "days = ["),
    "a number as text": ("version = 1", 'version = "1"'),
    "a version before the first": ("version = 1", "version = 0"),
    "an allowance in two units": ("{ hours = 24 }", "{ hours = 24, working_days = 1 }"),
    "an allowance in none": ("{ hours = 24 }", "{ }"),
    "a node id in capitals": ('"es:retorno"', '"ES:retorno"'),
    "a name with a space": ('"es-ci-return"', '"es ci"'),
    "no language": ('["fr", "es"]', "[]"),
    "a basis that the law does not know": ('"safeguards"', '"habit"'),
    "a date for a moment": ("2026-11-01T00:00:00Z", "2026-11-01"),
    "a date for a time of day": ("opens = 08:00:00", "opens = 2026-11-01"),
    "an unknown class": ('"family", "skills"', '"family", "shoe-size"'),
    "a class named twice": ('["identity-full"', '["family", "identity-full"'),
    "a name that returns": ('["outcome", "feedback", "plan"', '["identity-min"'),
    "a purpose that is no word": ("[purposes.medical-continuity]", '[purposes."Medical Care"]'),
    "a weekend of no day": ('["saturday", "sunday"]', '["samedi"]'),
    "a month before arrival": ("[1, 3, 6, 12]", "[0, 1]"),
    "a role of the other side": ("[access.host.clinician]", "[access.host.intake]"),
    "a list of access that is missing": ("[access.host.auditor]\nenter = []\n", "[access.host.auditor]\n"),
    "a ceiling as a float": ('amount = "1800.00"', "amount = 1800.00"),
    "a ceiling of nothing": ('amount = "1800.00"', 'amount = "0.00"'),
    "a ceiling without an amount": ('amount = "1800.00"', 'person = "minor"'),
    "an unknown category of costs": ('training = "host"', 'cinema = "host"'),
    "an unknown part of the record": ('["contacts", "assessments"', '["contacts", "gossip"'),
    "a sheet without its risks": ("\nrisks = ", "\nperils = "),
    "an adult of ten": ("adult_from = 18", "adult_from = 10"),
    "retention of no class": ("identity-min = 1825", "identity-min = 1825\nshoes = 1"),
}


@pytest.mark.parametrize(("good", "bad"), FAULTS.values(), ids=FAULTS)
def test_it_does_not_take(good: str, bad: str) -> None:
    assert good in ES_CI
    assert not VALIDATOR.is_valid(as_json(ES_CI.replace(good, bad, 1)))


def test_what_a_reader_asks_for_only_if_it_is_there_is_not_required() -> None:
    drawn = DrawnTable()
    if drawn.has("note"):
        drawn.text("note")
    drawn.optional_table("more").number("amount")
    assert "required" not in drawn.schema()
    assert drawn.schema()["properties"] is not None


def _written(value: object) -> str:
    assert isinstance(value, date | time)
    return value.isoformat()

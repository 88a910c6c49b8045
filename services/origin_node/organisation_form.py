"""What somebody writes about an organisation: over the API, on the command line, or as a TOML file of several.

    [[organisation]]
    id = "ge:dabruneba/shelter"
    title = "Shelter (invented)"
    services = ["safe-housing", "counselling"]
    people = ["any"]                  # or some of: vulnerable, minor
    area = ["Tbilisi"]                # or ["any"]
    places = { safe-housing = 8 }     # a service without a number has no limit
    budget = "12000.00"
    currency = "GEL"
    languages = ["ka", "ru"]
    confidential = true
    active = true
    checked_on = 2026-11-01

Every fault is named at once, by its path, and nothing is stored then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from relevo.errors import BadInput, Reason, Refusal
from relevo.messages.classes_faults import examine
from relevo.messages.classes_shape import WELL_FORMED, Strict, misplaced, missing
from relevo.messages.classes_values import Day, Language, Line, Organisation, some, written
from relevo.messages.toml_form import read_toml
from relevo.protocol.strict_json import JsonValue

AMOUNT = r"(0|[1-9][0-9]{0,11})(\.[0-9]{1,2})?"
Money = Annotated[
    str,
    written(
        AMOUNT,
        "must be an amount such as 12000.00, as text",
        "Write digits and at most two decimals, in quotation marks.",
    ),
]
Currency = Annotated[str, written(r"[A-Z]{3}", "must be a currency code such as EUR", "Use the ISO 4217 code.")]
Category = Annotated[
    str,
    Field(max_length=64),
    written(
        r"[a-z0-9]+(-[a-z0-9]+)*",
        "must be a category of services, such as safe-housing",
        "Take the word before the colon of a requested service.",
    ),
]
People = Literal["any", "vulnerable", "minor"]
ANYBODY: tuple[People, ...] = ("any",)


class OrganisationInvalid(Refusal):
    """What is written about an organisation is not understood, or contradicts itself."""

    code = "organisation-invalid"
    rule = WELL_FORMED
    advice = "Correct the fields that are named; nothing was stored."


class OrganisationForm(Strict):
    """One organisation, as it is written down."""

    id: Organisation
    title: Line
    services: Annotated[tuple[Category, ...], Field(max_length=60), AfterValidator(some)]
    people: Annotated[tuple[People, ...], Field(max_length=5), AfterValidator(some)] = ANYBODY
    area: Annotated[tuple[Line, ...], Field(max_length=60), AfterValidator(some)] = ("any",)
    places: dict[Category, Annotated[int, Field(ge=0, le=100_000)]] = Field(default_factory=dict)
    budget: Money | None = None
    currency: Currency | None = None
    languages: Annotated[tuple[Language, ...], Field(max_length=30)] = ()
    confidential: bool = False
    active: bool = True
    checked_on: Day

    @classmethod
    def contradictions(cls, given: Mapping[str, object]) -> Iterator[Reason]:
        """Money has a currency; only what is offered has places."""
        if "budget" in given and "currency" not in given:
            yield missing("currency", "Say in which currency the budget is, such as EUR.")
        services, places = given.get("services"), given.get("places")
        if isinstance(services, list | tuple) and isinstance(places, Mapping) and set(places) - set(services):
            yield misplaced("places", "counts a service that is not offered", "Add it to `services`, or leave it out.")


def read_form(given: Mapping[str, JsonValue], *, within: str = "organisation") -> OrganisationForm:
    """One organisation as somebody wrote it.

    Raises:
        OrganisationInvalid: with one reason for each fault.
    """
    form, reasons = examine(OrganisationForm, given, within=within)
    if form is None:
        raise OrganisationInvalid(*reasons)
    return form


def read_file(raw: bytes) -> tuple[OrganisationForm, ...]:
    """The organisations of a TOML file.

    Raises:
        OrganisationInvalid: with one reason for each fault of any of them.
    """
    try:
        found = read_toml(raw.decode())
    except (BadInput, UnicodeDecodeError):
        raise OrganisationInvalid(detail="not a TOML file in UTF-8", field="file") from None
    several = found.get("organisation")
    if set(found) != {"organisation"} or not isinstance(several, list):
        raise OrganisationInvalid(detail="the file lists each organisation as [[organisation]]", field="organisation")
    forms: list[OrganisationForm] = []
    faults: list[Reason] = []
    for place, one in enumerate(several):
        fields = one if isinstance(one, dict) else {}
        form, reasons = examine(OrganisationForm, fields, within=f"organisation[{place}]")
        forms += [form] if form else []
        faults += reasons
    if faults:
        raise OrganisationInvalid(*faults)
    return tuple(forms)

"""Who the person is and how to reach them: `identity-min`, `identity-full`, `contact`.

`identity-min` stands in one of two forms, and nothing of one form may stand in the other:

    named         family_name, given_names (or single_name: true), one of birth_date | birth_year with
                  birth_date_reason | birth_date_unknown (why)
    confidential  code, one of birth_year | birth_date_unknown; no name, no birth date

A birth date that nobody knows is never invented: the year alone, or nothing, is right when it says why. A person with
one name has it in `family_name`, as in travel documents (ICAO Doc 9303, part 3, section 4.6).

`contact` must be usable: a channel comes with what it needs, and under `via-intermediary` the number or address is the
intermediary's. Safety comes first, so `do-not-contact` needs nothing beside it.

Source: Reintegration Handbook, 4.1.3 (referral forms; first contact).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from relevo.domain.first_contact import Channel
from relevo.errors import Reason
from relevo.messages.classes_shape import DataClassModel, Strict, misplaced, missing
from relevo.messages.classes_values import Day, Language, Line, Name, Reference, day_or, some, written
from relevo.messages.identity_countries import Nationality

NOT_KNOWN = (
    "If it is not known, leave it out and say why: birth_year with birth_date_reason where the year is known, "
    "else birth_date_unknown."
)
NAMES = ("given_names", "family_name", "latin_name", "single_name")
"""The fields of `identity-min` that never stand beside a code."""

BirthDay = Annotated[Day, day_or(NOT_KNOWN)]
BirthYear = Annotated[int, Field(ge=1850, le=2199)]
Phone = Annotated[
    str,
    written(
        r"\+[1-9](?:[ -]?[0-9]){5,16}",
        "must be a telephone number with its country code, such as +225 07 00 00 00 01",
        "Begin with + and the country code; a number without it cannot be called from abroad.",
    ),
]
Email = Annotated[
    str,
    Field(max_length=254),
    written(
        r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]+(\.[\w-]+)+",
        "must be one address with an @ and the name of a server",
        "Check the spelling with the person.",
    ),
]
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_SPAN = rf"{_CLOCK}-({_CLOCK}|24:00)"
Hours = Annotated[
    str,
    Field(max_length=80),
    written(
        rf"{_SPAN}(, ?{_SPAN})*",
        "must be hours of the day such as 09:00-18:00",
        "Write from and until, in the local time of the person; several spans are joined by a comma.",
    ),
]


class Sex(StrEnum):
    """As documents state it; the words are those of HL7 FHIR administrative gender."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


class WorkerGender(StrEnum):
    """Whom the person wishes to speak with."""

    FEMALE = "female"
    MALE = "male"
    ANY = "any"


class IdentityMin(DataClassModel):
    """As much identity as it takes to receive the person, and no more."""

    reference: Reference
    code: Reference | None = None
    given_names: Name | None = None
    family_name: Name | None = None
    latin_name: Name | None = None
    single_name: bool | None = None
    birth_date: BirthDay | None = None
    birth_year: BirthYear | None = None
    birth_date_reason: Line | None = None
    birth_date_unknown: Line | None = None
    sex: Sex
    nationality: Nationality
    languages: Annotated[tuple[Language, ...], Field(max_length=20), AfterValidator(some)]

    @classmethod
    def contradictions(cls, given: Mapping[str, object]) -> Iterator[Reason]:
        """Hold the named and the confidential form apart."""
        if "code" in given:
            yield from _nameless(given)
        else:
            yield from _named(given)
            yield from _born(given)


class Document(Strict):
    """A passport, identity card or laissez-passer."""

    number: Name
    issued: Nationality | None = None
    expires: Day | None = None


class IdentityFull(DataClassModel):
    """Documents and addresses."""

    passport: Document | None = None
    identity_card: Document | None = None
    laissez_passer: Document | None = None
    birth_place: Line | None = None
    address_origin: Line | None = None
    address_host: Line | None = None


class Contact(DataClassModel):
    """How, when and by whom the person may be reached."""

    channel: Channel
    number: Phone | None = None
    email: Email | None = None
    intermediary: Line | None = None
    who_may_answer: Line | None = None
    hours: Hours | None = None
    never: Line | None = None
    language: Language | None = None
    interpreter: bool | None = None
    sign_language: Language | None = None
    worker_gender: WorkerGender | None = None
    before_arrival: bool | None = None

    @classmethod
    def contradictions(cls, given: Mapping[str, object]) -> Iterator[Reason]:
        """Ask for what the channel needs."""
        channel = given.get("channel")
        if channel in (Channel.PHONE, Channel.MESSAGE) and "number" not in given:
            yield missing("number", "Give the number, or choose another channel.")
        if channel == Channel.EMAIL and "email" not in given:
            yield missing("email", "Give the address, or choose another channel.")
        if channel == Channel.VIA_INTERMEDIARY:
            yield from _reachable(given)


def _nameless(given: Mapping[str, object]) -> Iterator[Reason]:
    for name in (*NAMES, "birth_date", "birth_date_reason"):
        if name in given:
            yield misplaced(
                name,
                "may not stand beside a code",
                "In a confidential case leave out names and birth date; the code and the birth year go alone.",
            )
    if not given.keys() & {"birth_year", "birth_date_unknown"}:
        yield missing("birth_year", "Give the year, or birth_date_unknown with the reason.")


def _named(given: Mapping[str, object]) -> Iterator[Reason]:
    if "family_name" not in given:
        yield missing("family_name", "Give the name; in a confidential case give a code instead of names.")
    if given.get("single_name") is True and "given_names" in given:
        yield misplaced("single_name", "may not stand beside given names", "Leave out one of the two.")
    if given.get("single_name") is not True and "given_names" not in given:
        yield missing("given_names", "Give them; for a person with one name set single_name to true.")


def _born(given: Mapping[str, object]) -> Iterator[Reason]:
    stated = [name for name in ("birth_date", "birth_year", "birth_date_unknown") if name in given]
    if not stated:
        yield missing("birth_date", NOT_KNOWN)
    for name in stated[1:]:
        yield misplaced(name, f"may not stand beside {stated[0]}", "State the birth date in one way only.")
    if "birth_year" in given and "birth_date_reason" not in given:
        yield missing("birth_date_reason", "Say why only the year is known.")
    if "birth_date_reason" in given and "birth_year" not in given:
        yield misplaced("birth_date_reason", "belongs to birth_year", "Leave it out, or give the year alone.")


def _reachable(given: Mapping[str, object]) -> Iterator[Reason]:
    if "intermediary" not in given:
        yield missing("intermediary", "Say who the intermediary is.")
    if not given.keys() & {"number", "email"}:
        yield missing("number", "Give the intermediary's number or email address.")

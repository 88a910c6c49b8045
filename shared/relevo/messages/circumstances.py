"""How the person lives and what they need: `travel`, `family`, `needs`, `skills`, `vulnerability`.

`family` says who belongs to the household by relation and age band alone. It has no field for names, birth dates or
notes, so that nothing about a person who did not consent, and no health fact, can travel in it. Both words come from
closed lists for the same reason.

Source: Reintegration Handbook, 4.1.3 (what moves), 2.2 (assessment); occupations by ISCO-08, education by ISCED 2011.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from relevo.messages.classes_shape import DataClassModel, Strict
from relevo.messages.classes_values import Language, Line, Moment, Name, Note, Word, some, written

if TYPE_CHECKING:
    from relevo.domain.data_classes import JsonValue

Words = Annotated[tuple[Word, ...], Field(max_length=20)]
Port = Annotated[
    str,
    written(
        r"[A-Z]{3}|[A-Z]{2}[A-Z2-9]{3}",
        "must be the code of an airport (ABJ) or of another place of arrival (ESALG)",
        "Use the IATA code, or the UN/LOCODE for ports and border crossings.",
    ),
]
Flight = Annotated[
    str,
    written(
        r"[A-Z0-9]{2}[A-Z]?[0-9]{1,4}[A-Z]?",
        "must be a flight number without spaces, such as IB3733",
        "Copy it from the ticket.",
    ),
]
Occupation = Annotated[
    str,
    written(
        r"[0-9]{1,4}",
        "must be an ISCO-08 code of one to four digits",
        "Look the occupation up in ISCO-08; fewer digits mean a wider group.",
    ),
]


class ReturnType(StrEnum):
    """How the person comes to return."""

    VOLUNTARY = "voluntary"
    ASSISTED_VOLUNTARY = "assisted-voluntary"
    SPONTANEOUS = "spontaneous"
    FORCED = "forced"


class Relation(StrEnum):
    """What somebody is to the person."""

    WIFE = "wife"
    HUSBAND = "husband"
    PARTNER = "partner"
    DAUGHTER = "daughter"
    SON = "son"
    CHILD = "child"
    STEPCHILD = "stepchild"
    FOSTER_CHILD = "foster-child"
    MOTHER = "mother"
    FATHER = "father"
    SISTER = "sister"
    BROTHER = "brother"
    GRANDMOTHER = "grandmother"
    GRANDFATHER = "grandfather"
    GRANDCHILD = "grandchild"
    AUNT = "aunt"
    UNCLE = "uncle"
    NIECE = "niece"
    NEPHEW = "nephew"
    COUSIN = "cousin"
    IN_LAW = "in-law"
    GUARDIAN = "guardian"
    WARD = "ward"
    OTHER_RELATIVE = "other-relative"
    NOT_RELATED = "not-related"


class AgeBand(StrEnum):
    """Years of age from and to, both included; where nobody knows, that is said."""

    INFANT = "0-5"
    CHILD = "6-12"
    ADOLESCENT = "13-17"
    YOUNG_ADULT = "18-24"
    ADULT = "25-59"
    OLDER = "60-plus"
    UNKNOWN = "unknown"


class Education(StrEnum):
    """The highest level completed; the words of ISCED 2011, and `vocational` where the level is not known."""

    NONE = "none"
    PRIMARY = "primary"
    LOWER_SECONDARY = "lower-secondary"
    UPPER_SECONDARY = "upper-secondary"
    VOCATIONAL = "vocational"
    POST_SECONDARY = "post-secondary"
    SHORT_CYCLE_TERTIARY = "short-cycle-tertiary"
    BACHELOR = "bachelor"
    MASTER = "master"
    DOCTORAL = "doctoral"


def age_band(birth_date: date, *, on: date) -> AgeBand:
    """The band of somebody born on `birth_date`, on the day `on`; born on 29 February, one ages on 1 March.

    Raises:
        ValueError: if the birth date lies after `on`.
    """
    if birth_date > on:
        raise ValueError("not born yet")
    age = on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))
    return next(band for begins, band in _BANDS if age >= begins)


_BANDS = (
    (60, AgeBand.OLDER),
    (25, AgeBand.ADULT),
    (18, AgeBand.YOUNG_ADULT),
    (13, AgeBand.ADOLESCENT),
    (6, AgeBand.CHILD),
    (0, AgeBand.INFANT),
)


class Travel(DataClassModel):
    """The journey as planned."""

    return_type: ReturnType
    arrival_at: Moment
    port: Port
    flight: Flight | None = None
    assistance: Words | None = None


class Member(Strict):
    """Somebody of the household, as little as it takes to plan for them."""

    relation: Relation
    age_band: AgeBand
    travels: bool
    lives_at: Name | None = None
    separated: bool | None = None


class Family(DataClassModel):
    """The household without the person."""

    household: Annotated[tuple[Member, ...], Field(max_length=30), AfterValidator(some)]


class Needs(DataClassModel):
    """The services asked for, in the order in which they matter, and what the person has in mind."""

    economic: Words | None = None
    social: Words | None = None
    psychosocial: Words | None = None
    intentions: Note | None = None
    services_already_given: Words | None = None


class Skills(DataClassModel):
    """What the person can do."""

    education: Education | None = None
    occupation_isco08: Occupation | None = None
    years: Annotated[int, Field(ge=0, le=80)] | None = None
    certificates: Annotated[tuple[Line, ...], Field(max_length=30)] | None = None
    languages: Annotated[tuple[Language, ...], Field(max_length=20)] | None = None
    business_idea: Note | None = None


class Vulnerability(DataClassModel):
    """Markers that ask for protection, as the host states them."""

    markers: Annotated[tuple[Line, ...], Field(max_length=20), AfterValidator(some)]


def requested_services(needs: Needs | Mapping[str, JsonValue]) -> tuple[str, ...]:
    """The services asked for: economic, then social, then psychosocial, each once.

    Takes the model, or the fields of the class as they stand in a record; what is no list of words there is passed
    over, for `check` will name it.
    """
    fields = needs.to_fields() if isinstance(needs, Needs) else needs
    lists = (fields.get(name) for name in ("economic", "social", "psychosocial"))
    asked = (word for words in lists if isinstance(words, list | tuple) for word in words if isinstance(word, str))
    return tuple(dict.fromkeys(asked))

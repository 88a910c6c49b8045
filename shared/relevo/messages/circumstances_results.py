"""What is planned, paid, done and said: `documents`, `plan`, `costs`, `outcome`, `feedback`.

An amount is decimal text in the currency of its class (`"360"`, `"1260.50"`), never a JSON number, because a binary
fraction is not what was agreed. `feedback` has the person's own words with their language, or why there are none.

Source: Reintegration Handbook, 4.1.3 (the complete record; costs).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from relevo.domain.assignment import AssignmentStatus
from relevo.errors import Reason
from relevo.messages.classes_shape import DataClassModel, Strict, misplaced, missing
from relevo.messages.classes_values import Day, Digest, Language, Line, Note, Organisation, Word, some, written
from relevo.protocol.file_seal import MAX_SEALED

Amount = Annotated[
    str,
    written(
        r"(0|[1-9][0-9]{0,11})(\.[0-9]{1,3})?",
        "must be an amount as text, with a full stop before the fraction, such as 1260.50",
        "Write it in quotation marks, without currency and without separators of thousands.",
    ),
]
Currency = Annotated[
    str,
    written(r"[A-Z]{3}", "must be a currency code of three capital letters, such as EUR", "Use ISO 4217."),
]
MediaType = Annotated[
    str,
    Field(max_length=100),
    written(r"[a-z]+/[a-z0-9][a-z0-9.+-]*", "must be a media type such as application/pdf", "Use the IANA name."),
]


class BorneBy(StrEnum):
    """Who bears a cost."""

    HOST = "host"
    ORIGIN = "origin"
    PERSON = "person"
    OTHER = "other"


class FileKind(StrEnum):
    """What a file is."""

    CONSENT_SHEET = "consent-sheet"
    CERTIFICATE = "certificate"
    IDENTITY_DOCUMENT = "identity-document"
    MEDICAL_REPORT = "medical-report"
    PROOF_OF_COSTS = "proof-of-costs"
    OTHER = "other"


class File(Strict):
    """A file that travels beside the message, sealed under `key`; `digest` and `size` are of its sealed bytes.

    The name that it had on somebody's disk does not travel.
    """

    kind: FileKind
    title: Line | None = None
    media_type: MediaType
    size: Annotated[int, Field(ge=1, le=MAX_SEALED)]
    digest: Digest
    key: Digest


class Documents(DataClassModel):
    """Files about the person."""

    files: Annotated[tuple[File, ...], Field(max_length=50), AfterValidator(some)]


class Action(Strict):
    """One service of a plan."""

    service: Word
    organisation: Organisation | None = None
    until: Day | None = None
    note: Note | None = None


class Plan(DataClassModel):
    """The assistance agreed with the person after arrival."""

    agreed_on: Day
    goals: Annotated[tuple[Line, ...], Field(max_length=20)] | None = None
    actions: Annotated[tuple[Action, ...], Field(max_length=40), AfterValidator(some)]
    review_on: Day | None = None


class Cost(Strict):
    """One line of costs."""

    what: Line
    category: Word | None = None
    planned: Amount
    actual: Amount | None = None
    borne_by: BorneBy


class Costs(DataClassModel):
    """Planned and actual costs, in one currency."""

    currency: Currency
    ceiling: Amount | None = None
    lines: Annotated[tuple[Cost, ...], Field(max_length=60), AfterValidator(some)]


class ServiceOutcome(Strict):
    """What became of one service."""

    service: Word
    status: AssignmentStatus
    organisation: Organisation | None = None
    on: Day | None = None
    note: Note | None = None


class Outcome(DataClassModel):
    """What was done and how the person is."""

    services: Annotated[tuple[ServiceOutcome, ...], Field(max_length=40), AfterValidator(some)]
    wellbeing: Note | None = None


class Feedback(DataClassModel):
    """The person's own words and their language, or why there are none."""

    comments: Note | None = None
    language: Language | None = None
    absent_reason: Line | None = None

    @classmethod
    def contradictions(cls, given: Mapping[str, object]) -> Iterator[Reason]:
        """Either words with their language, or the reason for their absence."""
        if "comments" not in given and "absent_reason" not in given:
            yield missing("comments", "Ask the person; where that cannot be, say why in absent_reason.")
        if "comments" in given and "absent_reason" in given:
            yield misplaced("absent_reason", "may not stand beside comments", "Leave out one of the two.")
        if "comments" in given and "language" not in given:
            yield missing("language", "Say in which language the words stand.")

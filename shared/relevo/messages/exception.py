"""The terms of an exception, as they travel sealed in the place of a consent and as they are digested.

    {"attestation": {"body": …, "date": "2026-11-21", "name": …, "number": …}, "classes": ["identity-min", "travel"],
     "expires_at": "2026-11-25T09:00:00Z", "purpose": "reintegration-assistance", "raised_at": "2026-11-22T09:00:00Z",
     "reason": "life-at-risk", "receiver": "ci:accueil"}

The record is these fields as UTF-8 JSON without white space, names sorted, classes sorted, moments in UTC to the
second, an absent attestation and an empty `withhold` left out: equal terms give equal bytes. `withhold` is what the
person withheld in any consent, as in the terms of one. Who raised it and who reviewed it stay at home.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from relevo.domain.consent import Withheld
from relevo.domain.data_classes import DataClass
from relevo.domain.exception import Attestation, ExceptionReason, ExceptionTerms
from relevo.errors import Refusal
from relevo.messages.classes_faults import examine
from relevo.messages.classes_shape import WELL_FORMED, Strict
from relevo.messages.classes_values import Day, Line, Moment, Name, Node, Word, each_once, some
from relevo.messages.terms import WithheldTerm
from relevo.protocol import strict_json

if TYPE_CHECKING:
    from pydantic import JsonValue as Json

    from relevo.domain.data_classes import JsonValue

_WITHIN = "exception"


class ExceptionInvalid(Refusal):
    """An exception is not of the form that is needed."""

    code = "exception-invalid"
    rule = WELL_FORMED
    advice = "Correct the fields that are named; nothing was stored."


class AttestationFields(Strict):
    """A mental-health professional, and when they attested the danger."""

    name: Name
    body: Line
    number: Name
    date: Day


class Raised(Strict):
    """What whoever raises an exception says."""

    reason: ExceptionReason
    raised_by: Line
    attestation: AttestationFields | None = None


class _Record(Strict):
    reason: ExceptionReason
    attestation: AttestationFields | None = None
    purpose: Word
    receiver: Node
    classes: Annotated[tuple[DataClass, ...], Field(max_length=20), AfterValidator(some), AfterValidator(each_once)]
    raised_at: Moment
    expires_at: Moment
    withhold: Annotated[tuple[WithheldTerm, ...], Field(max_length=60), AfterValidator(some)] | None = None


def read_raised(fields: Mapping[str, JsonValue]) -> Raised:
    """What somebody says who raises an exception.

    Raises:
        ExceptionInvalid: with one reason for each fault.
    """
    found, reasons = examine(Raised, fields, within=_WITHIN)
    if found is None:
        raise ExceptionInvalid(*reasons)
    return found


def attestation_of(fields: AttestationFields | None) -> Attestation | None:
    """The attestation as the rules know it."""
    if fields is None:
        return None
    return Attestation(name=fields.name, body=fields.body, number=fields.number, date=fields.date)


def attestation_fields(given: Attestation | None) -> dict[str, Json] | None:
    """The fields of an attestation."""
    if given is None:
        return None
    return {"name": given.name, "body": given.body, "number": given.number, "date": given.date.isoformat()}


def exception_record(terms: ExceptionTerms) -> bytes:
    """The bytes to which a manifest is committed where there was no consent."""
    fields: dict[str, Json] = {
        "reason": str(terms.reason),
        "purpose": terms.purpose,
        "receiver": terms.receiver,
        "classes": [str(name) for name in sorted(terms.classes)],
        "raised_at": _written(terms.raised_at),
        "expires_at": _written(terms.expires_at),
    }
    if terms.withhold:
        fields["withhold"] = [{"what": what, "from_whom": from_whom} for what, from_whom in terms.withhold]
    if terms.attestation is not None:
        fields["attestation"] = attestation_fields(terms.attestation)
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def exception_from_record(record: bytes) -> ExceptionTerms:
    """The terms in a basis record, if it is exactly what `exception_record` writes for them.

    Raises:
        ExceptionInvalid, MalformedJson: if it is anything else.
    """
    found, reasons = examine(_Record, strict_json.load(record), within=_WITHIN)
    if found is None:
        raise ExceptionInvalid(*reasons)
    terms = ExceptionTerms(
        reason=found.reason,
        attestation=attestation_of(found.attestation),
        purpose=found.purpose,
        receiver=found.receiver,
        classes=frozenset(found.classes),
        raised_at=found.raised_at,
        expires_at=found.expires_at,
        withhold=tuple(Withheld(one.what, one.from_whom) for one in found.withhold or ()),
    )
    if exception_record(terms) != record:
        raise ExceptionInvalid(detail="the record of the exception is not in its one form", field=_WITHIN)
    return terms


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

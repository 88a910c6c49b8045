"""The data classes as strict models: one door to check what people typed, one to read what peers sent.

`CLASSES` has one model for each `DataClass`. A class is read whole: it has exactly the fields of its model, each in
its type, at least one of them. What is wrong is told as reasons that name the field and never repeat the value.

Nothing here decides whether a class may leave; that is `relevo.domain.disclosure`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from pydantic import create_model

from relevo.domain.data_classes import DataClass
from relevo.errors import Refusal
from relevo.messages.circumstances import Family, Needs, Skills, Travel, Vulnerability, requested_services
from relevo.messages.circumstances_results import Costs, Documents, Feedback, Outcome, Plan
from relevo.messages.classes_faults import examine, unknown
from relevo.messages.classes_shape import WELL_FORMED, DataClassModel, Strict
from relevo.messages.health import HealthSummary, Medication, MentalHealthRisk
from relevo.messages.identity import Contact, IdentityFull, IdentityMin
from relevo.messages.terms import ConsentTerms, terms_record, terms_to_fields
from relevo.protocol import strict_json

if TYPE_CHECKING:
    from pydantic import JsonValue as Json

    from relevo.domain.consent import Terms
    from relevo.domain.data_classes import JsonValue, Record
    from relevo.errors import Reason

CLASSES: Mapping[str, type[DataClassModel]] = MappingProxyType(
    {
        DataClass.IDENTITY_MIN: IdentityMin,
        DataClass.IDENTITY_FULL: IdentityFull,
        DataClass.CONTACT: Contact,
        DataClass.CONSENT: ConsentTerms,
        DataClass.TRAVEL: Travel,
        DataClass.FAMILY: Family,
        DataClass.NEEDS: Needs,
        DataClass.SKILLS: Skills,
        DataClass.VULNERABILITY: Vulnerability,
        DataClass.HEALTH_SUMMARY: HealthSummary,
        DataClass.MEDICATION: Medication,
        DataClass.MENTAL_HEALTH_RISK: MentalHealthRisk,
        DataClass.DOCUMENTS: Documents,
        DataClass.PLAN: Plan,
        DataClass.COSTS: Costs,
        DataClass.OUTCOME: Outcome,
        DataClass.FEEDBACK: Feedback,
    }
)
_ANY_OF_THEM: dict[str, Any] = {str(name): (model, None) for name, model in CLASSES.items()}
_TOGETHER = create_model("_Together", __base__=Strict, **_ANY_OF_THEM)
"""A record, in which each class may be absent but not null."""


class ClassInvalid(Refusal):
    """A part of what is known about the person is incomplete, or not in the form that it needs."""

    code = "class-invalid"
    rule = WELL_FORMED
    advice = "Correct the fields that are named; nothing was stored."


def check(data_class: str, fields: Mapping[str, JsonValue]) -> tuple[dict[str, Json], tuple[Reason, ...]]:
    """The fields of a class in the form that is stored and sent, or everything that is wrong with them.

    Args:
        data_class: a word of `DataClass`.
        fields: JSON values by name of the field.

    Returns:
        The fields, absent ones left out, and no reason; or no fields and one `Reason` for each fault, with code
        `field-missing`, `field-unknown` or `field-invalid` and a path such as `identity-min.birth_date`.
    """
    model, reasons = _examine(data_class, fields)
    return ({} if model is None else model.to_fields()), reasons


def check_together(record: Record) -> Record | None:
    """All classes of a record as `check` gives each, sooner; None if there is anything wrong with one of them."""
    model, _ = examine(_TOGETHER, record, within="")
    return None if model is None else cast("Record", model.to_fields())


def read(data_class: str, fields: Mapping[str, JsonValue]) -> DataClassModel:
    """The fields of a class as its model.

    Raises:
        ClassInvalid: with one reason for each fault.
    """
    model, reasons = _examine(data_class, fields)
    if model is None:
        raise ClassInvalid(*reasons)
    return model


def terms_from_fields(fields: Mapping[str, JsonValue]) -> Terms:
    """The terms in the fields of a class `consent`.

    Raises:
        ClassInvalid: with one reason for each fault.
    """
    model, reasons = examine(ConsentTerms, fields, within=DataClass.CONSENT)
    if model is None:
        raise ClassInvalid(*reasons)
    return model.to_terms()


@lru_cache(maxsize=256)
def terms_from_record(record: bytes) -> Terms:
    """The terms in a basis record, if it is exactly what `terms_record` writes for them.

    A record is read several times on its way; the same bytes always say the same.

    Raises:
        ClassInvalid, MalformedJson: if it is anything else.
    """
    terms = terms_from_fields(strict_json.load(record))
    if terms_record(terms) != record:
        raise ClassInvalid(detail="the record of the consent is not in its one form", field="consent")
    return terms


def _examine(data_class: str, fields: Mapping[str, JsonValue]) -> tuple[DataClassModel | None, tuple[Reason, ...]]:
    if data_class not in CLASSES:
        return None, (unknown(data_class, "Use one of the data classes."),)
    return examine(CLASSES[data_class], fields, within=data_class)


__all__ = [
    "CLASSES",
    "ClassInvalid",
    "DataClassModel",
    "check",
    "check_together",
    "read",
    "requested_services",
    "terms_from_fields",
    "terms_from_record",
    "terms_record",
    "terms_to_fields",
]

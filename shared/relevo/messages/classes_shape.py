"""What every data class and every step payload is: a strict, frozen model that tells its faults in our words.

The form on the wire is JSON. Nothing is coerced: `false` is no number, `"7"` is no number, `1767225600` is no date.
A field that is absent may be left out or given as null; it is then left out of what is stored and sent.

Faults are of two kinds beside those of Pydantic: a value breaks a rule (`fault`), or fields do not go together
(`contradictions`). Neither repeats a value. Nothing here reads a clock, a file or a database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from relevo.errors import Reason

WELL_FORMED = "values.well-formed"
"""The rule that a value has the form of its field; its word in docs/rules.md."""
OURS = "ours"
"""Type of a fault that brings its own words: context `detail` and `advice`."""
CONTRADICTION = "contradiction"
"""Type of a fault between fields: context `found`, a tuple of `Reason` with fields relative to the model."""


class Strict(BaseModel):
    """A frozen model that takes nothing but its own fields, in exactly their types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)

    @classmethod
    def contradictions(cls, given: Mapping[str, object]) -> Iterator[Reason]:  # noqa: ARG003 - subclasses look at it
        """Yield what does not go together among the fields that are `given`.

        Args:
            given: the fields that have a value; the values may be raw JSON that no rule has seen yet.
        """
        yield from ()

    @classmethod
    def silence(cls) -> tuple[Reason, ...]:
        """What is wrong where no field has a value."""
        return ()

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        values = self.__dict__
        given = {name: values[name] for name in self.model_fields_set if values[name] is not None}
        found = tuple(self.contradictions(given)) or (() if given else self.silence())
        if found:
            raise PydanticCustomError(CONTRADICTION, "fields contradict each other", {"found": found})
        return self

    def to_fields(self) -> dict[str, JsonValue]:
        """The fields that have a value, as JSON: days and moments as text, absent fields left out."""
        return self.model_dump(mode="json", exclude_unset=True, exclude_none=True)


class DataClassModel(Strict):
    """The model of a whole data class; it says at least one thing."""

    @classmethod
    def silence(cls) -> tuple[Reason, ...]:
        """That it says nothing."""
        return (missing("", "Fill in what is known, or leave the class out.", detail="has no fields"),)


def fault(detail: str, advice: str) -> PydanticCustomError:
    """A fault of one value, told in our words; `detail` never repeats the value."""
    return PydanticCustomError(OURS, "{detail}", {"detail": detail, "advice": advice})


def missing(field: str, advice: str, *, detail: str = "is missing") -> Reason:
    """The contradiction that `field` is needed beside what was given."""
    return Reason(code="field-missing", field=field, detail=detail, advice=advice, rule=WELL_FORMED)


def misplaced(field: str, detail: str, advice: str) -> Reason:
    """The contradiction that `field` may not stand beside what was given."""
    return Reason(code="field-invalid", field=field, detail=detail, advice=advice, rule=WELL_FORMED)

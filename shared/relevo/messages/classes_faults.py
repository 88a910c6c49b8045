"""How a mapping is read into a strict model, and how what is wrong with it is told.

Every fault is one `Reason`: `field-missing`, `field-unknown` or `field-invalid`, the path of the field
(`family.household[2].relation`), and what to do. No reason repeats a value, because a value may be somebody's name;
Pydantic's own messages do, and are dropped. The only words taken from the input are names of fields, and of those only
what looks like a name of a field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, to_json

from relevo.errors import Reason
from relevo.messages.classes_shape import CONTRADICTION, OURS, WELL_FORMED, Strict

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from relevo.domain.data_classes import JsonValue

Model = TypeVar("Model", bound=Strict)

_CODES = {"missing": "field-missing", "extra_forbidden": "field-unknown"}
_WORDS: Mapping[str, tuple[str, str]] = {
    "missing": ("is missing", "Fill it in."),
    "extra_forbidden": ("is not one of the fields known here", "Leave it out; it has no place here."),
    "string_type": ("must be text", "Write it as text, in quotation marks."),
    "string_too_long": ("is longer than {max_length} characters", "Shorten it."),
    "string_too_short": ("is empty", "Fill it in, or leave the field out."),
    "int_type": ("must be a whole number", "Write digits only, without quotation marks."),
    "bool_type": ("must be true or false", "Write true or false, without quotation marks."),
    "tuple_type": ("must be a list", "Write a list in square brackets, also for one entry."),
    "too_long": ("has more than {max_length} entries", "Keep the ones that matter for what is asked."),
    "model_type": ("must be an object with named fields", "Write it in curly braces."),
    "enum": ("is not one of the words known here", "Use one of: {expected}."),
    "literal_error": ("is not one of the words known here", "Use: {expected}."),
    "greater_than_equal": ("is less than {ge}", "Check the number."),
    "less_than_equal": ("is more than {le}", "Check the number."),
    "date_type": ("must be a date written as year-month-day, such as 2026-12-31", "Write the day as text."),
    "datetime_type": ("must be a date and time with its offset", "Write the moment as text."),
}
_OTHERWISE = ("is not of the form that is needed", "Look the field up in the list of data classes.")
_LIMITS = frozenset({"max_length", "expected", "ge", "le"})
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_NONCHARACTER = "\uffff"


def examine(
    model: type[Model], fields: Mapping[str, JsonValue], *, within: str
) -> tuple[Model | None, tuple[Reason, ...]]:
    """Read `fields` into `model`, or tell every fault at once.

    Args:
        model: what the fields must be.
        fields: JSON values by name of the field.
        within: the data class or step that the paths start with.

    Returns:
        The model and no reason, or None and at least one.
    """
    try:
        return model.model_validate_json(_as_json(fields)), ()
    except ValidationError as error:
        return None, _told(error, model, fields, within)


def unknown(what: str, advice: str) -> Reason:
    """The reason that there is no data class or step of this name."""
    return Reason(
        code="field-unknown", field=field_name(what), detail="is not known here", advice=advice, rule=WELL_FORMED
    )


def field_name(text: str) -> str:
    """`text` if it looks like the name of a field; else a question mark, for it may be anything."""
    return text if _FIELD_NAME.fullmatch(text) else "?"


def _as_json(fields: Mapping[str, JsonValue]) -> bytes:
    try:
        return to_json(fields, fallback=_plain)
    except PydanticSerializationError:
        # A lone surrogate would make the whole text unreadable; as a noncharacter it is refused in its own field.
        return _LONE_SURROGATE.sub(_NONCHARACTER, _ENCODER.encode(dict(fields))).encode()


def _plain(value: Mapping[str, JsonValue] | Sequence[JsonValue]) -> dict[str, JsonValue] | list[JsonValue]:
    return dict(value) if isinstance(value, Mapping) else list(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=_plain)


def _told(
    error: ValidationError, model: type[Strict], fields: Mapping[str, JsonValue], within: str
) -> tuple[Reason, ...]:
    lines = error.errors(include_url=False, include_input=False)
    reasons = [reason for line in lines for reason in _reasons(line, within)]
    blamed = {reason.field for reason in reasons}
    given = {name: value for name, value in fields.items() if value is not None}
    beside = (_placed(reason, within) for reason in model.contradictions(given))
    return (*reasons, *(reason for reason in beside if reason.field not in blamed))


def _reasons(line: ErrorDetails, within: str) -> Iterator[Reason]:
    kind, context, path = line["type"], line.get("ctx", {}), _path(within, line["loc"])
    if kind == CONTRADICTION:
        yield from (_placed(reason, path) for reason in context["found"])
    elif kind == OURS:
        yield Reason(
            code="field-invalid", field=path, detail=context["detail"], advice=context["advice"], rule=WELL_FORMED
        )
    else:
        limits = {name: context[name] for name in _LIMITS & context.keys()}
        detail, advice = (words.format(**limits) for words in _WORDS.get(kind, _OTHERWISE))
        yield Reason(code=_CODES.get(kind, "field-invalid"), field=path, detail=detail, advice=advice, rule=WELL_FORMED)


def _path(within: str, location: tuple[int | str, ...]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{field_name(step)}" for step in location)
    return within + "".join(steps)


def _placed(reason: Reason, within: str) -> Reason:
    field = f"{within}.{reason.field}" if reason.field else within
    return replace(reason, field=field)

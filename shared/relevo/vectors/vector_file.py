"""A file of test vectors: cases of one subject, each with what goes in and what must come out.

    {"format": "relevo-vectors-v1", "subject": "receipt", "about": text, "given": {name: value, …},
     "cases": [{"name": text, "input": {name: value, …}, "result": value},
               {"name": text, "input": {name: value, …}, "error": code, "told": code}]}

`given` is input that all cases share; a case's own input stands before it. A case ends in `result`, or in `error`: the
stable code of the refusal, or `true` where any refusal will do. `told` is the code that a peer is told, where that is
less. Bytes are written in hexadecimal digits, moments as NumericDate. Nothing here opens a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from relevo.errors import BadInput, WireError
from relevo.protocol import strict_json
from relevo.vectors.given import Input

if TYPE_CHECKING:
    from relevo.protocol.strict_json import JsonObject, JsonValue

FORMAT = "relevo-vectors-v1"
MAX_BYTES = 1 << 24
_MEMBERS = frozenset({"format", "subject", "about", "given", "cases"})
_CASE = frozenset({"name", "input"})
_ERROR = frozenset({"error", "told"})


class VectorsMalformed(BadInput):
    """A file is not one of test vectors."""

    code = "vectors-malformed"
    advice = "shared/vectors/README.md shows the form; `relevo vectors check` runs the files that come with Relevo."


@dataclass(frozen=True, kw_only=True)
class Case:
    """One case: `error` is None if there must be a result; `told` if the wire is told the same code."""

    name: str
    input: Input
    result: JsonValue
    error: str | Literal[True] | None
    told: str | None


@dataclass(frozen=True, kw_only=True)
class VectorFile:
    """The cases of one subject."""

    subject: str
    cases: tuple[Case, ...]


def read_vectors(raw: bytes) -> VectorFile:
    """The vectors in a file, their form checked and nothing run.

    Raises:
        VectorsMalformed: if it is not of this form, or two cases have one name.
    """
    try:
        value = strict_json.load(raw, limit=MAX_BYTES)
    except WireError as error:
        raise VectorsMalformed(f"the file is not strict JSON: {error.detail}") from error
    if set(value) != _MEMBERS or value["format"] != FORMAT:
        raise VectorsMalformed(f"the members of the file are not exactly those of {FORMAT}")
    subject, given, cases = value["subject"], value["given"], value["cases"]
    if not isinstance(subject, str) or not isinstance(given, dict) or not isinstance(cases, list):
        raise VectorsMalformed("subject is text, given an object, and cases are a list")
    read = tuple(_case(case, given) for case in cases)
    if len({case.name for case in read}) != len(read):
        raise VectorsMalformed("two cases have one name", field="cases")
    return VectorFile(subject=subject, cases=read)


def _case(value: JsonValue, given: JsonObject) -> Case:
    if not isinstance(value, dict) or not set(value) >= _CASE or not isinstance(value["input"], dict):
        raise VectorsMalformed("a case has a name and an input", field="cases")
    ends = set(value) - _CASE
    if ends != {"result"} and not (ends <= _ERROR and "error" in ends):
        raise VectorsMalformed("a case ends in a result, or in an error and what is told of it", field="cases")
    return Case(
        name=str(value["name"]),
        input=Input({**given, **value["input"]}),
        result=value.get("result"),
        error=_code(value.get("error")),
        told=None if value.get("told") is None else str(value["told"]),
    )


def _code(value: JsonValue) -> str | Literal[True] | None:
    if value is True or value is None or isinstance(value, str):
        return value
    raise VectorsMalformed("an error is a code, or true for any", field="error")

"""How a step becomes the claims of a message, and claims a step.

    open    iss aud iat jti thread kind cnf
    hidden  step   {"name", "by", …what the step itself says}     each field a disclosure of its own
            after  the sender's last jti in this thread, or absent
            seen   the last jti of the peer that the sender had read, or absent
            <data class> {field: value, …}                        each field a disclosure of its own

Nothing but these names may be disclosed. What `read` returns has been checked: the step is known and the sender's side
may say it, its words are well formed, and each data class has only fields that the class knows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from relevo.domain.access import Role
from relevo.domain.data_classes import DataClass, Record
from relevo.domain.disclosure import ExcessData
from relevo.domain.sides import Side
from relevo.errors import Reason, Refusal
from relevo.messages import classes
from relevo.messages.classes_shape import WELL_FORMED
from relevo.messages.registry import MessageType, MisplacedStep, message_type
from relevo.messages.steps import StepPayload, read_payload
from relevo.protocol.strict_json import JsonObject, JsonValue

OPEN_CLAIMS = frozenset({"iss", "aud", "iat", "jti", "thread", "kind", "cnf"})
_FRAME = frozenset({"step", "after", "seen"})
_IDENTIFIER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SPEAKERS = frozenset({*Role, "node"})
"""Who can have taken a step: somebody in a role, or the node itself. No words of anybody's stand there."""

Fields: TypeAlias = Record
"""Data class → field → value."""


class MalformedContent(Refusal):
    """What a message says is not of the form that its step needs."""

    code = "malformed-content"
    rule = WELL_FORMED
    advice = "The sender mends the field that is named and sends again; nothing was stored."


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one message says, read and checked for form."""

    step: str
    by: str
    payload: StepPayload
    after: str | None
    seen: str | None
    classes: Fields
    type: MessageType


def compose(
    step: str, payload: StepPayload, *, by: str, after: str | None, seen: str | None, fields: Fields
) -> JsonObject:
    """The hidden claims of a message."""
    said = {"name": step, "by": by, **payload.model_dump(mode="json", exclude_none=True)}
    frame = {"after": after, "seen": seen}
    return {"step": said, **{name: value for name, value in frame.items() if value is not None}, **fields}


def read(claims: JsonObject, *, kind: str, speaker: Side) -> Said:
    """What the disclosed claims of a message say.

    Raises:
        MalformedContent: for a form that is not the step's; every fault is a reason.
        ExcessData: for a field that its data class does not know, naming it.
        UnknownStep: for a step that this version does not know.
        MisplacedStep: for a step that this side does not say, or not under this kind.
    """
    hidden = {name: value for name, value in claims.items() if name not in OPEN_CLAIMS}
    said = hidden.get("step")
    if not isinstance(said, dict) or not isinstance(said.get("name"), str) or not _is_speaker(said.get("by")):
        raise MalformedContent(detail="there is no step with a name and a role", field="step")
    row = message_type(said["name"], speaker)
    if row.kind != kind:
        raise MisplacedStep(detail="the step does not belong to the kind in the open", field="step")
    words = {name: value for name, value in said.items() if name not in {"name", "by"}}
    return Said(
        step=said["name"],
        by=said["by"],
        payload=read_payload(said["name"], words),
        after=_identifier(hidden, "after"),
        seen=_identifier(hidden, "seen"),
        classes=_classes(hidden, row),
        type=row,
    )


def _is_speaker(by: JsonValue) -> bool:
    return isinstance(by, str) and by in _SPEAKERS


def _identifier(hidden: JsonObject, name: str) -> str | None:
    value = hidden.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value):
        raise MalformedContent(detail="not the identifier of a message", field=name)
    return value


def _classes(hidden: JsonObject, row: MessageType) -> Fields:
    carried = {name: fields for name, fields in hidden.items() if name not in _FRAME}
    excess = [_too_much(name) for name in carried if name not in row.classes]
    if excess:
        raise ExcessData(*excess)
    return classes.check_together(carried) or {name: _checked(name, fields) for name, fields in carried.items()}


def _checked(name: str, fields: JsonValue) -> Mapping[str, JsonValue]:
    if not isinstance(fields, dict):
        raise MalformedContent(detail="a data class is not an object", field=name)
    checked, reasons = classes.check(DataClass(name), fields)
    unknown = [reason for reason in reasons if reason.code == "field-unknown"]
    if unknown:
        raise ExcessData(*unknown)
    if reasons:
        raise MalformedContent(*reasons)
    return checked


def _too_much(name: str) -> Reason:
    return Reason(
        code=ExcessData.code,
        field=name,
        detail="this step does not carry that data class",
        advice="Send the message without it.",
        rule=ExcessData.rule,
    )

"""How a decision about what leaves is shown over the API, whatever it rests on."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from relevo.domain.disclosure import Disclosure

Purpose = Annotated[str, Query(description="A purpose of the SOP.")]


class PreviewLine(BaseModel):
    """One field: whether it leaves, and why."""

    path: str
    leaves: bool
    why: str
    text: str


class ReasonShown(BaseModel):
    """One reason against sending, and what to do about it."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    field: str
    detail: str
    advice: str
    rule: str
    clause: str


class Preview(BaseModel):
    """What would leave, what stays and why, every reason against sending, and what to know before it."""

    sendable: bool
    lines: list[PreviewLine]
    reasons: list[ReasonShown]
    warnings: list[ReasonShown] = []


def preview_of(decision: Disclosure) -> Preview:
    """The decision as it is shown."""
    lines = [PreviewLine(path=line.path, leaves=line.leaves, why=line.why, text=line.text) for line in decision.lines]
    reasons = [ReasonShown.model_validate(reason) for reason in decision.reasons]
    warnings = [ReasonShown.model_validate(warning) for warning in decision.warnings]
    return Preview(sendable=not reasons, lines=lines, reasons=reasons, warnings=warnings)

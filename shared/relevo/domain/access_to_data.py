"""Who may enter and who may consult which data class: by side and role, in one table (handbook, section 4.2.1).

`domain.access` asks whether a role may do an act at all; this table asks what of a person it may see or write down.

    the procedure names the role    its rule holds, as far as `WIDEST` lets it
    it does not                     `DEFAULTS` holds

A procedure may always narrow. It may widen up to `WIDEST`: mental-health risk is never for a case worker, auditors and
administrators never see anybody. A class that somebody may not consult is shown as present and not theirs to read, so
that nobody takes a gap for good news; its fields are not shown. The node itself, which has no role, may do its work.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.domain.access import Role
from relevo.domain.data_classes import DataClass
from relevo.domain.sides import Side
from relevo.domain.sop_rules import AccessRule
from relevo.errors import Forbidden

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from relevo.domain.sop import Sop


class LookReason(StrEnum):
    """Why somebody looks at personal data."""

    PREPARE = "prepare"
    DECIDE = "decide"
    CONTACT = "contact"
    ASSIST = "assist"
    FOLLOW_UP = "follow-up"
    COSTS = "costs"
    CLOSE = "close"
    CORRECT = "correct"
    SUPERVISE = "supervise"
    ANSWER_PERSON = "answer-person"
    OWN_PART = "own-part"
    EXPORT_PART = "export-part"
    CLINICAL = "clinical"


class NotYours(Forbidden):
    """Your role may not read or write this part of what is known about a person."""

    code = "not-yours"
    rule = "access.classes"
    advice = "Ask somebody whose role may; the detail names the roles on this side."


NOT_YOURS = "present, not yours to read"
"""What stands in the place of a class that somebody may not consult."""

ALL = frozenset(DataClass)
NONE: frozenset[str] = frozenset()
_RISK = frozenset({DataClass.MENTAL_HEALTH_RISK})
_HEALTH = frozenset({DataClass.HEALTH_SUMMARY, DataClass.MEDICATION}) | _RISK
_FOR_CARE = frozenset(
    {DataClass.IDENTITY_MIN, DataClass.CONTACT, DataClass.CONSENT, DataClass.TRAVEL, DataClass.VULNERABILITY}
)
_CLINICAL = AccessRule(
    enter=_HEALTH | {DataClass.VULNERABILITY, DataClass.OUTCOME},
    consult=_HEALTH | _FOR_CARE | {DataClass.PLAN, DataClass.OUTCOME, DataClass.FEEDBACK},
)
_NOTHING = AccessRule()

DEFAULTS: Mapping[Side, Mapping[Role, AccessRule]] = MappingProxyType(
    {
        Side.HOST: {
            Role.COUNSELLOR: AccessRule(enter=ALL, consult=ALL),
            Role.COORDINATOR: AccessRule(enter=ALL, consult=ALL),
            Role.CLINICIAN: _CLINICAL,
        },
        Side.ORIGIN: {
            Role.INTAKE: AccessRule(enter=ALL - _RISK - {DataClass.CONSENT}, consult=ALL),
            Role.CASE_WORKER: AccessRule(enter=ALL - _HEALTH - {DataClass.CONSENT}, consult=ALL - _RISK),
            Role.CLINICIAN: _CLINICAL,
        },
    }
)
"""What each role enters and consults where the procedure does not say."""

_WHOLE = AccessRule(enter=ALL, consult=ALL)
WIDEST: Mapping[Side, Mapping[Role, AccessRule]] = MappingProxyType(
    {
        Side.HOST: {Role.COUNSELLOR: _WHOLE, Role.COORDINATOR: _WHOLE, Role.CLINICIAN: _WHOLE},
        Side.ORIGIN: {
            Role.INTAKE: AccessRule(enter=ALL - _RISK, consult=ALL),
            Role.CASE_WORKER: AccessRule(enter=ALL - _RISK, consult=ALL - _RISK),
            Role.CLINICIAN: _WHOLE,
        },
    }
)
"""The most that a procedure may give; who is not named here gets nothing, whatever it says."""


def rule_for(sop: Sop | None, side: Side, role: Role) -> AccessRule:
    """What a role may enter and consult on a side under a procedure, or while there is none."""
    most = WIDEST[side].get(role, _NOTHING)
    ours = DEFAULTS[side].get(role, _NOTHING)
    said = ours if sop is None else sop.access.get(side, {}).get(role, ours)
    return AccessRule(enter=said.enter & most.enter, consult=said.consult & most.consult)


def may_consult(sop: Sop | None, side: Side, role: Role | None) -> frozenset[str]:
    """The classes that a role may read; everything for the node itself."""
    return ALL if role is None else rule_for(sop, side, role).consult


def may_enter(sop: Sop | None, side: Side, role: Role | None) -> frozenset[str]:
    """The classes that a role may write down; everything for the node itself."""
    return ALL if role is None else rule_for(sop, side, role).enter


def require_consult(sop: Sop | None, side: Side, role: Role | None, classes: Iterable[str]) -> None:
    """Whether a role may read all these classes.

    Raises:
        NotYours: naming the first that it may not, and the roles that may.
    """
    mine = may_consult(sop, side, role)
    for name in sorted(set(classes) - mine):
        able = (one for one in Role if name in may_consult(sop, side, one))
        raise _not_yours(name, "read", able, clause=_clause(sop, side, role))


def require_enter(sop: Sop | None, side: Side, role: Role | None, classes: Iterable[str]) -> None:
    """Whether a role may write down all these classes.

    Raises:
        NotYours: naming the first that it may not, and the roles that may.
    """
    mine = may_enter(sop, side, role)
    for name in sorted(set(classes) - mine):
        able = (one for one in Role if name in may_enter(sop, side, one))
        raise _not_yours(name, "write down", able, clause=_clause(sop, side, role))


def _clause(sop: Sop | None, side: Side, role: Role | None) -> str:
    """Where the procedure speaks of the role; empty where it does not, and the defaults hold."""
    named = sop is not None and role in sop.access.get(side, {})
    return f"access.{side}.{role}" if named else ""


def _not_yours(name: str, what: str, roles: Iterable[Role], *, clause: str) -> NotYours:
    able = ", ".join(sorted(roles)) or "nobody"
    return NotYours(f"your role may not {what} {name}; these may: {able}", field=name, clause=clause)

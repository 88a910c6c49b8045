"""What a SOP says of consent, access, costs, the record and the sheets, line by line; `sop_summary` has the rest.

A table that the text does not have is told as what then holds, so that nobody takes silence for a rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.domain.access import Role
from relevo.domain.access_to_data import rule_for
from relevo.domain.sides import Side
from relevo.domain.sop_rules import ANY, ROLES, RecordPart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from relevo.domain.sop import Sop
    from relevo.domain.sop_rules import AccessRule, Ceiling, CostRule


def rules(sop: Sop) -> dict[str, str]:
    """Line by line: what is said about, and what is said."""
    return {
        "consent": "\n".join(_consent(sop)),
        **_access(sop),
        "may ask later": "\n".join(f"{side}: {_listed(asked)}" for side, asked in sop.may_ask.items())
        or "either side, for whatever may move",
        "kept": "\n".join(_kept(sop)),
        "without consent": f"{_listed(sop.exception.classes)}, for {sop.exception.expiry_hours} hours",
        "costs": "\n".join(_costs(sop.costs)),
        "record": f"complete with {', '.join(part for part in RecordPart if part in sop.record)}",
        "sheet texts": ", ".join(f"{name} “{sheet.title}”" for name, sheet in sop.sheets.items()) or "none",
    }


def _consent(sop: Sop) -> Iterator[str]:
    rule = sop.consent
    for side, takers in rule.takers.items():
        yield f"taken at the {side} by {_listed(takers)}"
    yield f"for {rule.longest_months} months at most; renewed from {rule.renewal_days} days before it ends"
    yield f"alone from the age of {rule.adult_from}"


def _access(sop: Sop) -> dict[str, str]:
    return {
        f"{role} at the {side}": "\n".join(_reads(rule_for(sop, side, role)))
        for side in Side
        for role in Role
        if role in ROLES[side]
    }


def _reads(rule: AccessRule) -> Iterator[str]:
    if not (rule.enter or rule.consult):
        yield "sees no personal data"
        return
    yield f"enters: {_listed(rule.enter)}"
    yield f"consults: {_listed(rule.consult)}"


def _kept(sop: Sop) -> Iterator[str]:
    for days in sorted(set(sop.retention.values())):
        yield f"{days} days after closing: {_listed(name for name, kept in sop.retention.items() if kept == days)}"
    for name, days in sop.keep.items():
        yield f"even after a withdrawal: {name}, {days} days"


def _costs(costs: CostRule | None) -> Iterator[str]:
    if costs is None:
        yield "nothing is said of them"
        return
    for one in costs.ceilings:
        yield f"at most {one.amount} {costs.currency} for {_kind(one)}"
    for bearer in dict.fromkeys(costs.borne_by.values()):
        yield f"borne by {bearer}: {_listed(name for name, by in costs.borne_by.items() if by == bearer)}"


def _kind(one: Ceiling) -> str:
    person = "anybody" if one.person == ANY else f"a {one.person} person"
    return f"{person}, any return" if one.return_type == ANY else f"{person}, {one.return_type} return"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)) or "nothing"

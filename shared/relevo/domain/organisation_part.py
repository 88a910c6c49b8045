"""The part of a person's data that one organisation is shown for one service: what it needs, and nothing else.

    ( identity-min, contact + what the procedure requires or allows for the category of the service )
    ∩ what it lets a case worker of the origin consult, or what the category itself names where that is about health
    ∩ what the person agreed to, without what the person withholds from this organisation

Of `needs` only the fields that ask for this service are shown. The terms of the consent are never part of it: they say
from whom something is withheld. A field is the smallest unit that can be shown. Nothing here reads a clock or a
database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.domain.access import Role
from relevo.domain.consent import is_expired
from relevo.domain.data_classes import DataClass
from relevo.domain.gate import EVERYTHING, is_binding
from relevo.domain.organisations import category_of, consent_bars, withheld_from
from relevo.domain.sides import Side

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from relevo.domain.consent import Terms
    from relevo.domain.data_classes import JsonValue, Record
    from relevo.domain.sop import Sop

BASE = frozenset({DataClass.IDENTITY_MIN, DataClass.CONTACT})
HEALTH = frozenset({DataClass.HEALTH_SUMMARY, DataClass.MEDICATION, DataClass.MENTAL_HEALTH_RISK})
"""Shown only where the category of the service names them."""


def required_for(sop: Sop, purpose: str, service: str) -> frozenset[str]:
    """The classes that the procedure requires for a service beyond its purpose."""
    rule = sop.purposes.get(purpose)
    found = rule.services.get(category_of(service)) if rule else None
    return found.required if found else frozenset()


def part_for(
    sop: Sop, purpose: str, terms: Terms, organisation: str, service: str, *, held: Record, at: datetime
) -> dict[str, frozenset[str]]:
    """Data class → the fields of it that `organisation` is shown for `service`; empty if it is shown nothing.

    Args:
        sop: the procedure under which the referral moves.
        purpose: of the referral.
        terms: of the consent under which it moves.
        organisation: such as `ge:dabruneba/shelter`.
        service: as requested.
        held: what this node holds of the person's record, as the host stated it.
        at: now; after the consent ran out nothing is shown.
    """
    if is_expired(terms, at) or any(consent_bars(terms, organisation, required_for(sop, purpose, service))):
        return {}
    withheld = withheld_from(terms, organisation)
    classes = (_needed(sop, purpose, service) & terms.classes) - withheld
    part = {name: _fields(name, held[name], service, withheld) for name in sorted(classes & held.keys())}
    return {name: fields for name, fields in part.items() if fields}


def notices(terms: Terms) -> tuple[str, ...]:
    """What the person withholds in words that only people can follow, for intake to read and for nobody else."""
    unclear = (one for one in terms.withhold if "/" not in one.from_whom or not is_binding(one.what))
    return tuple(f"Withhold {what} from {from_whom}." for what, from_whom in unclear)


def _needed(sop: Sop, purpose: str, service: str) -> frozenset[str]:
    rule = sop.purposes.get(purpose)
    found = rule.services.get(category_of(service)) if rule else None
    named = found.required | found.allowed if found else frozenset()
    worker = sop.access.get(Side.ORIGIN, {}).get(Role.CASE_WORKER)
    consulted = worker.consult | (named & HEALTH) if worker else BASE | named
    return ((BASE | named) & consulted) - {DataClass.CONSENT, EVERYTHING}


def _fields(name: str, fields: Mapping[str, JsonValue], service: str, withheld: frozenset[str]) -> frozenset[str]:
    shown = {field for field in fields if f"{name}.{field}" not in withheld}
    if name != DataClass.NEEDS:
        return frozenset(shown)
    return frozenset(field for field in shown if _asks_for(fields[field], service))


def _asks_for(value: JsonValue, service: str) -> bool:
    return isinstance(value, list | tuple) and service in value

"""Who is reached at a node and at each organisation behind it: named persons, in the order in which they are asked.

A list is dated (`as_of`) and whole: a newer one takes the place of an older one, never the other way round. Before a
list is published, and again when it arrives, it is asked whether the node may say this at all: it names organisations
of its own, each once, roles that exist on its side, and no moment that lies ahead. A list from the future would keep
out every later one.

Source: Reintegration Handbook, 4.1.3 (first contact: named contact points of each organisation, in order).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from relevo.domain.sop_rules import ROLES
from relevo.errors import Conflict, Reason, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from relevo.domain.access import Role
    from relevo.domain.sides import Side

STALE = timedelta(days=180)
AHEAD = timedelta(minutes=10)
"""By how much two clocks may differ."""


class ContactsInvalid(Refusal):
    """The contact list names what this node cannot speak for."""

    code = "contacts-invalid"
    rule = "contact.points"
    advice = "Correct the contact list where it is named and publish it again; the list before it stays in place."


class ContactsNotNewer(Conflict):
    """A contact list of the same date or a later one is published already."""

    code = "contacts-not-newer"
    rule = "contact.points"
    advice = "Leave `as_of` out, so that the list is dated now, or give it a later moment."


@dataclass(frozen=True, kw_only=True)
class ContactPoint:
    """One named person; `on_duty` says that they can be reached outside working hours too."""

    name: str
    role: Role
    languages: tuple[str, ...]
    phone: str
    mail: str | None = None
    on_duty: bool = False


@dataclass(frozen=True, kw_only=True)
class OrganisationContacts:
    """The contact points of one organisation, or of the node itself where it is None."""

    organisation: str | None
    points: tuple[ContactPoint, ...]


@dataclass(frozen=True, kw_only=True)
class ContactList:
    """All contact points of a node, as they stood at `as_of`."""

    node: str
    as_of: datetime
    organisations: tuple[OrganisationContacts, ...]

    def is_stale(self, at: datetime) -> bool:
        """Whether it is so old that somebody should ask whether it still holds."""
        return at - self.as_of > STALE

    def asked(self, organisation: str | None = None) -> OrganisationContacts | None:
        """Who is asked: that organisation, or else the node itself, or else whoever stands first."""
        by_name = {one.organisation: one for one in self.organisations}
        first = self.organisations[0] if self.organisations else None
        return by_name.get(organisation) or by_name.get(None) or first


def require_sound(found: ContactList, side: Side, at: datetime) -> None:
    """Ask whether a node on `side` may say what its list says.

    Raises:
        ContactsInvalid: with every reason.
    """
    reasons = tuple(_against(found, side, at))
    if reasons:
        raise ContactsInvalid(*reasons)


def require_newer(found: ContactList, newest: ContactList | None) -> None:
    """Ask whether a list may take the place of the newest one.

    Raises:
        ContactsNotNewer: if not.
    """
    if newest is not None and found.as_of <= newest.as_of:
        raise ContactsNotNewer(f"the list in place is of {newest.as_of:%Y-%m-%d %H:%M} UTC", field="as_of")


def _against(found: ContactList, side: Side, at: datetime) -> Iterator[Reason]:
    if found.as_of > at + AHEAD:
        yield _reason("as_of", "lies ahead of the clock here", "Leave it out, or write when the list was made.")
    seen: set[str | None] = set()
    for place, one in enumerate(found.organisations):
        path = f"organisations.{place}"
        if one.organisation in seen:
            yield _reason(f"{path}.organisation", "stands in the list already", "Put its persons together, in order.")
        seen.add(one.organisation)
        if one.organisation is not None and one.organisation.partition("/")[0] != found.node:
            advice = f"Name organisations behind {found.node}; leave it out for the node itself."
            yield _reason(f"{path}.organisation", "is not behind the node whose list this is", advice)
        yield from _roles(path, one, side)


def _roles(path: str, one: OrganisationContacts, side: Side) -> Iterator[Reason]:
    for place, point in enumerate(one.points):
        if point.role not in ROLES[side]:
            advice = f"Use one of: {', '.join(sorted(ROLES[side]))}."
            yield _reason(f"{path}.points.{place}.role", f"nobody at the {side} has this role", advice)


def _reason(field: str, detail: str, advice: str) -> Reason:
    return Reason(code="contacts-invalid", field=field, detail=detail, advice=advice, rule=ContactsInvalid.rule)

"""What in a standard operating procedure contradicts itself across its parts; what one part can see is checked there.

Each check takes the whole SOP and yields the path of every contradiction with its words. A table that a text need not
have is only checked where it is there, with one exception: a procedure that lets `mental-health-risk` move for a
purpose must say in `[access]` who reads it, because no default is safe there.

Source: Reintegration Handbook, 4.1.3 (step 4) and 4.2.1 (who may enter and consult which data).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from relevo.domain.access import Role
from relevo.domain.data_classes import DataClass
from relevo.domain.sides import Side
from relevo.domain.sop_reading import moving_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    from relevo.domain.sop import Sop
    from relevo.domain.sop_rules import AccessRule

Found: TypeAlias = "Iterator[tuple[str, str]]"
"""Path in the document, and what is wrong there."""

BLIND = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
"""They read evidence or look after the node, and never see personal data."""

DAYS_IN_MONTH = 28


def contradictions(sop: Sop) -> Found:
    """Every contradiction between the parts of `sop`."""
    for check in CHECKS:
        yield from check(sop)


def moving_to(sop: Sop, side: Side) -> frozenset[str]:
    """Every class that can arrive at `side`, whatever the purpose and the services; by an exception too."""
    if side is Side.HOST:
        return frozenset().union(*(one.returns for one in sop.purposes.values()))
    return sop.exception.classes.union(*(moving_for(one) for one in sop.purposes.values()))


def moving(sop: Sop) -> frozenset[str]:
    """Every class that can cross the border at all."""
    return moving_to(sop, Side.ORIGIN) | moving_to(sop, Side.HOST)


def _pair(sop: Sop) -> Found:
    if sop.host and sop.host == sop.origin:
        yield "origin", "is the host itself"


def _holidays(sop: Sop) -> Found:
    if sop.holidays_until < sop.effective.date():
        yield "holidays_until", "lies before the day on which the procedure takes effect"
    for side, calendar in sop.calendars.items():
        if not _within(calendar.holidays, sop.effective.year, sop.holidays_until):
            yield f"calendars.{side}.holidays", "lie outside the year of `effective` up to `holidays_until`"


def _within(holidays: Iterable[date], first_year: int, last: date) -> bool:
    return all(day.year >= first_year and day <= last for day in holidays)


def _retention(sop: Sop) -> Found:
    for name in sorted(moving(sop) - sop.retention.keys()):
        yield f"retention.{name}", "is missing, though the class moves"


def _keep(sop: Sop) -> Found:
    for name, days in sop.keep.items():
        if name not in moving(sop):
            yield f"keep.{name}", "the class never moves, so that nobody has it to keep"
        if name not in sop.retention:
            yield f"keep.{name}", "has no retention, which says until when it is kept at most"
        elif days > sop.retention[name]:
            yield f"keep.{name}", f"is longer than its retention of {sop.retention[name]} days"


def _consent(sop: Sop) -> Found:
    last = max(sop.follow_up_months, default=0)
    if sop.consent.longest_months < last:
        yield "consent.longest_months", f"ends before the last follow-up, in month {last}"
    if sop.consent.renewal_days >= sop.consent.longest_months * DAYS_IN_MONTH:
        yield "consent.renewal_days", "begins before the consent itself"


def _times(sop: Sop) -> Found:
    last = max(sop.follow_up_months, default=sop.plan_months)
    if sop.plan_months > last:
        yield "plan_months", f"lies after the last follow-up, in month {last}"
    for name in sorted(sop.first_contact_asks - moving(sop)):
        if name != DataClass.CONTACT:
            yield "first_contact.asks", f"{name} never moves under this procedure"


def _sensitive(sop: Sop) -> Found:
    sensitive = [name for name, one in sop.purposes.items() if DataClass.MENTAL_HEALTH_RISK in moving_for(one)]
    if sensitive and not sop.access:
        yield "access", f"is missing, though {DataClass.MENTAL_HEALTH_RISK} moves for {', '.join(sensitive)}"


def _access_moves(sop: Sop) -> Found:
    known = moving(sop)
    for path, _, named in _access_lists(sop):
        for name in sorted(named - known):
            yield path, f"{name} never moves under this procedure"


def _access_blind(sop: Sop) -> Found:
    for path, role, named in _access_lists(sop):
        if role in BLIND and named:
            yield path, f"an {role} sees no personal data; the list must be empty"


def _access_complete(sop: Sop) -> Found:
    """Who enters something must be read by somebody, and what crosses must be entered here and read there."""
    for side, rules in sop.access.items():
        entered, read = _united(rules.values())
        for name in sorted(entered - read):
            yield f"access.{side}", f"{name} may be entered, but nobody may consult it"
        for name in sorted(moving_to(sop, side) - read - entered):
            yield f"access.{side}", f"{name} arrives here, but nobody may consult it"
        for name in sorted(moving_to(sop, side.other) - entered):
            yield f"access.{side}", f"{name} leaves from here, but nobody may enter it"


def _access_lists(sop: Sop) -> Iterator[tuple[str, Role, frozenset[str]]]:
    for side, rules in sop.access.items():
        for role, rule in rules.items():
            yield f"access.{side}.{role}.enter", role, rule.enter
            yield f"access.{side}.{role}.consult", role, rule.consult


def _united(rules: Iterable[AccessRule]) -> tuple[frozenset[str], frozenset[str]]:
    listed = tuple(rules)
    nothing: frozenset[str] = frozenset()
    return nothing.union(*(one.enter for one in listed)), nothing.union(*(one.consult for one in listed))


def _may_ask(sop: Sop) -> Found:
    for side, asked in sop.may_ask.items():
        for name in sorted(asked - moving_to(sop, side)):
            yield f"may_ask.{side}", f"{name} does not move to the {side}"


def _costs(sop: Sop) -> Found:
    if sop.costs is None:
        return
    if DataClass.COSTS not in moving(sop):
        yield "costs", "the class costs does not move, so that nothing could be agreed"
    seen: set[tuple[str, str]] = set()
    for place, one in enumerate(sop.costs.ceilings):
        if (one.person, one.return_type) in seen:
            yield f"costs.ceilings.{place}", f"there is a ceiling for {one.person}, {one.return_type} already"
        seen.add((one.person, one.return_type))


def _sheets(sop: Sop) -> Found:
    for name in sop.sheets:
        if name not in sop.languages:
            yield f"sheets.{name}", "the language is not among `languages`"
    for name in sop.languages:
        if sop.sheets and name not in sop.sheets:
            yield f"sheets.{name}", "is missing; there is a sheet in every language or in none"


CHECKS: tuple[Callable[[Sop], Found], ...] = (
    _pair,
    _holidays,
    _retention,
    _keep,
    _consent,
    _times,
    _sensitive,
    _access_moves,
    _access_blind,
    _access_complete,
    _may_ask,
    _costs,
    _sheets,
)

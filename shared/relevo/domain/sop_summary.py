"""What a SOP says, in a few lines that both sides can read to each other before they sign.

For example: `answers` — emergency 24 hours, urgent 72 hours, routine 10 working days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.domain.sop_reading import WEEKDAYS
from relevo.domain.sop_rules_summary import rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from relevo.domain.sop import Allowance, Purpose, Sop
    from relevo.domain.working_time import Calendar


def summary(sop: Sop) -> dict[str, str]:
    """Line by line: what is said about, and what is said."""
    contact = sop.first_contact
    return {
        "SOP": f"{sop.name}, version {sop.version}",
        "between": f"{sop.host} (host) and {sop.origin} (origin)",
        "programme": sop.programme,
        "effective": f"{sop.effective:%Y-%m-%d %H:%M} UTC",
        "later version": f"for {sop.grace_days} days, takes what was referred before it",
        "sheets in": ", ".join(sop.languages),
        "transfer basis": sop.transfer_basis,
        **{f"for {name}": "\n".join(_moves(purpose)) for name, purpose in sop.purposes.items()},
        "answers": ", ".join(f"{urgency} {_time(sop.response[urgency])}" for urgency in sop.response),
        "questions": f"answered within {_time(sop.question)}",
        "arrival": f"confirmed or not within {sop.arrival_confirmation_hours} hours of the planned one",
        "first contact": f"{contact.days} working days after arrival; {contact.vulnerable_hours} hours if vulnerable",
        "it asks for": _listed(sop.first_contact_asks),
        "follow-ups": f"months {', '.join(str(month) for month in sop.follow_up_months)} after arrival",
        "plan": f"agreed within {_months(sop.plan_months)} of the arrival",
        "medication": f"the origin is told {sop.medication_days} days before the supply ends",
        **rules(sop),
        **{side: _works(calendar, sop) for side, calendar in sop.calendars.items()},
    }


def _moves(purpose: Purpose) -> Iterator[str]:
    yield f"required: {_listed(purpose.required)}"
    yield f"allowed: {_listed(purpose.allowed)}"
    yield f"may return: {_listed(purpose.returns)}"
    for name, service in sorted(purpose.services.items()):
        yield f"with {name}: required {_listed(service.required)}; allowed {_listed(service.allowed)}"
    for name, fields in sorted(purpose.fields.items()):
        yield f"of {name} only: {_listed(fields)}"


def _works(calendar: Calendar, sop: Sop) -> str:
    hours = f"from {calendar.opens:%H:%M} to {calendar.closes:%H:%M}"
    weekend = ", ".join(WEEKDAYS[day] for day in sorted(calendar.weekend)) or "none"
    holidays = f"{len(calendar.holidays)} holidays until {sop.holidays_until}"
    return f"works in {calendar.zone.key} {hours}; weekend: {weekend}; {holidays}"


def _time(allowance: Allowance) -> str:
    return f"{allowance.amount} {allowance.unit.replace('-', ' ')}"


def _months(number: int) -> str:
    return "one month" if number == 1 else f"{number} months"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)) or "nothing"

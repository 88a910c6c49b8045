"""Whether the times that a receipt promises are those of the SOP: computed again from its text.

answer                                exactly the time for one of the urgencies
questions between the sides           exactly `question`, by the calendar of whoever must answer
first-contact, follow-ups, plan       counted from an arrival that is sealed, but never later than from the receipt
the others                            hang on a date that is sealed; they are not computed here
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.domain.duty import FOLLOW_UP, Duty
from relevo.domain.follow_up import add_months
from relevo.domain.sides import Side
from relevo.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from relevo.domain.sop import Sop
    from relevo.protocol.receipt import DueClaim
    from relevo.protocol.verification_account import Told

QUESTIONS = frozenset(
    {
        Duty.ANSWER_QUESTION,
        Duty.ANSWER_CANCELLATION,
        Duty.ANSWER_JOURNEY,
        Duty.CLINICIAN_AT_HOST,
        Duty.CLINICIAN_AT_ORIGIN,
        Duty.CORRECT_CONTACT,
    }
)


class DueNotBySop(WireError):
    """A receipt promises another time than the SOP gives."""

    code = "due-not-by-sop"
    advice = "Compute the time by the SOP with both administrators; one of the two nodes counts otherwise."


class DueMissing(WireError):
    """A receipt for a request promises no time for the answer."""

    code = "due-missing"
    advice = "Ask the node that made the receipt which version it runs; every request starts the clock of its answer."


def require_by_sop(told: Told, sop: Sop) -> None:
    """Whether every time in the receipt of a message is one that the SOP gives.

    Raises:
        DueNotBySop: naming the duty.
        DueMissing: if a request was stored and no answer is due.
    """
    receipt = told.receipt
    if receipt is None or receipt.disposition != "stored":
        return
    if told.message.kind == "requested" and Duty.ANSWER not in {due.duty for due in receipt.due}:
        raise DueMissing
    for due in receipt.due:
        fits = _RULES.get(_family(due.duty))
        if fits is not None and not fits(sop, receipt.received_at, due):
            raise DueNotBySop(f"the receipt promises another time for {due.duty} than the SOP gives")


def _answer(sop: Sop, at: datetime, due: DueClaim) -> bool:
    calendar = sop.calendars[Side.ORIGIN]
    return due.at in {allowance.ends(at, calendar) for allowance in sop.response.values()}


def _question(sop: Sop, at: datetime, due: DueClaim) -> bool:
    side = Side.HOST if due.by == sop.host else Side.ORIGIN
    return due.at == sop.question.ends(at, sop.calendars[side])


def _first_contact(sop: Sop, at: datetime, due: DueClaim) -> bool:
    calendar, rule = sop.calendars[Side.ORIGIN], sop.first_contact
    return due.at <= max(rule.allowance(vulnerable=one).ends(at, calendar) for one in (True, False))


def _follow_up(sop: Sop, at: datetime, due: DueClaim) -> bool:
    month = due.duty.removeprefix(f"{FOLLOW_UP}-")
    planned = month.isdigit() and int(month) in sop.follow_up_months
    return planned and due.at <= _months_after(sop, at, int(month))


def _plan(sop: Sop, at: datetime, due: DueClaim) -> bool:
    return due.at <= _months_after(sop, at, sop.plan_months)


def _months_after(sop: Sop, at: datetime, months: int) -> datetime:
    calendar = sop.calendars[Side.ORIGIN]
    return calendar.closing(add_months(calendar.local_date(at), months))


def _family(duty: str) -> str:
    return FOLLOW_UP if duty.startswith(f"{FOLLOW_UP}-") else duty


_RULES: dict[str, Callable[[Sop, datetime, DueClaim], bool]] = {
    Duty.ANSWER: _answer,
    **dict.fromkeys(QUESTIONS, _question),
    Duty.FIRST_CONTACT: _first_contact,
    FOLLOW_UP: _follow_up,
    Duty.PLAN: _plan,
}

"""Who may take a consent, for how long, and in whose language, as the procedure says.

Asked when a consent is recorded or changed; a receiver asks again what it can see, which is how long the terms last.

Source: Reintegration Handbook, 4.1.3 (step 4, part 2: how consent is obtained).
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from relevo.errors import Reason, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from relevo.domain.access import Role
    from relevo.domain.sides import Side
    from relevo.domain.sop import Sop
    from relevo.domain.sop_rules import ConsentRule


class ConsentRuleBroken(Refusal):
    """The procedure does not let a consent be taken in this way."""

    code = "consent-rule"
    rule = "consent.by-procedure"
    clause = "consent"
    advice = "Mend what is named and record it again; nothing was recorded."


@dataclass(frozen=True, kw_only=True)
class Taking:
    """How a consent was taken; `role` is None where the node itself passes on what a peer recorded."""

    side: Side
    role: Role | None
    language: str
    interpreter: bool
    taken_on: date
    expires_on: date


def require_taking(sop: Sop, taking: Taking) -> None:
    """Whether the procedure lets a consent be taken so.

    Raises:
        ConsentRuleBroken: with every reason why not: `consent-taker`, `consent-too-long`, `interpreter-missing`.
    """
    reasons = tuple(_reasons(sop, taking))
    if reasons:
        raise ConsentRuleBroken(*reasons)


def require_lasting(rule: ConsentRule, *, since: date, expires_on: date) -> None:
    """Whether terms that were agreed on `since` at the latest may last so long.

    Raises:
        ConsentRuleBroken: if not.
    """
    if _is_too_long(rule, since, expires_on):
        raise ConsentRuleBroken(_too_long(rule))


def renewal_from(rule: ConsentRule, expires_on: date) -> date:
    """The day from which a consent is to be renewed."""
    return expires_on - timedelta(days=rule.renewal_days)


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last day of that month where it has no such day."""
    count = day.year * 12 + day.month - 1 + months
    year, month = count // 12, count % 12 + 1
    return day.replace(year=year, month=month, day=min(day.day, monthrange(year, month)[1]))


def _reasons(sop: Sop, taking: Taking) -> Iterator[Reason]:
    takers = sop.consent.takers.get(taking.side, frozenset())
    if taking.role is not None and taking.role not in takers:
        names = ", ".join(sorted(takers)) or "nobody"
        yield Reason(
            code="consent-taker",
            field="consent.taken_by",
            detail=f"by the procedure these take a consent here: {names}",
            advice="Ask one of them to sit with the person and record it.",
            rule="consent.taken-by",
            clause=f"consent.takers.{taking.side}",
        )
    if _is_too_long(sop.consent, taking.taken_on, taking.expires_on):
        yield _too_long(sop.consent)
    if sop.sheets and taking.language not in sop.sheets and not taking.interpreter:
        yield Reason(
            code="interpreter-missing",
            field="consent.interpreter",
            detail="the consent sheet does not exist in this language, and no interpreter is recorded",
            advice="Explain it with an interpreter and record that there was one, or use a language of the sheet.",
            rule="consent.understood",
            clause="sheets",
        )


def _is_too_long(rule: ConsentRule, since: date, expires_on: date) -> bool:
    return expires_on > months_after(since, rule.longest_months)


def _too_long(rule: ConsentRule) -> Reason:
    return Reason(
        code="consent-too-long",
        field="consent.expires_on",
        detail=f"by the procedure a consent lasts {rule.longest_months} months at most",
        advice="Choose an earlier last day; before it comes, the person is asked again.",
        rule="consent.lasts",
        clause="consent.longest_months",
    )

"""What a referral costs: planned within the ceilings of the procedure, agreed by both sides, spent and compared.

Money is decimal, never binary. A plan is refused with every reason at once:

    another currency than the procedure's           more decimals than the currency has
    a sum over the ceiling                          a bearer that the procedure does not name for that category

The ceiling is the one that speaks most closely of this person and this return: both named, then the person, then the
return, then everybody. Where several kinds of person fit, the highest of the closest stands. What was really spent is a
fact and is never refused for being too much; the difference shows it.

**Proposals that cross.** Each proposal names the one that it replaces. Of those that no other replaces the one with the
largest message identifier stands, on both sides and in whatever order they arrive.

Source: Reintegration Handbook, 4.1.3 (step 4: costs).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.domain.follow_up import MONTHS_IN_YEAR, add_months
from relevo.domain.sop_rules import ANY, Bearer, Ceiling, CostRule
from relevo.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from relevo.domain.data_classes import JsonValue

ZERO = Decimal(0)
VULNERABLE, MINOR = "vulnerable", "minor"
"""Kinds of person for whom a procedure may set a ceiling of its own."""

_TWO = 2
DECIMALS: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys(("CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "XAF", "XOF"), 0),
        **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    }
)
"""How many decimals a currency has (ISO 4217), where it is not two."""


@dataclass(frozen=True, kw_only=True)
class CostLine:
    """One line: what for, who bears it, what was planned, and what was really spent if that is known."""

    what: str
    planned: Decimal
    borne_by: Bearer
    actual: Decimal | None = None
    category: str | None = None

    @property
    def key(self) -> tuple[str, Bearer]:
        """What makes two lines of a plan and of a report the same."""
        return self.what, self.borne_by

    @property
    def difference(self) -> Decimal | None:
        """What was spent beyond the plan; below zero where something was left, None while nobody has said."""
        return None if self.actual is None else self.actual - self.planned


@dataclass(frozen=True, kw_only=True)
class CostSheet:
    """The lines of a plan or a report, in one currency, and the ceiling that it states itself, if any."""

    currency: str
    lines: tuple[CostLine, ...]
    ceiling: Decimal | None = None

    @property
    def planned(self) -> Decimal:
        """The sum of what was planned."""
        return sum((line.planned for line in self.lines), ZERO)


@dataclass(frozen=True, kw_only=True)
class Person:
    """What decides which ceiling counts: the kinds of person (`vulnerable`, `minor`), and how they return."""

    kinds: frozenset[str] = frozenset()
    return_type: str = ANY


@dataclass(frozen=True, kw_only=True)
class Sum:
    """What was planned and spent together; `actual` is None while no line of it has been reported."""

    planned: Decimal
    actual: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        """What was spent beyond the plan; below zero where something was left."""
        return None if self.actual is None else self.actual - self.planned


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """One proposal of costs: the message that made it, and the proposal that it replaces."""

    jti: str
    replaces: str | None


def person_of(
    identity: Mapping[str, JsonValue], travel: Mapping[str, JsonValue], *, vulnerable: bool, adult_from: int, on: date
) -> Person:
    """Which ceilings a person comes under, from the fields of `identity-min` and `travel`, on a day.

    An age that is not known makes nobody a minor.
    """
    born, year, return_type = identity.get("birth_date"), identity.get("birth_year"), travel.get("return_type")
    grown = add_months(on, -adult_from * MONTHS_IN_YEAR)
    minor = born > grown.isoformat() if isinstance(born, str) else isinstance(year, int) and year > grown.year
    kinds = {VULNERABLE: vulnerable, MINOR: minor}
    return Person(
        kinds=frozenset(kind for kind, is_so in kinds.items() if is_so),
        return_type=return_type if isinstance(return_type, str) else ANY,
    )


def check(sheet: CostSheet, rule: CostRule | None, person: Person) -> tuple[Reason, ...]:
    """Everything that stands against a plan.

    Args:
        sheet: what is planned.
        rule: the procedure's rule; None where it has none, and only the sheet itself can contradict it.
        person: for whom.
    """
    return tuple(_faults(sheet, rule, person))


def ceiling_for(rule: CostRule, person: Person) -> Ceiling | None:
    """The ceiling that speaks most closely of this person and this return."""
    for person_named, return_named in ((True, True), (True, False), (False, True), (False, False)):
        fitting = [
            one
            for one in rule.ceilings
            if (one.person in person.kinds if person_named else one.person == ANY)
            and one.return_type == (person.return_type if return_named else ANY)
        ]
        if fitting:
            return max(fitting, key=lambda one: one.amount)
    return None


def totals(lines: Iterable[CostLine]) -> dict[Bearer, Sum]:
    """What each side bears, planned and spent; only those who bear something, in the order of `Bearer`."""
    all_of_them = tuple(lines)
    return {
        bearer: total([line for line in all_of_them if line.borne_by is bearer])
        for bearer in Bearer
        if any(line.borne_by is bearer for line in all_of_them)
    }


def total(lines: Iterable[CostLine]) -> Sum:
    """Everything together."""
    all_of_them = tuple(lines)
    spent = [line.actual for line in all_of_them if line.actual is not None]
    planned = sum((line.planned for line in all_of_them), ZERO)
    return Sum(planned=planned, actual=sum(spent, ZERO) if spent else None)


def difference(planned: Iterable[CostLine], reports: Iterable[Iterable[CostLine]]) -> tuple[CostLine, ...]:
    """The lines of a plan with what was spent, then what nobody had planned.

    Args:
        planned: the lines that both sides agreed.
        reports: the lines of each report, oldest first; what a later one says of a line stands.
    """
    lines = {line.key: line for line in planned}
    for report in reports:
        for line in report:
            if line.actual is not None:
                before = lines.get(line.key)
                lines[line.key] = CostLine(
                    what=line.what,
                    planned=before.planned if before else ZERO,
                    borne_by=line.borne_by,
                    actual=line.actual,
                    category=before.category if before else line.category,
                )
    return tuple(lines.values())


def report_faults(report: CostSheet, plan: CostSheet) -> tuple[Reason, ...]:
    """What stands against a report: it tells of the plan that was agreed, in its currency."""
    faults = list(_decimals(report))
    if report.currency != plan.currency:
        detail, advice = f"the agreed costs are in {plan.currency}", f"Convert every amount to {plan.currency}."
        faults.append(_reason("costs.currency", detail, advice, rule="costs.one-currency"))
    agreed = {line.key: line.planned for line in plan.lines}
    for place, line in enumerate(report.lines):
        if line.planned != agreed.get(line.key, ZERO):
            detail = "is another amount than the one that was agreed for this line"
            advice = "Copy the planned amount from the agreed costs; write 0 for what nobody had planned."
            faults.append(_reason(f"costs.lines[{place}].planned", detail, advice, rule="costs.compared"))
    if not any(line.actual is not None for line in report.lines):
        advice = "Write what was paid into `actual` of each line that was paid."
        faults.append(_reason("costs.lines", "no line says what was spent", advice, rule="costs.compared"))
    return tuple(faults)


def proof_faults(report: CostSheet, proven: Iterable[int]) -> tuple[Reason, ...]:
    """What stands against proofs, each by the line that it names: a proof is of something that was paid."""
    paid = {place for place, line in enumerate(report.lines) if line.actual is not None}
    detail = "names a line for which nothing was paid"
    advice = "Name the line that it proves, counted from 0, and fill in `actual` of that line."
    fields = (f"proofs[{place}].line" for place, line in enumerate(proven) if line not in paid)
    return tuple(_reason(field, detail, advice, rule="costs.proof") for field in fields)


def standing(proposals: Iterable[Proposal]) -> str | None:
    """The message identifier of the proposal that stands; None if there is none."""
    found = tuple(proposals)
    replaced = {one.replaces for one in found}
    heads = [one.jti for one in found if one.jti not in replaced]
    return max(heads, default=None)


def _faults(sheet: CostSheet, rule: CostRule | None, person: Person) -> Iterator[Reason]:
    yield from _decimals(sheet)
    yield from _twice(sheet.lines)
    if sheet.ceiling is not None and sheet.planned > sheet.ceiling:
        yield _over(sheet, sheet.ceiling, "the ceiling that stands beside them")
    if rule is None:
        return
    if sheet.currency != rule.currency:
        detail, advice = f"the procedure plans costs in {rule.currency}", f"Write all amounts in {rule.currency}."
        yield _reason("costs.currency", detail, advice, rule="costs.one-currency", clause="costs.currency")
        return
    ceiling = ceiling_for(rule, person)
    if ceiling is not None and sheet.planned > ceiling.amount:
        named = "the procedure's ceiling for this person and this return"
        yield _over(sheet, ceiling.amount, named, clause="costs.ceilings")
    for place, line in enumerate(sheet.lines):
        bearer = rule.borne_by.get(line.category or "")
        if bearer is not None and bearer is not line.borne_by:
            clause = f"costs.borne_by.{line.category}"
            detail, advice = (
                f"by the procedure {line.category} is borne by: {bearer}",
                f"Write `{bearer}`, or correct the category.",
            )
            field = f"costs.lines[{place}].borne_by"
            yield _reason(field, detail, advice, rule="costs.borne-by", clause=clause)


def _decimals(sheet: CostSheet) -> Iterator[Reason]:
    most = DECIMALS.get(sheet.currency, _TWO)
    for place, line in enumerate(sheet.lines):
        for name, amount in (("planned", line.planned), ("actual", line.actual)):
            if amount is not None and amount != amount.quantize(Decimal(1).scaleb(-most)):
                detail = f"has more decimals than {sheet.currency} has ({most})"
                advice = "Round it as it will be paid."
                yield _reason(f"costs.lines[{place}].{name}", detail, advice, rule="costs.amounts")


def _twice(lines: Sequence[CostLine]) -> Iterator[Reason]:
    keys = [line.key for line in lines]
    for place, key in enumerate(keys):
        if key in keys[:place]:
            advice = "Make one line of the two and add the amounts up."
            yield _reason(f"costs.lines[{place}].what", "stands twice for the same bearer", advice, rule="costs.within")


def _over(sheet: CostSheet, ceiling: Decimal, named: str, clause: str = "") -> Reason:
    detail = f"the sum planned, {sheet.planned} {sheet.currency}, is over {named}, {ceiling} {sheet.currency}"
    advice = "Plan less, or ask your administrator for a version of the procedure with a higher ceiling."
    return _reason("costs.ceiling", detail, advice, rule="costs.ceiling", clause=clause)


def _reason(field: str, detail: str, advice: str, *, rule: str, clause: str = "") -> Reason:
    return Reason(code="costs-unfit", field=field, detail=detail, advice=advice, rule=rule, clause=clause)

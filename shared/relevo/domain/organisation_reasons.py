"""What can speak against offering a service to an organisation, in words for a tired intake officer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date


def outside_mandate(detail: str) -> Reason:
    """It does not do that, or not for this person."""
    advice = "Choose an organisation whose mandate covers this service and this person."
    return Reason(code="outside-mandate", field="mandate", detail=detail, advice=advice, rule="organisation.mandate")


def outside_area(area: Collection[str]) -> Reason:
    """It works elsewhere."""
    return Reason(
        code="outside-area",
        field="area",
        detail=f"the person will live elsewhere; it works in {', '.join(sorted(area))}",
        advice="Choose a nearer one, or say why this one can do it.",
        rule="organisation.area",
    )


def stale(checked_on: date) -> Reason:
    """Nobody has checked for long."""
    return Reason(
        code="organisation-check-stale",
        field="checked_on",
        detail=f"what is written about it was last checked on {checked_on.isoformat()}",
        advice="Call it before you rely on this, then note the day of the check.",
        rule="organisation.checked",
    )


NOT_AGREED = Reason(
    code="organisation-not-agreed",
    field="organisation",
    detail="the consent names another organisation",
    advice="Offer it to the organisation that the consent names, or ask the person about this one.",
    rule="consent.names-organisation",
)
WITHHELD = Reason(
    code="organisation-withheld",
    field="organisation",
    detail="the person withholds from this organisation what it would need to know",
    advice="Choose another one; only the person can lift this, by a new consent.",
    rule="consent.withholds",
)
UNCLEAR = Reason(
    code="organisation-withhold-unclear",
    field="organisation",
    detail="something is withheld from this organisation, in words that name no data class or field",
    advice="Choose another one, or ask the host which part the person means.",
    rule="consent.withholds",
)
NOT_CONFIDENTIAL = Reason(
    code="organisation-not-confidential",
    field="confidential",
    detail="the case is confidential, and this organisation is not known to keep one so",
    advice="Choose an organisation that can keep a case confidential.",
    rule="organisation.confidential",
)
FULL = Reason(
    code="organisation-full",
    field="capacity",
    detail="it has no place left for this service",
    advice="Choose another one, or, if it takes the person all the same, say why.",
    rule="organisation.capacity",
)
INACTIVE = Reason(
    code="organisation-inactive",
    field="active",
    detail="this organisation takes nobody at present",
    advice="Choose another one, or mark it active again once it is.",
    rule="organisation.capacity",
)
BUDGET_SPENT = Reason(
    code="organisation-budget-spent",
    field="budget",
    detail="its budget is promised or spent",
    advice="Choose another one, or say who pays.",
    rule="organisation.capacity",
)

"""The class `costs` as the rules know it: amounts as decimals, lines as values that can be compared and summed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from relevo.domain.costs import CostLine, CostSheet
from relevo.domain.sop_rules import Bearer
from relevo.messages.circumstances_results import Cost, Costs
from relevo.messages.classes import ClassInvalid, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relevo.domain.data_classes import JsonValue


def sheet_of(fields: Mapping[str, JsonValue]) -> CostSheet:
    """The costs in the fields of the class.

    Raises:
        ClassInvalid: naming every field that does not fit.
    """
    costs = read("costs", fields)
    if not isinstance(costs, Costs):
        raise ClassInvalid(detail="this is no class `costs`", field="costs")
    return CostSheet(
        currency=costs.currency,
        ceiling=Decimal(costs.ceiling) if costs.ceiling is not None else None,
        lines=tuple(_line(one) for one in costs.lines),
    )


def _line(cost: Cost) -> CostLine:
    return CostLine(
        what=cost.what,
        planned=Decimal(cost.planned),
        borne_by=Bearer(cost.borne_by),
        actual=Decimal(cost.actual) if cost.actual is not None else None,
        category=cost.category,
    )

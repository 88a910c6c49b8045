"""The assistance plan, agreed with the person: kept here, and told to the host as far as plans may return.

Source: Reintegration Handbook, 4.1.3 (the complete record: the assistance plan).
"""

from __future__ import annotations

from collections.abc import Mapping

from origin_node import reports
from origin_node.taking import entitled, say
from relevo.delivery.looking import entering, sop_of
from relevo.domain.access import Act
from relevo.domain.data_classes import DataClass
from relevo.domain.deadlines import PLAN_AGREED
from relevo.protocol.strict_json import JsonValue
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


def agree(work: UnitOfWork, thread: str, plan: Mapping[str, JsonValue]) -> ReferralRow:
    """Record the plan that was agreed, in the fields of the class `plan`; a later one stands beside it.

    Raises:
        ClassInvalid: naming every field that does not fit.
        IllegalStep: before the referral is accepted.
        NotYours: if the role may not write plans down.
    """
    row = entitled(work, thread, Act.AGREE_PLAN)
    entering(work, sop_of(work, row), {DataClass.PLAN})
    kept = reports.checked({DataClass.PLAN: plan})
    told = say(work, row, PLAN_AGREED, fields=reports.returning(work, row, kept))
    reports.keep(work, row, told, kept)
    return row

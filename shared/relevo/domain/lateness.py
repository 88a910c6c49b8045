"""When people are told that a message has not arrived: long before it stops making sense.

| what the message is about | people are told |
| --- | --- |
| a danger to life (`emergency`) | 15 minutes after it was made |
| something urgent | 4 hours after it was made |
| anything else | 24 hours after it was made |
| a clock of the SOP that its receipt will start | when half of that time has passed already |
| a planned arrival | two days before it, but not within the first hour |

The earliest counts. A message is never given up by a machine: whether it still makes sense, people decide. Nothing here
reads a clock or a database.
"""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.domain.sides import Urgency

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

PATIENCE: Mapping[str, timedelta] = MappingProxyType(
    {Urgency.EMERGENCY: timedelta(minutes=15), Urgency.URGENT: timedelta(hours=4), Urgency.ROUTINE: timedelta(hours=24)}
)
FIRST_HOUR = timedelta(hours=1)
BEFORE_ARRIVAL = timedelta(days=2)


def late_from(
    made_at: datetime, *, urgency: Urgency, due: Iterable[datetime] = (), planned_arrival: datetime | None = None
) -> datetime:
    """The moment from which a message without a receipt is late; all moments are aware.

    Args:
        made_at: when somebody took the step.
        urgency: of the referral.
        due: when the duties that the message starts would be due, had it arrived at once.
        planned_arrival: of the person, if it is still to come.
    """
    moments = [made_at + PATIENCE[urgency]]
    moments += [made_at + (one - made_at) / 2 for one in due if one > made_at]
    if planned_arrival is not None and planned_arrival > made_at:
        moments.append(max(planned_arrival - BEFORE_ARRIVAL, made_at + FIRST_HOUR))
    return min(moments)

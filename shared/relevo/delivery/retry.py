"""When to try again. For ever: a message is given up by people, never by a machine.

Full jitter from 5 seconds, doubling, at most an hour; six hours once a peer has been away for a week. What a peer asks
for in `Retry-After` is the least, within the hour.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

FIRST = timedelta(seconds=5)
CAP = timedelta(hours=1)
LATE_CAP = timedelta(hours=6)
_FAILURES_OF_A_WEEK = 175


def pause(failures: int, jitter: float) -> timedelta:
    """How long to wait after `failures` tries in a row; `jitter` is a random number from 0 to 1.

    Before the cap is reached the pauses double; seven days of hourly pauses are about 168 tries more.
    """
    cap = CAP if failures < _FAILURES_OF_A_WEEK else LATE_CAP
    ceiling = min(cap, FIRST * (1 << min(max(failures - 1, 0), 16)))
    return ceiling * jitter


def asked(retry_after: str | None) -> timedelta:
    """How long a peer asks to be left alone, in seconds (RFC 9110, 10.2.3), at most `CAP`; a date says nothing here."""
    if retry_after is None or not re.fullmatch(r"[0-9]{1,9}", retry_after):
        return timedelta()
    return min(CAP, timedelta(seconds=int(retry_after)))


def waits(until: datetime | None, at: datetime) -> bool:
    """Whether a pause lasts; one that is longer than any made here comes from a clock that went wrong, and is over."""
    return until is not None and at < until <= at + LATE_CAP

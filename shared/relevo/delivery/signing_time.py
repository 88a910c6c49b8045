"""Whether anybody could believe what this node would sign now.

A signature counts if it was made while its key was in use. A node whose clock was put back to before that moment would
sign receipts that nobody can ever verify, and a receipt is kept byte for byte. So it takes no messages until its clock
has come that far; senders keep theirs.
"""

from __future__ import annotations

import structlog

from relevo.errors import WireError
from relevo.protocol.statement import NodeStatement
from relevo.storage.unit_of_work import UnitOfWork

EVENTS = structlog.get_logger("relevo.signing_time")


class ClockBehind(WireError):
    """The clock of this node stands before the time from which its signing key is in use."""

    code = "clock-behind"
    advice = (
        "Compare that machine's clock with a time server. Nothing is lost; it goes on by itself when its time has come."
    )
    seconds = 60


def require_time_to_sign(work: UnitOfWork, own: NodeStatement) -> None:
    """Raises `ClockBehind` unless what is signed now can be verified by this node's newest statement."""
    kid = work.identity.keys.signing.kid
    begins = next((period.use_from for period in own.signing if period.key.kid == kid), work.at)
    if work.at < begins:
        EVENTS.error("the clock stands before our own key", in_use_from=begins.isoformat())
        raise ClockBehind(f"the signing key is in use from {begins:%Y-%m-%d %H:%M} UTC")

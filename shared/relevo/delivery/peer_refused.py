"""What an answer without results says: that the peer refused a request as a whole, why, and until when.

Nothing signs such an answer, so it is believed no further than to wait, and for people to read.
"""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from relevo.delivery.transport import Answer, code_of, its_time, retry_after
from relevo.errors import WireError
from relevo.protocol.hop import HopSkew

CHOKED = frozenset({HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.INTERNAL_SERVER_ERROR})
"""Statuses that may come of what was brought; all others speak of the peer, of our keys, or of the moment."""


class PeerRefused(WireError):
    """The peer refused the request as a whole; the detail has its status and its code."""

    code = "peer-refused"
    advice = "Nothing is lost: it is tried again by itself. If it goes on, ask the peer's administrator about the code."

    of_what_was_brought = False
    wait_seconds: int | None = None
    its_time: datetime | None = None
    """What time it is there, if it refused because clocks differ."""

    @classmethod
    def by(cls, answer: Answer) -> PeerRefused:
        """What an answer without results says."""
        code = code_of(answer) or "no code"
        fault = cls(f"status {answer.status}, {code}")
        fault.of_what_was_brought = answer.status in CHOKED
        fault.wait_seconds = retry_after(answer)
        fault.its_time = its_time(answer) if code == HopSkew.code else None
        return fault

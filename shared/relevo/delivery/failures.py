"""How bringing something to a peer can fail, before anything that the peer said is read."""

from __future__ import annotations

from relevo.errors import RelevoError, WireError


class PeerUnreachable(RelevoError):
    """The peer could not be reached, or its answer broke off."""

    code = "peer-unreachable"
    advice = "Nothing is lost: what is queued is tried again by itself. A command can be repeated once the peer is up."


class AnswerUnfit(WireError):
    """The peer's answer is not what was asked for."""

    code = "answer-unfit"
    advice = "Nothing is lost, and it is tried again by itself; if it goes on, check the address with the peer."

"""The nonces of requests that were accepted: none is accepted twice.

A nonce is kept at least until its request would have expired; the node forgets it in its hourly round.
"""

from __future__ import annotations

from sqlalchemy import bindparam, delete

from relevo.errors import WireError
from relevo.protocol.hop import VerifiedHop
from relevo.storage.appending import append, ask
from relevo.storage.callers import Begun
from relevo.storage.tables import NonceRow
from relevo.storage.unit_of_work import UnitOfWork

_EXPIRED = delete(NonceRow).where(NonceRow.expires_at < bindparam("at"))


class NonceSeen(WireError):
    """This very request was accepted before."""

    code = "nonce-seen"
    advice = "Sign the request anew; the messages in it can be sent again as they are."


def remember(work: UnitOfWork, begun: Begun, hop: VerifiedHop) -> None:
    """Take note of a request, in the transaction that does what it asks and has begun with it.

    Raises:
        NonceSeen: if it was accepted before.
    """
    if begun.is_repeated:
        raise NonceSeen
    append(work.session, NonceRow, peer=begun.caller.node_id, nonce=hop.nonce, expires_at=hop.expires)


def forget(work: UnitOfWork) -> None:
    """Forget the requests that have expired."""
    ask(work.session, _EXPIRED, {"at": work.at})

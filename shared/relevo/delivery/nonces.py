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


def require_new(begun: Begun) -> None:
    """Raises `NonceSeen` if the request that begins was accepted before."""
    if begun.is_repeated:
        raise NonceSeen


def remember(work: UnitOfWork, peer: str, hop: VerifiedHop) -> None:
    """Take note of a request that is new, in the transaction that does what it asks."""
    append(work.session, NonceRow, peer=peer, nonce=hop.nonce, expires_at=hop.expires)


def forget(work: UnitOfWork) -> None:
    """Forget the requests that have expired."""
    ask(work.session, _EXPIRED, {"at": work.at})

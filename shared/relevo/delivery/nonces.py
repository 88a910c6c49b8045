"""The nonces of requests that were accepted: none is accepted twice.

A nonce is kept at least until its request would have expired; the node forgets it in its hourly round.
"""

from __future__ import annotations

from sqlalchemy import bindparam, delete, insert
from sqlalchemy.exc import IntegrityError

from relevo.errors import WireError
from relevo.protocol.hop import VerifiedHop
from relevo.storage.appending import ask
from relevo.storage.tables import NonceRow
from relevo.storage.unit_of_work import UnitOfWork

_NEW = insert(NonceRow)
_EXPIRED = delete(NonceRow).where(NonceRow.expires_at < bindparam("at"))


class NonceSeen(WireError):
    """This very request was accepted before."""

    code = "nonce-seen"
    advice = "Sign the request anew; the messages in it can be sent again as they are."


def remember(work: UnitOfWork, peer: str, hop: VerifiedHop) -> None:
    """Take note of a request, in the transaction that does what it asks.

    Raises:
        NonceSeen: if it was accepted before; the transaction can only be undone then.
    """
    try:
        ask(work.session, _NEW, {"peer": peer, "nonce": hop.nonce, "expires_at": hop.expires})
    except IntegrityError:
        raise NonceSeen from None


def forget(work: UnitOfWork) -> None:
    """Forget the requests that have expired."""
    ask(work.session, _EXPIRED, {"at": work.at})

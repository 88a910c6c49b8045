"""What a transaction has queued, for whoever lets it leave with the transaction (`relevo.delivery.courier`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

if TYPE_CHECKING:
    from relevo.delivery.outbox import Leaving
    from relevo.delivery.ways import Way

_POSTED, _UNDONE = "relevo.posted", "relevo.posted.undone"


class Posted(NamedTuple):
    """A message that was queued, the way to its peer as it was then, and whether its thread begins with it."""

    message: Leaving
    way: Way
    begins: bool


def note(session: Session, new: Posted) -> None:
    """Remember that the transaction has queued a message."""
    session.info.setdefault(_POSTED, []).append(new)


def alone(session: Session) -> Posted | None:
    """The message that this transaction queued, if it is the only one; None as well once anything of it was undone."""
    found: list[Posted] = session.info.get(_POSTED, [])
    return found[0] if len(found) == 1 and _UNDONE not in session.info else None


def _undone(session: Session, _what: SessionTransaction) -> None:
    session.info[_UNDONE] = True


event.listen(Session, "after_soft_rollback", _undone)

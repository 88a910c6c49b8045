"""Messages that a peer had receipted and has lost, offered again: the same message, with the same jti.

Only what may still leave and has its words goes again, at most once a day, so that a peer that forgets on purpose costs
little. Its first receipt is kept beside the new one. What cannot be offered again lets what follows it pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy import ColumnElement, Select, bindparam, select

from relevo.delivery import outbox
from relevo.delivery.node import Node
from relevo.delivery.outbox import NONE, OutboxState
from relevo.protocol import sd_jwt
from relevo.protocol.base64url import digest
from relevo.storage.database import ring
from relevo.storage.tables import OutboxRow
from relevo.storage.tables_streams import FormerReceiptRow
from relevo.storage.unit_of_work import UnitOfWork

EVENTS = structlog.get_logger("relevo.reconcile")
DAILY = timedelta(days=1)
AT_ONCE = 500
RECEIPTED = select(OutboxRow).where(
    OutboxRow.peer == bindparam("peer"), OutboxRow.receipt.is_not(None), OutboxRow.receipted_at < bindparam("iat")
)
"""What was receipted in a second before the one in which a peer says what it has."""


def lost(work: UnitOfWork, lacks: ColumnElement[bool]) -> Select[OutboxRow]:
    """The question for receipted messages that the peer `lacks`, but for those that were offered again today."""
    return RECEIPTED.where(lacks, ~_offered_today(work)).order_by(OutboxRow.jti)


def waiting(work: UnitOfWork, lacks: ColumnElement[bool]) -> Select[OutboxRow]:
    """The question for those that were, and that the peer lacks all the same."""
    return RECEIPTED.where(lacks, _offered_today(work))


def _offered_today(work: UnitOfWork) -> ColumnElement[bool]:
    lately = select(FormerReceiptRow.jti).where(FormerReceiptRow.offered_again_at > work.at - DAILY)
    return OutboxRow.jti.in_(lately)


def offer(node: Node, work: UnitOfWork, epoch: int, messages: Sequence[OutboxRow]) -> int:
    """Offer messages again that their peer has lost; how many may. `epoch` is the one in which our stream to it is."""
    gone = [message for message in messages if not _offer(node, work, epoch, message)]
    for message in gone:
        outbox.let_pass(work.session, message)
    return len(messages) - len(gone)


def _offer(node: Node, work: UnitOfWork, epoch: int, message: OutboxRow) -> bool:
    if message.receipt is None or not _has_words(message) or node.release(work, message) is not None:
        return False
    work.session.merge(
        FormerReceiptRow(
            digest=digest(message.receipt.encode()),
            jti=message.jti,
            receipt=message.receipt,
            receipted_at=message.receipted_at or work.at,
            state=message.state,
            offered_again_at=work.at,
        )
    )
    message.state, message.problem, message.next_attempt_at = OutboxState.QUEUED, None, None
    message.receipt = message.receipted_at = message.manifest = message.sealed = None
    if message.epoch != epoch:
        message.epoch = message.seq = None
    ring(work.session, message.peer)
    EVENTS.warning("offered again", peer=message.peer, jti=message.jti)
    return True


def _has_words(message: OutboxRow) -> bool:
    """Whether the message can be sealed once more: what it rests on and what it says were not erased."""
    rests = message.basis == NONE or message.basis_record is not None
    return rests and any(sd_jwt.Disclosure.parse(text).name == "step" for text in message.disclosures)

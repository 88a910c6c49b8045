"""What a peer has of the epochs of our stream that have ended, compared once more after each restart.

A summary speaks of the newest epoch alone. A peer that was put back to a backup while we waited for our own restart
opens the new epoch as if nothing were missing in those before; only a list of them tells. So it does if the peer fell
back to a former epoch since.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import func, select

from relevo.delivery import offered_again, stream_lists
from relevo.delivery.node import Node
from relevo.delivery.offered_again import AT_ONCE
from relevo.delivery.stream_lists import Question
from relevo.delivery.transport import Transport
from relevo.protocol.stream_list import Direction, StreamList
from relevo.storage import peers, streams
from relevo.storage.tables import OutboxRow, PeerRow
from relevo.storage.tables_streams import StandRow

HOURLY = timedelta(hours=1)


def are_due(row: PeerRow, stand: StandRow | None, at: datetime) -> bool:
    """Whether a peer that has opened our newest epoch is to be asked for those before: at once, then once an hour."""
    if stand is None or not _are_unsure(row, stand):
        return False
    if stand.asked_at is None or (stand.confirmed_at is not None and stand.asked_at < stand.confirmed_at):
        return True
    return not timedelta() <= at - stand.asked_at < HOURLY


def _are_unsure(row: PeerRow, stand: StandRow) -> bool:
    return stand.epoch == row.epoch and (stand.compared_epoch or 1) < row.epoch


def compare(node: Node, transport: Transport, peer: str) -> None:
    """Offer again what the peer had receipted in an epoch that has ended, and lacks; nothing if it was compared before.

    It has to be done once more, later, if some of that was offered again today.

    Raises:
        PeerUnreachable, WireError: if the peer does not answer as it should.
    """
    with node.read() as work:
        newest, stand = peers.find(work.session, peer), work.session.get(StandRow, peer)
    if stand is None or not _are_unsure(newest, stand):
        return
    pages = (page for epoch in range(1, newest.epoch) for page in _listed(node, transport, peer, epoch))
    done = [_offer_what_lacks(node, peer, page) for page in pages]
    if all(done):
        with node.write() as work:
            streams.stand_of(work.session, peer).compared_epoch = newest.epoch


def _listed(node: Node, transport: Transport, peer: str, epoch: int) -> Iterator[StreamList]:
    """What the peer has of an epoch, up to our own last place in it."""
    with node.read() as work:
        mine = (OutboxRow.peer == peer, OutboxRow.epoch == epoch, OutboxRow.receipt.is_not(None))
        end = work.session.scalar(select(func.max(OutboxRow.seq)).where(*mine)) or 0
    begin = 1
    while begin <= end:
        asked = Question(of=Direction.RECEIVED, epoch=epoch, begin=begin, end=end)
        page = stream_lists.ask(node, transport, peer, asked).listed
        yield page
        begin = page.places[-1].seq + 1 if page.more and page.places else end + 1


def _offer_what_lacks(node: Node, peer: str, page: StreamList) -> bool:
    """Whether nothing of what the page lacks waits until tomorrow."""
    end = page.places[-1].seq if page.more and page.places else page.end
    within = (OutboxRow.epoch == page.epoch) & OutboxRow.seq.between(page.begin, end)
    lacks = within & OutboxRow.jti.not_in([place.jti for place in page.places])
    asked, behind, more = {"peer": peer, "iat": page.iat}, "", True
    while more:
        with node.write() as work:
            question = offered_again.lost(work, lacks & (OutboxRow.jti > behind)).limit(AT_ONCE)
            lost = list(work.session.scalars(question, asked))
            offered_again.offer(node, work, peers.find(work.session, peer).epoch, lost)
            more, behind = len(lost) == AT_ONCE, lost[-1].jti if lost else behind
    with node.read() as work:
        return work.session.scalars(offered_again.waiting(work, lacks).limit(1), asked).first() is None

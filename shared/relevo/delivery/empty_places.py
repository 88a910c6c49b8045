"""Gaps in a peer's stream that never close: what the peer held back after it had tried it leaves its place empty.

Nobody else knows that, so once an hour a node asks each peer in whose stream there are gaps what stands at those places
(`relevo.delivery.stream_lists`). A place that is not in the peer's signed list, or whose message is here at another
place, stays empty; everything else is still to come. What comes all the same is taken like any message.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

import structlog
from sqlalchemy import select

from relevo.delivery import stream_lists
from relevo.delivery.node import Node
from relevo.delivery.stream_lists import Question
from relevo.delivery.transport import Transport
from relevo.errors import RelevoError
from relevo.protocol.stream_list import Direction
from relevo.storage import peers, streams
from relevo.storage.streams import Stand
from relevo.storage.tables import InboxRow
from relevo.storage.tables_streams import StandRow
from relevo.storage.unit_of_work import UnitOfWork

EVENTS = structlog.get_logger("relevo.empty_places")
HOURLY = timedelta(hours=1)
AT_ONCE = 20
"""Gaps that are asked about in one turn."""


def turn(node: Node, transport: Transport) -> None:
    """Ask the peers in whose streams there are gaps, unless they were asked within the hour."""
    with node.read() as work:
        active = [row.node_id for row in peers.everybody(work.session) if row.state in peers.HEARD]
        due = [peer for peer in active if _is_due(work, peer)]
    for peer in due:
        with node.write() as work:
            streams.stand_of(work.session, peer).gaps_asked_at = work.at
        try:
            look(node, transport, peer)
        except RelevoError as fault:
            EVENTS.warning("gaps not looked at", peer=peer, code=fault.code)


def _is_due(work: UnitOfWork, peer: str) -> bool:
    """Nothing is noted of a peer with whom nothing was exchanged and nothing is missing."""
    row = work.session.get(StandRow, peer)
    if row is None:
        return bool(streams.received(work.session, peer).gaps)
    return row.gaps_asked_at is None or not timedelta() <= work.at - row.gaps_asked_at < HOURLY


def look(node: Node, transport: Transport, peer: str) -> None:
    """Learn at which places of the gaps in a peer's stream nothing will come.

    Raises:
        PeerUnreachable, WireError: if the peer does not answer as it should.
    """
    with node.read() as work:
        stand = streams.received(work.session, peer)
    empty = _ranges(_empty(node, transport, peer, stand))
    if stand.gaps:
        with node.write() as work:
            streams.stand_of(work.session, peer).empty = {"epoch": stand.epoch, "places": empty}


def _empty(node: Node, transport: Transport, peer: str, stand: Stand) -> Iterator[int]:
    for begin, end in stand.gaps[:AT_ONCE]:
        asked = Question(of=Direction.SENT, epoch=stand.epoch, begin=begin, end=end)
        listed = stream_lists.ask(node, transport, peer, asked).listed
        here = _here(node, peer, [place.jti for place in listed.places])
        coming = {place.seq for place in listed.places if place.jti not in here}
        last = listed.places[-1].seq if listed.more and listed.places else end
        yield from (seq for seq in range(begin, last + 1) if seq not in coming)


def _here(node: Node, peer: str, jtis: list[str]) -> set[str]:
    with node.read() as work:
        return set(work.session.scalars(select(InboxRow.jti).where(InboxRow.peer == peer, InboxRow.jti.in_(jtis))))


def _ranges(seqs: Iterable[int]) -> list[list[int]]:
    """Rising numbers as ranges of neighbours."""
    found = list[list[int]]()
    for seq in seqs:
        if found and found[-1][1] == seq - 1:
            found[-1][1] = seq
        else:
            found.append([seq, seq])
    return found

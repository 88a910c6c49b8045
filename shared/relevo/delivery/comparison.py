"""Comparing both nodes' streams place by place, by command: which message only one side has.

| one-sided | what is done about it |
| --- | --- |
| we sent it, they lack it | a receipted one is offered again by itself; a queued one is still tried |
| they sent it, we lack it | their courier is told by our summary, and brings it |
| both have it and the manifests differ | the two administrators look at both |
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from relevo.delivery import stream_lists
from relevo.delivery.node import Node
from relevo.delivery.stream_lists import LAST, Question
from relevo.delivery.transport import Transport
from relevo.domain.access import Act
from relevo.protocol.base64url import digest
from relevo.protocol.manifest import manifest_digest
from relevo.protocol.stream_list import Direction, Place
from relevo.storage import peers, streams
from relevo.storage.streams import Sent
from relevo.storage.unit_of_work import User

PAGE = 500


class Finding(StrEnum):
    """What is wrong with one place."""

    MISSING_THERE = "missing-there"
    MISSING_HERE = "missing-here"
    DIFFERS = "differs"


@dataclass(frozen=True, kw_only=True)
class OneSided:
    """One place of a stream that the two nodes do not have alike; `sent` says that the stream is ours."""

    finding: Finding
    sent: bool
    epoch: int
    seq: int
    jti: str


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The result: how many places both have alike, and those that they do not."""

    alike: int
    one_sided: tuple[OneSided, ...]


def compare(node: Node, transport: Transport, peer: str, user: User) -> Compared:
    """Compare the current epoch of both streams with `peer`.

    Raises:
        Forbidden: unless an administrator asks.
        NotFound: if the peer is not registered.
        PeerUnreachable, WireError: if the peer does not answer as it should.
    """
    with node.read(user) as work:
        work.require(Act.REGISTER_PEER)
        sent, came = peers.find(work.session, peer).epoch, streams.current_epoch(work.session, peer)
    pages = (
        (Direction.SENT, sent, _theirs(node, transport, peer, Direction.RECEIVED, sent)),
        (Direction.RECEIVED, came, _theirs(node, transport, peer, Direction.SENT, came)),
    )
    alike, found = 0, list[OneSided]()
    for of, epoch, theirs in pages:
        ours = {one.seq: one for one in _ours(node, peer, of, epoch)}
        there = {place.seq: place for place in theirs}
        for seq in sorted(ours.keys() | there.keys()):
            finding = _judge(ours.get(seq), there.get(seq), of)
            alike += finding is None
            if finding is not None:
                jti = (ours.get(seq) or there[seq]).jti
                found.append(OneSided(finding=finding, sent=of is Direction.SENT, epoch=epoch, seq=seq, jti=jti))
    return Compared(alike=alike, one_sided=tuple(found))


def _theirs(node: Node, transport: Transport, peer: str, of: Direction, epoch: int) -> Iterator[Place]:
    begin, more = 1, True
    while more:
        told = stream_lists.ask(node, transport, peer, Question(of=of, epoch=epoch, begin=begin))
        yield from told.listed.places
        more = told.listed.more and bool(told.listed.places)
        begin = told.listed.places[-1].seq + 1 if more else begin


def _ours(node: Node, peer: str, of: Direction, epoch: int) -> Iterator[Sent]:
    begin, full = 1, True
    while full:
        with node.read() as work:
            page = streams.places(work.session, peer, of, epoch, begin, LAST, PAGE)
        yield from page
        full = len(page) == PAGE
        begin = page[-1].seq + 1 if full else begin


def _judge(ours: Sent | None, there: Place | None, of: Direction) -> Finding | None:
    if there is None:
        return Finding.MISSING_THERE
    if ours is None:
        return Finding.MISSING_HERE
    same = ours.jti == there.jti
    if of is Direction.SENT and ours.receipt is not None:
        same = same and there.receipt == digest(ours.receipt.encode())
    elif of is Direction.RECEIVED:
        same = same and (there.receipt is None or there.manifest == manifest_digest(ours.manifest))
    return None if same else Finding.DIFFERS

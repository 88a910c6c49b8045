"""Comparing both nodes' streams, in every epoch, by command: which message only one side has.

A message is known by its jti; it may have arrived at another place than the one where it was tried last.

| finding | in our stream | in theirs |
| --- | --- | --- |
| `missing-there` | they lack it: if receipted it is offered again by itself, else tried | they held it back |
| `missing-here` | we do not know it, and ask for proof (`relevo.delivery.reconcile`) | their courier brings it |
| `differs` | what we have of it and what they have are not the same: both administrators look | the same |
| `held-here` | we held it back after a try of which nobody heard, and it had arrived | |
| `forgotten` | a restore lost it here; the peer showed it to us | a restore lost it there |

What was held back and did not arrive is at neither node, and nothing is to be done about it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from relevo.delivery import stream_lists
from relevo.delivery.node import Node
from relevo.delivery.outbox import OutboxState
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
    HELD_HERE = "held-here"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, kw_only=True)
class OneSided:
    """One message that the two nodes do not have alike, at its place here or else there; `sent`: the stream is ours."""

    finding: Finding
    sent: bool
    epoch: int
    seq: int
    jti: str


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The result: how many messages both have alike, and those that they do not, in the order of their places."""

    alike: int
    one_sided: tuple[OneSided, ...]


@dataclass(frozen=True, kw_only=True)
class _Stream:
    """One of the two streams with a peer, and the epoch in which it is now."""

    of: Direction
    epoch: int

    @property
    def there(self) -> Direction:
        """What the stream is to the peer."""
        return Direction.RECEIVED if self.of is Direction.SENT else Direction.SENT


def compare(node: Node, transport: Transport, peer: str, user: User) -> Compared:
    """Compare both streams with `peer`, from their first epoch on.

    Raises:
        Forbidden: unless an administrator asks.
        NotFound: if the peer is not registered.
        PeerUnreachable, WireError: if the peer does not answer as it should.
    """
    with node.read(user) as work:
        work.require(Act.REGISTER_PEER)
        sent, came = peers.find(work.session, peer).epoch, streams.current_epoch(work.session, peer)
    alike, found = 0, list[OneSided]()
    for stream in (_Stream(of=Direction.SENT, epoch=sent), _Stream(of=Direction.RECEIVED, epoch=came)):
        there = {place.jti: (epoch, place) for epoch, place in _theirs(node, transport, peer, stream)}
        ours = {one.jti: (epoch, one) for epoch, one in _ours(node, peer, stream)}
        for jti in ours.keys() | there.keys():
            finding = _judge(ours.get(jti), there.get(jti), stream)
            epoch, at = ours.get(jti) or there[jti]
            alike += finding is None and jti in there
            if finding is not None:
                sent_by_us = stream.of is Direction.SENT
                found.append(OneSided(finding=finding, sent=sent_by_us, epoch=epoch, seq=at.seq, jti=jti))
    return Compared(alike=alike, one_sided=tuple(sorted(found, key=lambda one: (not one.sent, one.epoch, one.seq))))


def is_well(found: Compared) -> bool:
    """Whether nobody has to look: what a restore lost is dealt with where it is listed (`epoch show`)."""
    return all(one.finding is Finding.FORGOTTEN for one in found.one_sided)


def _theirs(node: Node, transport: Transport, peer: str, stream: _Stream) -> Iterator[tuple[int, Place]]:
    for epoch in range(1, stream.epoch + 1):
        begin, more = 1, True
        while more:
            told = stream_lists.ask(node, transport, peer, Question(of=stream.there, epoch=epoch, begin=begin))
            yield from ((epoch, place) for place in told.listed.places)
            more = told.listed.more and bool(told.listed.places)
            begin = told.listed.places[-1].seq + 1 if more else begin


def _ours(node: Node, peer: str, stream: _Stream) -> Iterator[tuple[int, Sent]]:
    for epoch in range(1, stream.epoch + 1):
        begin, full = 1, True
        while full:
            with node.read() as work:
                page = streams.places(work.session, peer, stream.of, epoch, begin, LAST, PAGE)
            yield from ((epoch, one) for one in page)
            full = len(page) == PAGE
            begin = page[-1].seq + 1 if full else begin


def _judge(ours: tuple[int, Sent] | None, there: tuple[int, Place] | None, stream: _Stream) -> Finding | None:
    is_ours = stream.of is Direction.SENT
    if ours is None or there is None:
        return _one_sided(ours, there, stream)
    (_, here), (_, place) = ours, there
    if here.state == OutboxState.HELD:
        return Finding.HELD_HERE
    if is_ours and here.receipt is not None:
        same = place.receipt == digest(here.receipt.encode())
    else:
        same = is_ours or place.receipt is None or place.manifest == manifest_digest(here.manifest)
    return None if same else Finding.DIFFERS


def _one_sided(ours: tuple[int, Sent] | None, there: tuple[int, Place] | None, stream: _Stream) -> Finding | None:
    """The sender alone forgets by a restore, and only what belongs to an epoch that ended with it."""
    epoch = (ours or there or (stream.epoch,))[0]
    if ours is not None and ours[1].state == OutboxState.HELD:
        return None
    forgot = there is None if stream.of is Direction.RECEIVED else ours is None
    if forgot and epoch < stream.epoch:
        return Finding.FORGOTTEN
    return Finding.MISSING_HERE if ours is None else Finding.MISSING_THERE

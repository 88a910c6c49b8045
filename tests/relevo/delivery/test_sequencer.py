"""Every entry gets a place, and one checkpoint a turn stands behind all of them."""

from __future__ import annotations

from sqlalchemy import delete, select

from relevo.delivery.node import Node
from relevo.delivery.sequencer import MOST_AT_ONCE, sequence
from relevo.storage import log
from relevo.storage.tables import CheckpointRow
from support.nodes import JoinedNodes


def _record(node: Node, entries: int) -> None:
    with node.write() as work:
        for number in range(entries):
            log.record(work.session, "key", work.at, kid=f"an-invented-one-{number}", change="created")


def _checkpoints(node: Node) -> list[int]:
    with node.read() as work:
        return list(work.session.scalars(select(CheckpointRow.size).order_by(CheckpointRow.size)))


def test_a_turn_signs_once_however_much_waits(nodes_on_each: JoinedNodes) -> None:
    host = nodes_on_each.host
    sequence(host)
    before = _checkpoints(host)
    _record(host, 2 * MOST_AT_ONCE)
    assert sequence(host) == 2 * MOST_AT_ONCE
    assert _checkpoints(host) == [*before, before[-1] + 2 * MOST_AT_ONCE]
    assert sequence(host) == 0
    assert len(_checkpoints(host)) == len(before) + 1


def test_what_was_numbered_before_a_power_cut_is_signed_in_the_next_turn(nodes: JoinedNodes) -> None:
    host = nodes.host
    _record(host, 3)
    sequence(host)
    signed = _checkpoints(host)
    with host.write() as work:
        work.session.execute(delete(CheckpointRow).where(CheckpointRow.size == signed[-1]))
    assert sequence(host) == 0
    assert _checkpoints(host) == signed

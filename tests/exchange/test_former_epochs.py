"""Both nodes come back from backups: what the peer lost in an epoch that has ended, no summary tells."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from host_node import referrals as sending
from relevo.delivery import epochs, former_epochs, reconcile, stream_lists
from relevo.delivery.courier import Courier
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.protocol import strict_json
from relevo.storage import peers, streams
from relevo.storage.tables import OutboxRow
from relevo.storage.tables_streams import StandRow
from support.backups import Backup
from support.nodes import HOST_ID, ORIGIN_ID, staff
from support.story import Story, changed, sample
from support.traces import count_of


@pytest.fixture(name="empty")
def _empty(story: Story) -> Backup:
    """The origin before the referral was sent, with another one."""
    other = Story(nodes=story.nodes)
    other.take_in(changed(sample("01"), "identity-min", reference="INVENTED-2"))
    other.send()
    return Backup.of(story.nodes.origin)


@pytest.fixture(name="restarted")
def _restarted(story: Story, empty: Backup) -> Story:
    """The host forgot its last message and waits for an administrator; meanwhile the origin loses all of the referral.

    Then the host's stream restarts, and what the origin has of it has no gap.
    """
    story.send()
    backup, host = Backup.of(story.nodes.host), story.nodes.host
    with story.at_host() as work:
        sending.change_journey(work, story.thread, {"flight": "IB3733"})
    story.nodes.deliver()
    backup.put_back()
    reconcile.at_start(host, story.nodes.transport)
    empty.put_back()
    story.nodes.clock.move(timedelta(hours=1))
    with host.write(staff(Role.ADMINISTRATOR)) as work:
        epochs.confirm(work, "the disk broke")
    Courier(host, story.nodes.transport).run_once()
    with story.nodes.origin.read() as work:
        assert streams.received(work.session, HOST_ID).epoch == 2
        assert streams.received(work.session, HOST_ID).gaps == ()
    return story


def test_what_the_peer_lost_before_the_restart_is_offered_again(restarted: Story) -> None:
    assert _state(restarted) == ("stored", 1)
    assert count_of(restarted.nodes.origin)["referral"] == 1
    restarted.nodes.deliver()
    restarted.nodes.deliver()
    assert _state(restarted) == ("stored", 2)
    assert restarted.row(restarted.nodes.origin).thread == restarted.thread
    assert not _is_due(restarted.nodes.host)


def test_it_is_found_page_by_page(restarted: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_lists, "MAX_PLACES", 1)
    monkeypatch.setattr(former_epochs, "AT_ONCE", 1)
    reconcile.turn(restarted.nodes.host, restarted.nodes.transport)
    assert len(_asked_for(restarted)) == _places(restarted) == 2
    assert _state(restarted) == ("queued", None)


def test_it_is_asked_once(restarted: Story) -> None:
    restarted.nodes.deliver()
    assert _asked_for(restarted) == [1]
    for _ in range(3):
        restarted.nodes.clock.move(timedelta(hours=2))
        restarted.nodes.deliver()
    assert _asked_for(restarted) == [1]


def test_whoever_cannot_be_asked_is_asked_an_hour_later(restarted: Story) -> None:
    restarted.nodes.transport.drop_next_answer()
    reconcile.turn(restarted.nodes.host, restarted.nodes.transport)
    assert not _is_due(restarted.nodes.host)
    restarted.nodes.clock.move(timedelta(hours=1))
    assert _is_due(restarted.nodes.host)


def test_a_peer_that_fell_back_is_asked_again(restarted: Story, empty: Backup) -> None:
    restarted.nodes.deliver()
    restarted.nodes.deliver()
    empty.put_back()
    for _ in range(3):
        restarted.nodes.clock.move(timedelta(hours=25))
        restarted.nodes.deliver()
    assert _asked_for(restarted) == [1, 1]
    assert restarted.row(restarted.nodes.origin).thread == restarted.thread


def test_what_was_offered_again_today_waits_and_is_looked_for_until_then(restarted: Story) -> None:
    host = restarted.nodes.host
    restarted.nodes.deliver()
    restarted.nodes.deliver()
    _forget_that_it_was_compared(restarted)
    with host.write() as work:
        (message,) = work.session.scalars(select(OutboxRow).where(OutboxRow.thread == restarted.thread))
        message.epoch, message.seq = 1, 99
    restarted.nodes.clock.move(timedelta(hours=1))
    reconcile.turn(host, restarted.nodes.transport)
    assert _state(restarted) == ("stored", 1)
    restarted.nodes.clock.move(timedelta(days=1))
    assert _is_due(host)


def _state(story: Story) -> tuple[str, int | None]:
    """How the message that asked stands at the host, and in which epoch it has its place."""
    with story.nodes.host.read() as work:
        (message,) = work.session.scalars(select(OutboxRow).where(OutboxRow.thread == story.thread))
        return message.state, message.epoch


def _places(story: Story) -> int:
    """How many places of the first epoch the origin has."""
    with story.nodes.origin.read() as work:
        return streams.received(work.session, HOST_ID, 1).high_water


def _is_due(host: Node) -> bool:
    with host.read() as work:
        row = peers.find(work.session, ORIGIN_ID)
        return former_epochs.are_due(row, work.session.get(StandRow, ORIGIN_ID), work.at)


def _asked_for(story: Story) -> list[int]:
    """The ended epochs of which the host asked what the origin has, without tokens."""
    asked = [strict_json.load(one.body) for one in story.nodes.transport.carried if one.url.endswith("/stream")]
    return [epoch for one in asked if not one["tokens"] and isinstance(epoch := one["epoch"], int) and epoch < 2]


def _forget_that_it_was_compared(story: Story) -> None:
    with story.nodes.host.write() as work:
        streams.stand_of(work.session, ORIGIN_ID).compared_epoch = None

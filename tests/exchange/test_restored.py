"""A node that comes back older than its peer remembers: it stops, goes on under a new epoch, and nothing is lost."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from host_node.tasks import SOURCES
from relevo.delivery import epochs, reconcile, task_list
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.errors import BadInput, Forbidden, NotFound
from relevo.protocol.summary import Summary, sign_summary
from relevo.storage import peers, streams
from relevo.storage.tables import InboxRow, OutboxRow, PeerRow, ReferralRow, StepRow
from relevo.storage.tables_streams import ForgottenRow, FormerReceiptRow, StandRow
from support.backups import Backup
from support.nodes import HOST_ID, ORIGIN_ID, staff
from support.story import Story
from support.traces import count_of

WHY = "the disk broke, the backup of this night was put back"


def confirm(node: Node) -> list[str]:
    with node.write(staff(Role.ADMINISTRATOR)) as work:
        return [row.node_id for row in epochs.confirm(work, WHY)]


def stand(node: Node, peer: str) -> StandRow:
    with node.read() as work:
        return streams.stand_of(work.session, peer)


def is_stopped(node: Node, peer: str) -> bool:
    with node.read() as work:
        return epochs.is_stopped(work.session, peer)


def test_a_restored_receiver_is_offered_what_it_lost_once_more_with_the_same_jti(story: Story) -> None:
    backup = Backup.of(story.nodes.origin)
    story.send()
    before = _message(story)
    backup.put_back()
    assert count_of(story.nodes.origin)["referral"] == 0
    story.later(days=1)
    story.nodes.deliver()
    after = _message(story)
    assert (after.jti, after.seq, after.state) == (before.jti, before.seq, "stored")
    assert after.receipt != before.receipt
    with story.nodes.host.read() as work:
        (former,) = work.session.scalars(select(FormerReceiptRow))
        assert former.receipt == before.receipt
    _require_one_effect(story)
    assert count_of(story.nodes.host)["duty"] > 0
    assert len({one.duty for one in story.duties(story.nodes.host)}) == len(story.duties(story.nodes.host))


def test_what_may_no_longer_leave_is_not_offered_again(story: Story) -> None:
    backup = Backup.of(story.nodes.origin)
    story.send()
    story.withdraw()
    story.nodes.deliver()
    backup.put_back()
    story.later(days=1)
    story.nodes.deliver()
    with story.nodes.origin.read() as work:
        assert "requested" not in set(work.session.scalars(select(InboxRow.kind)))


def test_a_peer_that_forgets_on_purpose_is_offered_a_message_once_a_day(sent: Story) -> None:
    host = sent.nodes.host
    assert _heed(sent, high_water=0) == 0, "what was receipted in the same second may be behind the summary"
    sent.later(seconds=1)
    assert _heed(sent, high_water=0) > 0
    assert _heed(sent, high_water=0) == 0
    with host.read() as work:
        assert "queued" in set(work.session.scalars(select(OutboxRow.state)))


def test_a_restored_sender_stops_before_it_sends_and_learns_what_it_had_sent(story: Story) -> None:
    backup, host = Backup.of(story.nodes.host), story.nodes.host
    story.send()
    thread = story.thread
    backup.put_back()
    reconcile.at_start(host, story.nodes.transport)
    assert is_stopped(host, ORIGIN_ID)
    with host.read() as work:
        (known,) = work.session.scalars(select(ForgottenRow))
        assert (known.thread, known.kind) == (thread, "requested")
    story.send()
    assert story.deliveries(host) == {"requested": "queued"}
    assert confirm(host) == [ORIGIN_ID]
    story.nodes.deliver()
    assert story.deliveries(host) == {"requested": "stored"}
    with story.nodes.origin.read() as work:
        newest = work.session.scalars(select(InboxRow).where(InboxRow.epoch == 2).order_by(InboxRow.seq)).all()
        assert [(row.seq, row.kind) for row in newest] == [(1, "node"), (2, "requested")]
        assert streams.received(work.session, HOST_ID).gaps == ()


def test_a_restored_sender_that_could_not_ask_first_finds_its_places_taken(story: Story) -> None:
    backup, host = Backup.of(story.nodes.host), story.nodes.host
    story.send()
    backup.put_back()
    story.send()
    assert is_stopped(host, ORIGIN_ID)
    assert stand(host, ORIGIN_ID).stopped_at is not None
    confirm(host)
    story.nodes.deliver()
    assert story.deliveries(host) == {"requested": "stored"}


def test_a_message_that_waited_in_the_backup_has_one_effect(story: Story) -> None:
    story.send(deliver=False)
    backup, host = Backup.of(story.nodes.host), story.nodes.host
    story.nodes.deliver()
    backup.put_back()
    reconcile.at_start(host, story.nodes.transport)
    assert is_stopped(host, ORIGIN_ID)
    confirm(host)
    story.nodes.deliver()
    assert story.deliveries(host) == {"requested": "stored"}
    _require_one_effect(story)


def test_what_the_peer_said_since_the_backup_comes_again(story: Story) -> None:
    story.send()
    backup, host = Backup.of(story.nodes.host), story.nodes.host
    story.accept()
    backup.put_back()
    story.later(days=1)
    story.nodes.deliver()
    assert [entry.step for entry in story.timeline(host)] == ["requested", "acknowledged", "accepted"]
    assert story.row(host).status == "accepted"


def test_both_nodes_are_restored_and_agree_in_the_end(story: Story) -> None:
    story.send()
    backups = [Backup.of(node) for node in story.nodes.both]
    story.accept()
    for backup in backups:
        backup.put_back()
    for node in story.nodes.both:
        reconcile.at_start(node, story.nodes.transport)
    story.later(days=1)
    story.accept()
    story.nodes.deliver()
    assert {story.row(node).status for node in story.nodes.both} == {"accepted"}


def test_a_second_restore_opens_a_third_epoch(story: Story) -> None:
    backup, host = Backup.of(story.nodes.host), story.nodes.host
    story.send()
    for epoch in (2, 3):
        backup.put_back()
        reconcile.at_start(host, story.nodes.transport)
        confirm(host)
        story.nodes.deliver()
        with story.nodes.origin.read() as work:
            assert streams.current_epoch(work.session, HOST_ID) == epoch


def test_a_claim_without_proof_stops_nobody(sent: Story) -> None:
    host = sent.nodes.host
    _heed(sent, high_water=1000)
    assert is_stopped(host, ORIGIN_ID)
    sent.nodes.deliver()
    assert not is_stopped(host, ORIGIN_ID)
    found = stand(host, ORIGIN_ID)
    assert (found.stopped_at, found.unproven_at) == (None, host.clock.now())
    _heed(sent, high_water=1000)
    assert not is_stopped(host, ORIGIN_ID)


def tasks(story: Story, role: Role) -> set[str]:
    with story.nodes.host.read(staff(role)) as work:
        return {one.task.what for one in task_list.mine(work, SOURCES)}


def test_people_are_told_what_to_do_until_they_have_done_it(story: Story) -> None:
    backup, host = Backup.of(story.nodes.host), story.nodes.host
    story.send()
    backup.put_back()
    reconcile.at_start(host, story.nodes.transport)
    assert {"confirm-epoch", "message-forgotten"} <= tasks(story, Role.ADMINISTRATOR)
    assert "message-forgotten" in tasks(story, Role.COUNSELLOR)
    confirm(host)
    assert "confirm-epoch" not in tasks(story, Role.ADMINISTRATOR)
    with host.write(staff(Role.ADMINISTRATOR)) as work:
        (found,) = streams.forgotten(work.session)
        epochs.note_forgotten(work, found.jti)
        with pytest.raises(NotFound):
            epochs.note_forgotten(work, story.thread)
    assert not tasks(story, Role.ADMINISTRATOR)


def test_only_an_administrator_confirms_and_says_why(story: Story) -> None:
    backup, host = Backup.of(story.nodes.host), story.nodes.host
    story.send()
    backup.put_back()
    reconcile.at_start(host, story.nodes.transport)
    with host.write(staff(Role.COUNSELLOR)) as work, pytest.raises(Forbidden):
        epochs.confirm(work, WHY)
    with host.write(staff(Role.ADMINISTRATOR)) as work, pytest.raises(BadInput):
        epochs.confirm(work, " ")
    confirm(host)
    with host.write(staff(Role.ADMINISTRATOR)) as work, pytest.raises(epochs.NothingStopped):
        epochs.confirm(work, WHY)


EPOCHS = {
    "the current one": (1, False, None),
    "an older one": (0, False, "epoch-unknown"),
    "the next one, without opening it": (2, False, "epoch-unknown"),
    "the next one, opened": (2, True, None),
    "one after the next, opened": (3, True, "epoch-unknown"),
}


@pytest.mark.parametrize(("epoch", "opening", "code"), EPOCHS.values(), ids=EPOCHS)
def test_a_receiver_takes_the_current_epoch_and_the_opening_of_the_next(
    sent: Story, epoch: int, code: str | None, *, opening: bool
) -> None:
    with sent.nodes.origin.read() as work:
        current = streams.current_epoch(work.session, HOST_ID)
        if code is None:
            epochs.require_current(current, epoch, opening=opening)
        else:
            with pytest.raises(epochs.EpochUnknown):
                epochs.require_current(current, epoch, opening=opening)


def _heed(story: Story, *, high_water: int) -> int:
    """Let the host read a summary that the origin signs, whatever the origin really has."""
    origin, host = story.nodes.origin.identity, story.nodes.host
    lie = Summary(iss=ORIGIN_ID, aud=HOST_ID, epoch=1, high_water=high_water, gaps=(), iat=host.clock.now())
    with host.write() as work:
        token = sign_summary(lie, origin.keys.signing)
        return reconcile.heed(host, work, ORIGIN_ID, token, peers.trust(work.session))


def _message(story: Story) -> OutboxRow:
    with story.nodes.host.read() as work:
        (row,) = work.session.scalars(select(OutboxRow).where(OutboxRow.step == "requested"))
        assert work.session.get_one(PeerRow, ORIGIN_ID).last_seq >= (row.seq or 0)
        return row


def _require_one_effect(story: Story) -> None:
    with story.nodes.origin.read() as work:
        assert len(work.session.scalars(select(ReferralRow)).all()) == 1
        assert len(work.session.scalars(select(StepRow).where(StepRow.step == "requested")).all()) == 1

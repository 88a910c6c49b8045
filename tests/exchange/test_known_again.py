"""What a node that was restored from a backup is given back: it is logged, it is shown, and its keys fit again."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from host_node import referrals as host_referrals
from relevo.delivery import epochs, keeping_up, publishing, reconcile
from relevo.delivery.evidence_book import export_relation
from relevo.delivery.node import Node
from relevo.delivery.sequencer import sequence
from relevo.delivery.standing import Standing, standings
from relevo.delivery.worker import UNSURE, Worker
from relevo.domain.access import Role
from relevo.protocol.evidence import Direction, EvidenceMessage
from relevo.protocol.evidence_book import read_book
from relevo.protocol.keyring import Role as KeyRole
from relevo.protocol.manifest import said_in
from relevo.protocol.verification import verify_evidence
from relevo.protocol.verification_book import verify_book
from relevo.protocol.verification_messages import FORGOTTEN
from relevo.storage import erasure, peers, streams
from relevo.storage.key_store import held
from relevo.storage.tables import OutboxRow
from support.backups import Backup
from support.nodes import HOST_ID, ORIGIN_ID, staff
from support.story import Story

ADMINISTRATOR = staff(Role.ADMINISTRATOR)
WHY = "the disk broke, the backup of this night was put back"


def confirm(node: Node) -> None:
    with node.write(ADMINISTRATOR) as work:
        epochs.confirm(work, WHY)


def put_back(story: Story, backup: Backup) -> None:
    """The host comes back from a backup, asks its peer, and an administrator lets it go on."""
    backup.put_back()
    reconcile.at_start(story.nodes.host, story.nodes.transport)
    confirm(story.nodes.host)
    story.nodes.deliver()


def later(story: Story) -> None:
    """Time passes, and both workers have turns enough to hear of each other's keys."""
    for _ in range(3):
        story.nodes.clock.move(timedelta(minutes=2))
        story.nodes.deliver()


def forgotten(node: Node) -> set[tuple[str, int]]:
    with node.read() as work:
        return {(row.kind, row.epoch) for row in streams.forgotten(work.session)}


def toward_origin(node: Node) -> Standing:
    with node.read(ADMINISTRATOR) as work:
        (found,) = (one for one in standings(work) if one.peer == ORIGIN_ID)
        return found


def statements(node: Node) -> list[str]:
    with node.read() as work:
        return peers.statements(work.session, HOST_ID)


def shown(story: Story) -> list[EvidenceMessage]:
    """What the host shows that it sent in the referral; its evidence must hold."""
    sequence(story.nodes.host)
    found = story.evidence(story.nodes.host)
    report = verify_evidence(found)
    assert report.ok, [str(line) for line in report.lines if not line.ok]
    return [one for one in found.messages if one.direction is Direction.SENT]


def problem(node: Node, step: str) -> tuple[str, str | None]:
    with node.read() as work:
        row = work.session.scalars(select(OutboxRow).where(OutboxRow.step == step)).one()
        return row.state, row.problem


def test_a_message_that_was_forgotten_is_in_the_evidence_with_its_receipt_and_without_words(sent: Story) -> None:
    backup = Backup.of(sent.nodes.host)
    sent.host(host_referrals.change_journey, {"flight": "IB0002"})
    put_back(sent, backup)
    first, second = shown(sent)
    assert (bool(first.content), bool(second.content)) == (True, False)
    assert second.receipt is not None
    said = said_in(second.manifest)
    assert (said.message.kind, said.attempt.epoch) == ("message", 1)
    assert any(FORGOTTEN in line.text for line in verify_evidence(sent.evidence(sent.nodes.host)).lines)


def test_a_message_that_waited_in_the_backup_is_in_the_evidence_as_it_first_arrived(story: Story) -> None:
    story.send(deliver=False)
    backup = Backup.of(story.nodes.host)
    story.nodes.deliver()
    put_back(story, backup)
    first, again = shown(story)
    assert [said_in(one.manifest).attempt.epoch for one in (first, again)] == [1, 2]
    assert first.content == again.content
    assert (first.receipt is None, again.receipt is None) == (False, True)


def test_the_places_of_a_restored_node_have_no_gap_in_the_evidence_of_the_relation(story: Story) -> None:
    story.send(deliver=False)
    backup, host = Backup.of(story.nodes.host), story.nodes.host
    story.nodes.deliver()
    put_back(story, backup)
    story.host(host_referrals.change_journey, {"flight": "IB0002"})
    sequence(host)
    with host.read(staff(Role.AUDITOR)) as work:
        examined = verify_book(read_book(export_relation(work, ORIGIN_ID)))
    assert [str(line) for one in examined for line in one.report.lines if not line.ok] == []


def test_a_message_that_was_tried_and_lost_its_place_is_still_in_the_evidence(sent: Story) -> None:
    host, origin = sent.nodes.host, sent.nodes.origin
    backup = Backup.of(host)
    sent.host(host_referrals.change_journey, {"flight": "IB0002"})
    backup.put_back()
    sent.host(host_referrals.change_journey, {"flight": "IB0003"})
    assert problem(host, "journey-changed") == ("queued", "seq-reused")
    sent.nodes.transport.disconnect(origin)
    confirm(host)
    assert [said_in(one.manifest).message.kind for one in shown(sent)].count("message") >= 1


def test_an_unknown_attempt_at_a_known_message_stops_the_node_until_it_is_known(story: Story) -> None:
    story.send(deliver=False)
    backup, host = Backup.of(story.nodes.host), story.nodes.host
    story.nodes.deliver()
    backup.put_back()
    story.nodes.deliver()
    assert problem(host, "requested") == ("queued", "receipt-mismatch")
    story.later(days=1)
    assert toward_origin(host).stopped
    confirm(host)
    story.nodes.deliver()
    assert problem(host, "requested") == ("stored", None)


def test_what_was_forgotten_in_every_epoch_comes_back(story: Story) -> None:
    backup, host = Backup.of(story.nodes.host), story.nodes.host
    story.send()
    put_back(story, backup)
    story.send()
    backup.put_back()
    reconcile.at_start(host, story.nodes.transport)
    assert forgotten(host) == {("requested", 1), ("node", 2), ("requested", 2)}
    confirm(host)
    assert toward_origin(host).epoch == 3


def test_what_was_forgotten_before_an_epoch_that_was_confirmed_blindly_stops_nobody_again(story: Story) -> None:
    backup, host = Backup.of(story.nodes.host), story.nodes.host
    story.send()
    backup.put_back()
    with host.write() as work:
        epochs.stop(work, ORIGIN_ID)
    confirm(host)
    reconcile.check(host, story.nodes.transport, ORIGIN_ID)
    assert forgotten(host) == {("requested", 1)}
    assert not toward_origin(host).stopped


def test_what_a_restored_peer_lacks_and_cannot_be_offered_again_is_counted(story: Story) -> None:
    backup = Backup.of(story.nodes.origin)
    story.send()
    story.withdraw()
    story.nodes.deliver()
    assert toward_origin(story.nodes.host).missing_there == 0
    backup.put_back()
    story.later(days=1)
    story.nodes.deliver()
    assert toward_origin(story.nodes.host).missing_there > 0


def test_what_follows_a_message_that_cannot_be_offered_again_passes(sent: Story) -> None:
    host, backup = sent.nodes.host, Backup.of(sent.nodes.origin)
    sent.host(host_referrals.change_journey, {"flight": "IB0002"})
    backup.put_back()
    with host.write() as work:
        lost = work.session.scalars(select(OutboxRow).where(OutboxRow.step == "journey-changed")).one()
        erasure.forget(lost)
    sent.host(host_referrals.depart, sent.nodes.clock.now())
    assert problem(host, "departed") == ("queued", "predecessor-missing")
    sent.later(days=1)
    sent.nodes.deliver()
    assert problem(host, "departed") == ("stored", None)
    assert toward_origin(host).missing_there == 1


def test_a_restored_node_knows_again_what_it_stated_and_its_next_key_is_taken(sent: Story) -> None:
    host, origin = sent.nodes.host, sent.nodes.origin
    backup = Backup.of(host)
    publishing.rotate(host, ADMINISTRATOR, KeyRole.SIGNING)
    sent.later(days=2)
    sent.nodes.deliver()
    stated = statements(origin)
    assert len(stated) == 2
    backup.put_back()
    reconcile.at_start(host, sent.nodes.transport)
    assert statements(host) == stated
    publishing.rotate(host, ADMINISTRATOR, KeyRole.SIGNING)
    sent.later(days=2)
    sent.host(host_referrals.change_journey, {"flight": "IB0002"})
    later(sent)
    assert statements(origin) == statements(host)
    assert problem(host, "journey-changed") == ("stored", None)
    shown(sent)


def test_a_node_that_has_begun_states_nothing_new_before_its_peers_have_answered_or_a_day_is_over(sent: Story) -> None:
    host, origin, clock = sent.nodes.host, sent.nodes.origin, sent.nodes.clock
    held(host.identity.keys).change(lambda ring: ring.rotated(KeyRole.SIGNING, at=clock.now()))
    sent.nodes.transport.disconnect(origin)
    worker = Worker(host, sent.nodes.transport, interval=1)
    worker.begin()
    worker.turn()
    assert len(statements(host)) == 1
    sent.nodes.transport.connect(origin)
    clock.move(timedelta(minutes=1))
    worker.turn()
    assert len(statements(host)) == 2
    held(host.identity.keys).change(lambda ring: ring.rotated(KeyRole.SIGNING, at=clock.now()))
    sent.nodes.transport.disconnect(origin)
    worker.begin()
    clock.move(UNSURE)
    worker.turn()
    assert len(statements(host)) == 3


def test_what_a_new_key_signed_while_its_statement_was_late_is_taken(story: Story) -> None:
    host, clock = story.nodes.host, story.nodes.clock
    held(host.identity.keys).change(lambda ring: ring.rotated(KeyRole.SIGNING, at=clock.now()))
    story.send(deliver=False)
    story.nodes.clock.move(timedelta(hours=1))
    assert publishing.renew(host)
    later(story)
    assert problem(host, "requested") == ("stored", None)


def test_a_peer_that_states_something_beside_what_is_known_is_told_of(sent: Story) -> None:
    host, origin = sent.nodes.host, sent.nodes.origin
    backup = Backup.of(host)
    publishing.rotate(host, ADMINISTRATOR, KeyRole.WITNESS)
    sent.later(days=2)
    sent.nodes.deliver()
    backup.put_back()
    publishing.rotate(host, ADMINISTRATOR, KeyRole.WITNESS)
    with origin.write(ADMINISTRATOR) as work:
        keeping_up.refresh(work, HOST_ID)
    keeping_up.poll(origin, sent.nodes.transport)
    with origin.read() as work:
        assert peers.find(work.session, HOST_ID).last_problem == "statement-chain-broken"
    assert statements(origin) != statements(host)

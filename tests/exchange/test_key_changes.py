"""Keys change while messages wait, arrive and are doubted; no referral is lost, and no thief is believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from origin_node import assignments, own_part
from origin_node import referrals as origin_referrals
from relevo.delivery import (
    federation,
    keeping_up,
    key_tasks,
    publishing,
    quarantine,
    registration,
    sop_exchange,
)
from relevo.delivery.courier import Courier
from relevo.delivery.node import Node
from relevo.delivery.transport import Answer, PeerUnreachable
from relevo.domain.access import Role as Office
from relevo.errors import BadInput, Conflict
from relevo.protocol import base64url, jws, strict_json
from relevo.protocol.envelope import Envelope
from relevo.protocol.fingerprint import FingerprintDiffers, fingerprint_of
from relevo.protocol.hop import HopRequest, sign_answer, sign_request
from relevo.protocol.keyring import KEPT, KeyRing, Role
from relevo.protocol.keys import KeyOffline, OfflineKey, SigningKey
from relevo.protocol.manifest import said_in
from relevo.protocol.part import read_part, verify_part
from relevo.protocol.receipt import Disposition, Receipt, sign_receipt
from relevo.protocol.record import read_record
from relevo.protocol.sop_signature import sign_sop
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.protocol.trust import KeyCompromised, KeyOutOfPeriod
from relevo.protocol.verification import verify_evidence
from relevo.storage import peers, sops
from relevo.storage.key_store import held
from relevo.storage.peers import PeerRevoked, PeerSuspended
from relevo.storage.tables import LogEntryRow, OutboxRow
from support.hand_made import Hand, asking, without_basis
from support.nodes import HOST_ID, ORIGIN_ADDRESS, ORIGIN_ID, MemoryTransport, staff
from support.pairs import sop_text
from support.partners import register, worker
from support.story import Story

ADMINISTRATOR = staff(Office.ADMINISTRATOR)
MINUTES = timedelta(minutes=2)


def rotate(node: Node, role: Role) -> None:
    """An administrator of a node replaces a key."""
    publishing.rotate(node, ADMINISTRATOR, role)


def later(story: Story, by: timedelta = MINUTES) -> None:
    """Time passes, and both workers have turns enough to hear of each other's keys."""
    for _ in range(3):
        story.nodes.clock.move_to(story.nodes.clock.now() + by)
        story.nodes.deliver()


def ring_of(node: Node) -> KeyRing:
    """The keys of a node."""
    return held(node.identity.keys).ring


def spoken(node: Node) -> str:
    """The fingerprint that the administrator of a node reads aloud."""
    with node.read() as work:
        return " ".join(fingerprint_of(peers.latest(work.session, node.identity.node_id)).words)


@pytest.mark.parametrize("role", [Role.SIGNING, Role.ENCRYPTION, Role.PRESENTATION, Role.LOG, Role.WITNESS])
def test_a_key_is_replaced_during_an_outage_and_what_waited_arrives_once(story: Story, role: Role) -> None:
    story.nodes.transport.disconnect(story.nodes.origin)
    story.send()
    jti = requested(story.nodes.host)
    rotate(story.nodes.host, role)
    rotate(story.nodes.origin, role)
    story.nodes.transport.connect(story.nodes.origin)
    later(story)
    assert story.deliveries(story.nodes.host) == {"requested": "stored"}
    assert requested(story.nodes.host) == jti
    story.accept()
    later(story)
    assert story.deliveries(story.nodes.origin) == dict.fromkeys(story.deliveries(story.nodes.origin), "stored")
    assert verify_evidence(story.evidence(story.nodes.origin)).ok


def test_what_was_stated_before_is_still_shown_to_an_organisation_under_the_key_of_then(sent: Story) -> None:
    nodes, theirs = sent.nodes, "ci:accueil/enterprise-fund"
    register(nodes.origin)
    sent.accept()
    sent.origin(assignments.assign, "business-start", theirs)
    bound = ring_of(nodes.origin).presentation
    rotate(nodes.origin, Role.PRESENTATION)
    later(sent)
    with nodes.origin.write(worker(theirs)) as work:
        assignments.answer(work, sent.thread, "business-start", accept=True)
        text = own_part.export(work, sent.thread, "business-start")
    with nodes.origin.read() as work:
        trust = peers.trust(work.session)
    (shown, *_) = read_part(text).presentations
    assert jws.key_id(shown.rpartition("~")[2], "kb+jwt") == bound.kid
    assert verify_part(read_part(text), trust=trust, at=nodes.clock.now()).signed_by == HOST_ID
    assert ring_of(nodes.origin).presentation.kid != bound.kid
    assert KeyRing.from_object(ring_of(nodes.origin).to_object()) == ring_of(nodes.origin)


def test_a_message_sealed_to_a_key_that_was_replaced_since_still_opens(hand: Hand) -> None:
    envelope = hand.seal(hand.write(asking()))
    publishing.rotate(hand.receiver, ADMINISTRATOR, Role.ENCRYPTION)
    (answered,) = hand.bring(envelope)
    assert answered.told == ("stored", None)


def test_a_decryption_key_is_destroyed_180_days_after_its_last_use_and_the_log_says_so(sent: Story) -> None:
    origin = sent.nodes.origin
    old = ring_of(origin).encryption.kid
    rotate(origin, Role.ENCRYPTION)
    sent.nodes.clock.move_to(sent.nodes.clock.now() + KEPT - timedelta(seconds=1))
    publishing.tidy(origin)
    assert old in origin.identity.keys.decryption
    sent.nodes.clock.move_to(sent.nodes.clock.now() + timedelta(seconds=1))
    publishing.tidy(origin)
    assert old not in origin.identity.keys.decryption
    assert ("destroyed", old) in changes(origin)


def test_evidence_holds_between_a_new_log_key_and_the_next_checkpoint(sent: Story) -> None:
    rotate(sent.nodes.host, Role.LOG)
    assert verify_evidence(sent.evidence(sent.nodes.host)).ok
    sent.nodes.deliver()
    assert verify_evidence(sent.evidence(sent.nodes.host)).ok


def test_a_signing_seed_is_gone_as_soon_as_it_is_replaced(sent: Story) -> None:
    host = sent.nodes.host
    old = ring_of(host).signing
    rotate(host, Role.SIGNING)
    assert old.seed.hex() not in str(ring_of(host).to_object())
    assert {("created", ring_of(host).signing.kid), ("replaced", old.kid)} <= changes(host)


def test_a_ring_that_changed_without_a_statement_is_published_in_the_next_turn(sent: Story) -> None:
    host = sent.nodes.host
    held(host.identity.keys).change(lambda ring: ring.rotated(Role.SIGNING, at=sent.nodes.clock.now()))
    assert publishing.renew(host)
    with host.read() as work:
        assert peers.latest(work.session, HOST_ID).signing[0].key == ring_of(host).signing.public
    assert not publishing.renew(host)


@pytest.fixture
def stolen(sent: Story) -> tuple[Story, SigningKey, Node]:
    """A thief has the host's signing key, and wrote to the origin before anybody noticed."""
    host, thief = sent.nodes.host, ring_of(sent.nodes.host).signing
    since = sent.nodes.clock.now() + timedelta(hours=1)
    sent.later(hours=2)
    assert Hand(sender=host, receiver=sent.nodes.origin).say(asking()).told == ("stored", None)
    sent.later(hours=2)
    publishing.rotate(host, ADMINISTRATOR, Role.SIGNING, compromised_since=since)
    with sent.nodes.origin.write(ADMINISTRATOR) as work:
        keeping_up.refresh(work, HOST_ID)
    later(sent)
    own = replace(ring_of(host), signing=thief)
    with_thief = replace(host, identity=replace(host.identity, keys=own))
    return sent, thief, with_thief


def test_what_came_under_a_stolen_key_is_shown_and_stays_and_what_came_before_is_not_doubted(
    stolen: tuple[Story, SigningKey, Node],
) -> None:
    story, thief, _ = stolen
    with story.nodes.origin.read(ADMINISTRATOR) as work:
        (found,) = quarantine.doubtful(work)
        assert (found.peer, found.kid, found.kind) == (HOST_ID, thief.kid, "requested")
        assert found.thread != story.thread
        assert "examine-quarantine" in {task.what for task in key_tasks.tasks(work)}
    assert ("compromised", thief.kid) in changes(story.nodes.origin)
    story.accept()
    assert verify_evidence(story.evidence(story.nodes.origin)).ok


@pytest.mark.parametrize("accepted", [False, True], ids=["offered", "agreed"])
def test_a_procedure_that_a_thief_signed_is_shown_with_what_to_do_and_is_not_accepted(
    sent: Story, *, accepted: bool
) -> None:
    host, origin = sent.nodes.both
    sent.later(hours=1)
    thief, since = ring_of(host).signing, sent.nodes.clock.now()
    text = sop_text("es-ci").replace("version = 1", "version = 2").replace("2026-11-01T00", "2026-12-20T00")
    hand = Hand(sender=host, receiver=origin)
    assert propose(hand, text, thief) == ("stored", None)
    if accepted:
        with origin.write(ADMINISTRATOR) as work:
            sop_exchange.accept(work, sops.find(work.session, "es-ci-return@2"))
    publishing.rotate(host, ADMINISTRATOR, Role.SIGNING, compromised_since=since)
    with origin.write(ADMINISTRATOR) as work:
        keeping_up.refresh(work, HOST_ID)
    later(sent)
    with origin.read(ADMINISTRATOR) as work:
        (found,) = quarantine.doubtful_procedures(work)
        assert (found.name, found.version, found.kid) == ("es-ci-return", 2, thief.kid)
        assert "examine-signatures" in {task.what for task in key_tasks.tasks(work)}
    if not accepted:
        with origin.write(ADMINISTRATOR) as work, pytest.raises(KeyCompromised):
            sop_exchange.accept(work, sops.find(work.session, "es-ci-return@2"))
    other = text.replace("version = 2", "version = 3")
    assert propose(hand, other, thief) == ("problem", "key-compromised")


def propose(hand: Hand, text: str, key: SigningKey) -> tuple[str, str | None]:
    """A procedure proposed by hand, signed with `key`; what is told."""
    signature = sign_sop(text.encode(), key, iss=HOST_ID, aud=ORIGIN_ID, at=hand.now)
    said: JsonObject = {"name": "sop-proposed", "by": "administrator", "sop": text, "signature": signature}
    written = hand.write({"step": said}, "node", sop="none")
    return hand.bring(hand.seal(without_basis(written)))[0].told


class Impostor(MemoryTransport):
    """Answers in the place of the origin with its stolen signing key: every message is receipted, and lost."""

    key: SigningKey
    disposition: Disposition

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """See `Transport`."""
        if not url.endswith(federation.ENVELOPES):
            raise PeerUnreachable
        asked = HopRequest(method=method, target_uri=url, headers=headers, body=body)
        envelopes = strict_json.load(body, limit=len(body))["envelopes"]
        assert isinstance(envelopes, list)
        results: list[JsonValue] = [self._result(Envelope.from_object(one).manifest) for one in envelopes]
        told = strict_json.dump({"results": results})
        signed = sign_answer(200, "application/json", told, request=asked, key=self.key, at=self._now)
        return Answer(status=200, headers={name.lower(): value for name, value in signed.items()}, body=told)

    @property
    def _now(self) -> datetime:
        return next(iter(self.nodes.values())).clock.now()

    def _result(self, manifest: str) -> JsonObject:
        message = said_in(manifest).message
        code = "excess-data" if self.disposition == "refused" else None
        receipt = Receipt(
            iss=message.aud,
            aud=message.iss,
            of=base64url.digest(manifest.encode()),
            jti=message.jti,
            disposition=self.disposition,
            code=code,
            received_at=self._now,
        )
        return {"jti": message.jti, "receipt": sign_receipt(receipt, self.key)}


@pytest.mark.parametrize("disposition", ["stored", "refused"])
def test_a_thief_who_answers_in_a_peers_name_cannot_make_a_message_disappear(
    story: Story, disposition: Disposition
) -> None:
    host, origin = story.nodes.both
    network = Impostor(nodes=story.nodes.transport.nodes)
    network.key, network.disposition = ring_of(origin).signing, disposition
    story.send(deliver=False)
    Courier(host, network).run_once()
    jti = requested(host)
    assert story.deliveries(host) == {"requested": disposition}
    publishing.rotate(origin, ADMINISTRATOR, Role.SIGNING, compromised_since=story.nodes.clock.now())
    story.later(days=1)
    story.nodes.deliver()
    later(story)
    assert story.row(origin).status == "requested"
    assert (requested(host), story.deliveries(host)) == (jti, {"requested": "stored"})


def test_a_stolen_key_is_refused_at_the_door_and_in_a_manifest(stolen: tuple[Story, SigningKey, Node]) -> None:
    story, thief, with_thief = stolen
    hand = Hand(sender=with_thief, receiver=story.nodes.origin)
    with pytest.raises(KeyCompromised):
        hand.say(asking())
    envelope = hand.seal(hand.write(asking()))
    honest = Hand(sender=story.nodes.host, receiver=story.nodes.origin)
    (answered,) = honest.bring(envelope)
    assert answered.told == ("problem", "key-compromised")
    assert thief.kid != ring_of(story.nodes.host).signing.kid


def test_a_message_that_waited_while_its_key_was_stolen_is_said_again_under_the_new_one(story: Story) -> None:
    story.later(hours=1)
    story.nodes.transport.disconnect(story.nodes.origin)
    story.send()
    publishing.rotate(story.nodes.host, ADMINISTRATOR, Role.SIGNING, compromised_since=story.nodes.clock.now())
    story.nodes.transport.connect(story.nodes.origin)
    later(story)
    later(story)
    assert story.deliveries(story.nodes.host) == {"requested": "stored"}
    with story.nodes.origin.read(ADMINISTRATOR) as work:
        assert quarantine.doubtful(work) == []


def test_a_new_root_needs_a_person_who_compared_its_fingerprint(sent: Story) -> None:
    host, origin = sent.nodes.both
    before = ring_of(host).root
    rotate(host, Role.ROOT)
    publishing.tidy(host)
    assert ring_of(host).former_root is None
    sent.nodes.clock.move_to(sent.nodes.clock.now() + timedelta(days=1))
    sent.nodes.deliver()
    with origin.read(ADMINISTRATOR) as work:
        assert peers.latest(work.session, HOST_ID).root == before.public
        (change,) = keeping_up.pending(work)
        assert (change.node_id, change.what) == (HOST_ID, "root")
        assert peers.find(work.session, HOST_ID).last_problem == "root-changed"
        assert "confirm-root" in {task.what for task in key_tasks.tasks(work)}
    with pytest.raises(FingerprintDiffers), origin.write(ADMINISTRATOR) as work:
        keeping_up.confirm_root(work, HOST_ID, "abandon " * 12)
    with origin.write(ADMINISTRATOR) as work:
        keeping_up.confirm_root(work, HOST_ID, spoken(host))
        assert keeping_up.pending(work) == []
    sent.accept()
    assert verify_evidence(sent.evidence(origin)).ok


def test_a_new_address_is_used_only_after_a_person_confirmed_it_and_the_rest_applies(sent: Story) -> None:
    host, origin = sent.nodes.both
    moved = replace(origin, identity=replace(origin.identity, endpoint="https://moved.example"))
    rotate(moved, Role.SIGNING)
    sent.nodes.clock.move_to(sent.nodes.clock.now() + timedelta(days=1))
    keeping_up.poll(host, sent.nodes.transport)
    with host.write(ADMINISTRATOR) as work:
        assert peers.find(work.session, ORIGIN_ID).endpoint == ORIGIN_ADDRESS
        assert peers.latest(work.session, ORIGIN_ID).signing[0].key == ring_of(origin).signing.public
        assert [one.address for one in keeping_up.pending(work)] == ["https://moved.example"]
        keeping_up.confirm_address(work, ORIGIN_ID)
        assert peers.find(work.session, ORIGIN_ID).endpoint == "https://moved.example"


def test_a_node_without_its_root_works_says_when_it_is_needed_and_renews_with_it(sent: Story) -> None:
    host = sent.nodes.host
    root = ring_of(host).root
    assert isinstance(root, SigningKey)
    held(host.identity.keys).change(lambda ring: replace(ring, root=OfflineKey(root.public)))
    with pytest.raises(KeyOffline):
        rotate(host, Role.SIGNING)
    sent.nodes.clock.move_to(sent.nodes.clock.now() + timedelta(days=61))
    assert not publishing.renew(host)
    with host.read() as work:
        assert [task.what for task in key_tasks.tasks(work) if task.since <= work.at] == ["extend-statement"]
    assert publishing.extend(host, ADMINISTRATOR, root=root).version == 2
    with pytest.raises(BadInput, match="another node"):
        publishing.extend(host, ADMINISTRATOR, root=SigningKey.generate())


def test_a_suspended_peer_brings_nothing_gets_nothing_and_goes_on_where_it_stood(sent: Story) -> None:
    host, origin = sent.nodes.both
    with origin.write(ADMINISTRATOR) as work:
        registration.suspend(work, HOST_ID)
    with pytest.raises(PeerSuspended):
        ask(host, origin)
    with origin.write(staff(Office.INTAKE)) as work:
        origin_referrals.acknowledge(work, sent.thread)
    sent.nodes.deliver()
    assert sent.deliveries(origin)["acknowledged"] == "queued"
    with origin.write(ADMINISTRATOR) as work:
        registration.resume(work, HOST_ID)
    sent.nodes.deliver()
    assert sent.deliveries(origin)["acknowledged"] == "stored"


def test_a_revoked_peer_stays_revoked(sent: Story) -> None:
    host, origin = sent.nodes.both
    with origin.write(ADMINISTRATOR) as work:
        registration.revoke(work, HOST_ID)
    with pytest.raises(PeerRevoked):
        ask(host, origin)
    for verb in (registration.suspend, registration.resume, registration.revoke):
        with pytest.raises(Conflict), origin.write(ADMINISTRATOR) as work:
            verb(work, HOST_ID)


def test_a_request_signed_with_a_key_that_is_out_of_use_is_refused(sent: Story) -> None:
    host, origin = sent.nodes.both
    old = ring_of(host)
    rotate(host, Role.SIGNING)
    later(sent, timedelta(days=1))
    with pytest.raises(KeyOutOfPeriod):
        ask(replace(host, identity=replace(host.identity, keys=old)), origin)


def ask(sender: Node, receiver: Node) -> None:
    """Bring an empty batch, signed with the sender's key."""
    url, body = receiver.identity.endpoint + federation.ENVELOPES, strict_json.dump({"envelopes": [{}]})
    headers = sign_request(
        "POST", url, "application/json", body, key=sender.identity.keys.signing, at=sender.clock.now()
    )
    federation.take_envelopes(receiver, HopRequest(method="POST", target_uri=url, headers=headers, body=body))


def requested(node: Node) -> str:
    """The identifier of the message that asks for the referral."""
    with node.read() as work:
        return work.session.scalars(select(OutboxRow.jti).where(OutboxRow.step == "requested")).one()


def changes(node: Node) -> set[tuple[str, str]]:
    """What the log of a node says of keys."""
    with node.read() as work:
        records = [read_record(row.record) for row in work.session.scalars(select(LogEntryRow))]
    return {(str(one.fields["change"]), str(one.fields["kid"])) for one in records if one.type == "key"}

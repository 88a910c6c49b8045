"""Floods, threads of others and keys that were stolen, over real HTTP: a good peer is served all the same."""

from __future__ import annotations

import gc
import os
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from relevo.delivery import federation, inbox, keeping_up, publishing, quarantine, registration
from relevo.delivery.admission import Busy, Limits
from relevo.delivery.node import Node
from relevo.domain.access import Role as Who
from relevo.protocol.basis import Basis
from relevo.protocol.hop import VerifiedHop
from relevo.protocol.keyring import KeyRing, Role
from relevo.protocol.strict_json import JsonObject
from relevo.runtime import Service
from relevo.storage import callers
from relevo.storage.peers import PeerSuspended
from support.databases import SqliteDatabases
from support.enemy import NEEDLE, Enemy, forged
from support.front_door import request, served, speak
from support.hand_made import Hand, asking, step
from support.nodes import JoinedNodes, join, make_node, publish, staff
from support.pairs import agree, agreed_before, befriend, sop_text
from support.story import Story, changed, sample
from support.traces import rows_of, traces

OTHER = "de:rueckkehr"
SIDES, FLOOD = 4, 50
MOST_GROWTH = 32 << 20
"""Bytes that a flood may leave behind in pools and caches; its requests together are a hundred mebibytes."""
LIMITS = Limits(per_minute_of_a_peer=60_000, per_minute_of_an_address=60_000, at_once=6)


@pytest.fixture
def nodes(sqlite_databases: SqliteDatabases, services: tuple[Service, Service]) -> Iterator[JoinedNodes]:
    """A host and an origin."""
    host, origin = services
    joined = join(services, (sqlite_databases.fresh(host), sqlite_databases.fresh(origin)))
    yield joined
    joined.close()


@pytest.fixture
def other(nodes: JoinedNodes, sqlite_databases: SqliteDatabases, services: tuple[Service, Service]) -> Iterator[Node]:
    """Another host that the same origin knows and has a SOP with."""
    host = make_node(
        services[0],
        node_id=OTHER,
        endpoint="https://de-rueckkehr.example",
        address=sqlite_databases.fresh(services[0]),
        clock=nodes.clock,
    )
    publish((host,), nodes.transport)
    pair = replace(nodes, host=host)
    befriend(pair)
    agree(pair, sop_text("es-ci", host=OTHER))
    yield host
    host.database.close()


@pytest.fixture
def enemy(nodes: JoinedNodes, services: tuple[Service, Service]) -> Iterator[Enemy]:
    """Speaks to the origin's real server as the host."""
    with served(services[1], nodes.origin, LIMITS) as port:
        yield Enemy(port=port, hand=Hand(sender=nodes.host, receiver=nodes.origin), stranger=KeyRing.generate())


def test_the_thread_of_another_peer_is_not_there(nodes: JoinedNodes, other: Node, enemy: Enemy) -> None:
    assert enemy.bring(enemy.hand.seal(enemy.hand.write(asking()))) == "stored"
    thief = replace(enemy, hand=Hand(sender=other, receiver=nodes.origin, thread=enemy.hand.thread))
    hidden = {"step": step("corrected", classes=["needs"], reason=NEEDLE), "needs": {"intentions": NEEDLE}}
    assert thief.bring(enemy.hand.seal(enemy.hand.write(hidden, "message"))) == "wrong-issuer"
    taken = forged(thief.envelope(), enemy.key, {"kid": enemy.key.kid})
    assert thief.bring(taken) == "wrong-issuer"
    assert thief.bring(thief.hand.seal(thief.hand.write(asking()))) == "thread-taken"
    assert thief.bring(thief.hand.seal(thief.hand.write(hidden, "message"))) == "thread-unknown"
    assert traces(rows_of(nodes.origin), [NEEDLE]) == []


def test_a_key_that_was_stolen_is_of_no_use_after_its_node_said_so(nodes: JoinedNodes, enemy: Enemy) -> None:
    thief = enemy.key
    assert enemy.bring(enemy.hand.seal(enemy.hand.write(asking()))) == "stored"
    stolen_since = nodes.clock.now() - timedelta(hours=1)
    publishing.rotate(nodes.host, staff(Who.ADMINISTRATOR), Role.SIGNING, compromised_since=stolen_since)
    nodes.deliver()
    with nodes.origin.write(staff(Who.ADMINISTRATOR)) as work:
        keeping_up.refresh(work, nodes.host.identity.node_id)
    nodes.deliver()
    late = enemy.fresh()
    assert enemy.send(enemy.signed(b"{}", key=thief)) == "400 key-compromised"
    under_old = forged(late.seal(late.write(asking())), thief, {"kid": thief.kid})
    assert enemy.bring(under_old) == "key-compromised"
    backdated = int((nodes.clock.now() - timedelta(days=2)).timestamp())
    assert enemy.bring(forged(under_old, thief, {"kid": thief.kid}, iat=backdated)) == "key-compromised"
    assert enemy.bring(late.seal(late.write(asking()))) == "stored"
    with nodes.origin.read(staff(Who.ADMINISTRATOR)) as work:
        assert enemy.hand.thread in {one.thread for one in quarantine.doubtful(work)}


def test_a_new_referral_needs_the_version_that_is_in_force(nodes: JoinedNodes, enemy: Enemy) -> None:
    text = sop_text("es-ci")
    later = text.replace("version = 1", "version = 2").replace("2026-11-01T00", "2026-11-30T00")
    first, second = enemy.hand.write(asking()), agreed_before(nodes, later)
    late = enemy.fresh().write(asking(), sop=second)
    assert enemy.bring(enemy.hand.seal(late)) == "sop-not-in-force"
    nodes.clock.move(timedelta(days=9))
    assert enemy.bring(enemy.hand.seal(first)) == "stored"
    assert enemy.bring(enemy.hand.seal(enemy.fresh().write(asking(), sop=first.message.sop))) == "sop-superseded"


def test_a_node_whose_clock_was_put_back_behind_its_key_takes_nothing(nodes: JoinedNodes, enemy: Enemy) -> None:
    nodes.clock.move(timedelta(days=1))
    for role in (Role.ENCRYPTION, Role.SIGNING):
        publishing.rotate(nodes.origin, staff(Who.ADMINISTRATOR), role)
    nodes.clock.move(-timedelta(days=1))
    message = enemy.hand.write(asking())
    assert enemy.bring(enemy.hand.seal(message)) == "503 clock-behind"
    nodes.clock.move(timedelta(days=1))
    assert enemy.bring(enemy.hand.seal(message)) == "stored"


def test_what_the_person_does_not_let_return_is_not_taken(
    nodes: JoinedNodes, services: tuple[Service, Service]
) -> None:
    story, document = Story(nodes=nodes), sample("01")
    story.take_in(changed(document, "consent", outcomes_may_return=False))
    story.send()
    story.accept()
    row = story.row(nodes.origin)
    assert row.basis_record
    assert row.basis_salt
    basis = Basis(kind="consent", record=row.basis_record, salt=row.basis_salt)
    hand = Hand(sender=nodes.origin, receiver=nodes.host, basis=basis, thread=story.thread)
    with served(services[0], nodes.host, LIMITS) as port:
        origin = Enemy(port=port, hand=hand, stranger=KeyRing.generate())
        hidden = {"step": step("held", reason=NEEDLE)}
        assert origin.bring(hand.seal(hand.write(hidden, "reported"))) == "no-return"
    assert traces(rows_of(nodes.host), [NEEDLE]) == []


def test_a_flood_from_many_sides_does_not_keep_a_good_peer_out(enemy: Enemy) -> None:
    handles, resident = _handles(), _resident_bytes()
    told: Counter[str] = Counter()
    flooding = [threading.Thread(target=_flood, args=(enemy, told)) for _ in range(SIDES)]
    for thread in flooding:
        thread.start()
    stored = _stored_at_last(enemy)
    for thread in flooding:
        thread.join()
    assert stored
    assert set(told) <= {"400 unreadable", "400 hop-unsigned", "503 busy"}
    assert sum(told.values()) == SIDES * FLOOD
    assert enemy.bring(enemy.hand.seal(enemy.hand.write(asking()))) == "stored"
    assert _handles() <= handles + 8
    assert _resident_bytes() - resident < MOST_GROWTH


def test_too_many_at_once_are_told_to_wait_a_moment(
    nodes: JoinedNodes, enemy: Enemy, services: tuple[Service, Service]
) -> None:
    with served(services[1], nodes.origin, replace(LIMITS, at_once=0)) as port:
        told = speak(port, request("POST", federation.ENVELOPES, {}))
    assert told
    assert (told.code, told.headers["retry-after"]) == ("503 busy", "1")
    assert enemy.bring(enemy.hand.seal(enemy.hand.write(asking()))) == "stored"


def test_a_suspension_holds_for_what_is_being_read_already(nodes: JoinedNodes) -> None:
    """A batch may take a second to open; who suspends the peer meanwhile must not be told of a message afterwards."""
    hand, now = Hand(sender=nodes.host, receiver=nodes.origin), nodes.clock.now()
    envelope: JsonObject = dict(hand.seal(hand.write(asking())).to_object())
    hop = VerifiedHop(kid="A" * 43, nonce="A" * 22, created=now, expires=now)
    with nodes.origin.look() as seen:
        trust, known = callers.everybody(seen.session)
    with nodes.origin.write(staff(Who.ADMINISTRATOR)) as work:
        registration.suspend(work, nodes.host.identity.node_id)
    before = rows_of(nodes.origin)
    with pytest.raises(PeerSuspended):
        inbox.receive(nodes.origin, [envelope], caller=known[nodes.host.identity.node_id], trust=trust, hop=hop)
    assert rows_of(nodes.origin) == before


def test_a_statement_that_comes_while_a_batch_is_read_lets_it_be_read_anew(nodes: JoinedNodes) -> None:
    """What was verified by the statement before may be signed with a key that the newest one calls stolen."""
    hand, now, host_id = Hand(sender=nodes.host, receiver=nodes.origin), nodes.clock.now(), nodes.host.identity.node_id
    envelope: JsonObject = dict(hand.seal(hand.write(asking())).to_object())
    hop = VerifiedHop(kid="A" * 43, nonce="A" * 22, created=now, expires=now)
    with nodes.origin.look() as seen:
        trust, known = callers.everybody(seen.session)
    publishing.rotate(nodes.host, staff(Who.ADMINISTRATOR), Role.SIGNING, compromised_since=now - timedelta(hours=1))
    with nodes.origin.write() as work:
        keeping_up.refresh(work, host_id)
    keeping_up.poll(nodes.origin, nodes.transport)
    before = rows_of(nodes.origin)
    with pytest.raises(Busy):
        inbox.receive(nodes.origin, [envelope], caller=known[host_id], trust=trust, hop=hop)
    assert rows_of(nodes.origin) == before
    with nodes.origin.look() as seen:
        trust, known = callers.everybody(seen.session)
    (told,) = inbox.receive(nodes.origin, [envelope], caller=known[host_id], trust=trust, hop=hop).results
    assert told["problem"] == {"code": "key-compromised"}


def _flood(enemy: Enemy, told: Counter[str]) -> None:
    asked = enemy.signed(b"{}", key=enemy.stranger.signing)
    named = asked.headers["Signature-Input"].replace(enemy.stranger.signing.kid, enemy.key.kid)
    in_its_name = replace(asked, headers={**asked.headers, "Signature-Input": named})
    unsigned = request("POST", federation.ENVELOPES, {}, bytes(1 << 20))
    for number in range(FLOOD):
        told[enemy.send(in_its_name) if number % 2 else enemy.raw(unsigned)] += 1


def _stored_at_last(enemy: Enemy) -> bool:
    """Whether a good message is taken while the flood lasts, in as many tries as a courier makes at once."""
    hand = enemy.fresh()
    written = hand.write(asking())
    return any(enemy.bring(hand.seal(written)) == "stored" for _ in range(50))


def _resident_bytes() -> int:
    """The memory of this process that is in use."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _handles() -> int:
    """Open files and connections of this process, in which the server runs too."""
    return len(list(Path("/proc/self/fd").iterdir()))

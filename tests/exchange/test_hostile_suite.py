"""A hostile peer and a stranger over real HTTP: each attack gets its code; afterwards the node works and holds nothing.

Every attack is made once on one node that its real server serves; the tests then look at what was told, and at what is
left.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass, field, replace
from io import StringIO

import pytest

from relevo.delivery import evidence, refusals
from relevo.delivery.admission import Limits
from relevo.delivery.node import Node
from relevo.delivery.sequencer import sequence
from relevo.domain.access import Role
from relevo.protocol import merkle
from relevo.protocol.checkpoint import Checkpoint, log_origin, read_checkpoint
from relevo.protocol.evidence import read_evidence
from relevo.protocol.keyring import KeyRing
from relevo.protocol.verification import verify_evidence
from relevo.runtime import Service, prepare_logging
from relevo.storage import log, peers
from relevo.storage.peers import PeerState
from support.attacks_hop import HOP
from support.attacks_http import HTTP
from support.attacks_messages import MESSAGES
from support.databases import SqliteDatabases
from support.enemy import NEEDLE, Enemy
from support.front_door import request, served, speak
from support.hand_made import Hand, asking
from support.nodes import JoinedNodes, join, staff
from support.traces import rows_of, settled_file_of, traces

ATTACKS = {**HTTP, **HOP, **MESSAGES}
LIMITS = Limits(body_bytes=1 << 20, body_seconds=0.5, per_minute_of_a_peer=60_000, per_minute_of_an_address=60_000)


@dataclass
class Aftermath:
    """What was told about each attack, and the node that it was made on, still served."""

    nodes: JoinedNodes
    enemy: Enemy
    before: Checkpoint
    told: dict[str, str] = field(default_factory=dict)
    logged: str = ""


@pytest.fixture(scope="module")
def aftermath(sqlite_databases: SqliteDatabases, services: tuple[Service, Service]) -> Iterator[Aftermath]:
    """Everything was tried once; what the node logged is kept."""
    host, origin = services
    nodes = join(services, (sqlite_databases.fresh(host), sqlite_databases.fresh(origin)))
    with served(origin, nodes.origin, LIMITS) as port:
        enemy = Enemy(port=port, hand=Hand(sender=nodes.host, receiver=nodes.origin), stranger=KeyRing.generate())
        assert enemy.bring(enemy.hand.seal(enemy.hand.write(asking()))) == "stored"
        sequence(nodes.origin)
        left = Aftermath(nodes=nodes, enemy=enemy, before=_checkpoint(nodes))
        with redirect_stderr(StringIO()) as logged:
            prepare_logging("debug")
            left.told = {name: attack(enemy) for name, (attack, _) in ATTACKS.items()}
        left.logged = logged.getvalue()
        yield left
    nodes.close()


@pytest.mark.parametrize("name", ATTACKS)
def test_each_attack_gets_its_code(aftermath: Aftermath, name: str) -> None:
    assert aftermath.told[name] == ATTACKS[name][1]


def test_nothing_of_it_is_kept(aftermath: Aftermath) -> None:
    assert traces(rows_of(aftermath.nodes.origin), [NEEDLE]) == []
    assert traces(settled_file_of(aftermath.nodes.origin), [NEEDLE]) == []
    assert traces(aftermath.logged.encode(), [NEEDLE]) == []


def test_none_of_it_was_a_fault_of_ours(aftermath: Aftermath) -> None:
    assert "refused for now" in aftermath.logged
    assert "unforeseen" not in aftermath.logged


def test_a_good_referral_still_goes_through_and_its_evidence_holds(aftermath: Aftermath) -> None:
    nodes, hand = aftermath.nodes, aftermath.enemy.fresh()
    assert aftermath.enemy.bring(hand.seal(hand.write(asking()))) == "stored"
    sequence(nodes.origin)
    with nodes.origin.read(staff(Role.AUDITOR)) as work:
        found = read_evidence(evidence.export(work, hand.thread))
    assert all(line.ok is not False for line in verify_evidence(found).lines)


def test_its_log_only_grew(aftermath: Aftermath) -> None:
    nodes, before = aftermath.nodes, aftermath.before
    sequence(nodes.origin)
    after = _checkpoint(nodes)
    with nodes.origin.read() as work:
        proof = merkle.consistency_proof(before.size, after.size, log.subtrees(work.session))
    merkle.verify_consistency(before.size, before.root, after.size, after.root, proof)
    assert after.size > before.size


def test_administrators_read_what_was_refused_with_the_exact_code(aftermath: Aftermath) -> None:
    with aftermath.nodes.origin.read(staff(Role.ADMINISTRATOR)) as work:
        items = refusals.listed(work)
    of_peer = {item.code for item in items if item.peer == "es:retorno"}
    assert {"sealed-changed", "decryption-failed", "bad-signature", "jti-reused", "batch-unfit"} <= of_peer
    assert {"hop-bad-signature", "hop-skew"} <= {item.code for item in items if item.peer is None}
    assert all(item.next for item in items)


@pytest.mark.parametrize("state", [PeerState.SUSPENDED, PeerState.REVOKED])
def test_a_peer_that_is_no_longer_heard_is_told_so_and_nothing_is_taken(aftermath: Aftermath, state: PeerState) -> None:
    origin = aftermath.nodes.origin
    _move(origin, state)
    told = aftermath.enemy.bring(aftermath.enemy.envelope())
    _move(origin, PeerState.ACTIVE)
    assert told == f"400 peer-{state}"


def test_strangers_who_come_too_often_are_asked_to_wait_before_anything_is_read(
    aftermath: Aftermath, services: tuple[Service, Service]
) -> None:
    with served(services[1], aftermath.nodes.origin, Limits(per_minute_of_an_address=1)) as port:
        told = [speak(port, request("POST", "/federation/v1/envelopes", {})) for _ in range(11)]
    assert told[0]
    assert told[0].code == "400 hop-unsigned"
    assert told[-1]
    assert told[-1].code == "429 rate-exceeded"
    assert 1 <= int(told[-1].headers["retry-after"]) <= 60


def test_a_peer_that_comes_too_often_is_asked_to_wait(aftermath: Aftermath, services: tuple[Service, Service]) -> None:
    with served(services[1], aftermath.nodes.origin, Limits(per_minute_of_a_peer=1)) as port:
        enemy = replace(aftermath.enemy, port=port)
        told = [enemy.send(enemy.signed(b'{"envelopes":[]}')) for _ in range(11)]
    assert told == ["400 batch-unfit"] * 10 + ["429 rate-exceeded"]


def _move(node: Node, state: PeerState) -> None:
    with node.write() as work:
        peers.move(work.session, peers.find(work.session, "es:retorno"), state, work.at)


def _checkpoint(nodes: JoinedNodes) -> Checkpoint:
    identity = nodes.origin.identity
    with nodes.origin.read() as work:
        newest = log.latest_checkpoint(work.session)
    assert newest is not None
    return read_checkpoint(newest.note, log_origin(identity.node_id), identity.keys.log.public)

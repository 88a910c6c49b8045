"""A hostile peer and a stranger over real HTTP: each attack gets its code; afterwards the node works and holds nothing.

Every attack is made once on one node that its real server serves; the tests then look at what was told, and at what is
left.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field, replace
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest

from relevo.delivery import evidence, keeping_up, publishing, refusals
from relevo.delivery.admission import Limits
from relevo.delivery.node import Node
from relevo.delivery.sequencer import sequence
from relevo.delivery.shares import Shares
from relevo.domain.access import Role
from relevo.errors import WireError
from relevo.protocol import merkle
from relevo.protocol.checkpoint import Checkpoint, log_origin, read_checkpoint
from relevo.protocol.evidence import read_evidence
from relevo.protocol.keyring import KeyRing
from relevo.protocol.keyring import Role as KeyRole
from relevo.protocol.keys import Signer
from relevo.protocol.verification import verify_evidence
from relevo.runtime import Service, prepare_logging
from relevo.storage import log, peers
from relevo.storage.peers import PeerState
from support.attacks_hop import HOP
from support.attacks_http import HTTP
from support.attacks_messages import MESSAGES
from support.attacks_routes import ROUTES, share_used_up
from support.attacks_rules import RULES
from support.databases import Databases, PostgresDatabases, SqliteDatabases
from support.enemy import NEEDLE, Attack, Enemy
from support.front_door import request, served, speak
from support.hand_made import Hand, asking
from support.nodes import JoinedNodes, join, staff
from support.traces import rows_of, settled_file_of, traces
from vectors.making import codes

ATTACKS = {**HTTP, **HOP, **MESSAGES, **RULES, **ROUTES}
LIMITS = Limits(body_bytes=5 << 20, body_seconds=0.5, per_minute_of_a_peer=60_000, per_minute_of_an_address=60_000)


SUITE, FLOOD = "test_hostile_suite.py::test_", "test_hostile_flood.py::test_"
SERVING = "../relevo/cli/test_serving.py::test_"
PROVOKED_APART = {
    "rate-exceeded": f"{SUITE}a_peer_that_comes_too_often_is_asked_to_wait",
    "busy": f"{FLOOD}too_many_at_once_are_told_to_wait_a_moment",
    "peer-suspended": f"{SUITE}a_peer_that_is_no_longer_heard_is_told_so_and_nothing_is_taken",
    "peer-revoked": f"{SUITE}a_peer_that_is_no_longer_heard_is_told_so_and_nothing_is_taken",
    "message-quota": f"{SUITE}a_peer_that_takes_more_than_its_share_is_told_so",
    "storage-quota": f"{SUITE}a_peer_that_takes_more_than_its_share_is_told_so",
    "file-quota": f"{SUITE}a_peer_that_takes_more_than_its_share_is_told_so",
    "thread-taken": f"{FLOOD}the_thread_of_another_peer_is_not_there",
    "no-return": f"{FLOOD}what_the_person_does_not_let_return_is_not_taken",
    "sop-not-in-force": f"{FLOOD}a_new_referral_needs_the_version_that_is_in_force",
    "sop-superseded": f"{FLOOD}a_new_referral_needs_the_version_that_is_in_force",
    "clock-behind": f"{FLOOD}a_node_whose_clock_was_put_back_behind_its_key_takes_nothing",
    "stopping": f"{SERVING}a_node_that_is_asked_to_end_finishes_what_is_under_way_and_takes_nothing_new",
}
"""Codes that need another setting, another peer or another moment, and the test over real HTTP that provokes each."""

NOT_FOR_PEERS = {
    "bad-input",
    "log-unknown",
    "method-not-allowed",
    "not-found",
    "possession-unproven",
    "tile-unknown",
    "unauthenticated",
    "witness-request-malformed",
}
"""What is told at doors that anybody may use, and about addresses that there are not."""


@dataclass
class Aftermath:
    """What was told about each attack, and the node that it was made on, still served."""

    nodes: JoinedNodes
    enemy: Enemy
    before: Checkpoint
    told: dict[str, str] = field(default_factory=dict)
    logged: str = ""


@contextmanager
def _attacked(
    services: tuple[Service, Service], databases: Databases, attacks: Mapping[str, tuple[Attack, str]]
) -> Iterator[Aftermath]:
    """Two nodes of which one has tried all that on the other; what the other logged is kept."""
    host, origin = services
    nodes = join(services, (databases.fresh(host), databases.fresh(origin)))
    old = _rotated(nodes)
    with served(origin, nodes.origin, LIMITS) as port:
        hand = Hand(sender=nodes.host, receiver=nodes.origin)
        enemy = Enemy(port=port, hand=hand, stranger=KeyRing.generate(), old=old)
        assert enemy.bring(hand.seal(hand.write(asking()))) == "stored"
        sequence(nodes.origin)
        left = Aftermath(nodes=nodes, enemy=enemy, before=_checkpoint(nodes))
        with redirect_stderr(StringIO()) as logged:
            prepare_logging("debug")
            left.told = {name: attack(enemy) for name, (attack, _) in attacks.items()}
        left.logged = logged.getvalue()
        yield left
    nodes.close()


@pytest.fixture(scope="module")
def aftermath(sqlite_databases: SqliteDatabases, services: tuple[Service, Service]) -> Iterator[Aftermath]:
    """Everything was tried once."""
    with _attacked(services, sqlite_databases, ATTACKS) as left:
        yield left


def test_it_ends_the_same_on_postgresql(
    postgres_databases: PostgresDatabases, services: tuple[Service, Service]
) -> None:
    """Of what comes as far as a transaction; the rest meets no database."""
    with _attacked(services, postgres_databases, RULES) as left:
        assert left.told == {name: code for name, (_, code) in RULES.items()}
        test_nothing_of_it_is_kept(left)
        test_none_of_it_was_a_fault_of_ours(left)
        test_a_good_referral_still_goes_through_and_its_evidence_holds(left)
        test_its_log_only_grew(left)


@pytest.mark.parametrize("name", ATTACKS)
def test_each_attack_gets_its_code(aftermath: Aftermath, name: str) -> None:
    assert aftermath.told[name] == ATTACKS[name][1]


def _told(code: str) -> str:
    error = codes.tree()[code]
    return error.public or code if issubclass(error, WireError) else code


def _words(told: Iterable[str]) -> set[str]:
    return {word for one in told for word in one.replace(",", "").split() if not word.isdigit()} - {"stored", "nothing"}


def test_every_code_of_the_protocol_is_provoked(aftermath: Aftermath) -> None:
    documented = {*codes.REQUEST, *codes.ENVELOPE, *codes.RECEIPT}
    provoked = _words(aftermath.told.values())
    missing = {code for code in documented if _told(code) not in provoked}
    assert missing == set(PROVOKED_APART)


def test_nothing_is_told_that_the_protocol_does_not_say(aftermath: Aftermath) -> None:
    documented = {_told(code) for code in (*codes.REQUEST, *codes.ENVELOPE, *codes.RECEIPT)}
    assert _words(aftermath.told.values()) - documented == NOT_FOR_PEERS


@pytest.mark.parametrize("code", PROVOKED_APART)
def test_what_is_provoked_apart_stands_in_a_test_that_says_so(code: str) -> None:
    file, _, name = PROVOKED_APART[code].partition("::")
    source = (Path(__file__).parent / file).read_text(encoding="utf-8")
    (test,) = (one for one in ast.parse(source).body if isinstance(one, ast.FunctionDef) and one.name == name)
    said = {one.value for one in ast.walk(test) if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    assert any(code in words.split() for words in said)


def test_nothing_of_it_is_kept(aftermath: Aftermath) -> None:
    assert traces(rows_of(aftermath.nodes.origin), [NEEDLE]) == []
    if aftermath.nodes.origin.database.engine.dialect.name == "sqlite":
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


def test_a_peer_that_is_no_longer_heard_is_told_so_and_nothing_is_taken(aftermath: Aftermath) -> None:
    origin, told = aftermath.nodes.origin, []
    for state in (PeerState.SUSPENDED, PeerState.REVOKED, PeerState.ACTIVE):
        _move(origin, state)
        told.append(aftermath.enemy.bring(replace(aftermath.enemy.envelope(), manifest="a.b.c")))
    assert told == ["400 peer-suspended", "400 peer-revoked", "not-base64url"]


def test_each_answer_is_dated_by_the_clock_of_the_node(aftermath: Aftermath) -> None:
    """So that whoever was refused for its clock can measure how far it is off."""
    asked = aftermath.enemy.signed(b"{}", seconds=-3600)
    tried = {
        "hop-skew": request("POST", "/federation/v1/envelopes", asked.headers, asked.body),
        "body-too-large": request("POST", "/federation/v1/envelopes", {"content-length": "99999999"}),
        "not-found": request("GET", "/nowhere", {}),
    }
    for code, raw in tried.items():
        told = speak(aftermath.enemy.port, raw)
        assert told
        assert (told.document["code"], told.headers["date"]) == (code, "Sun, 22 Nov 2026 09:10:00 GMT")


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


def test_a_peer_that_takes_more_than_its_share_is_told_so(
    aftermath: Aftermath, services: tuple[Service, Service]
) -> None:
    origin, told = aftermath.nodes.origin, []
    small = Shares(messages_a_day=1), Shares(message_bytes=1)
    for node in (*(replace(origin, shares=one) for one in small), replace(origin, file_quota=1)):
        with served(services[1], node, LIMITS) as port:
            told.append(share_used_up(replace(aftermath.enemy, port=port)))
    assert told == ["429 message-quota", "507 storage-quota", "stored, 400 file-quota"]


def _rotated(nodes: JoinedNodes) -> dict[str, Signer]:
    """The host has replaced its signing key twice, the second time because it was stolen; the keys of before."""
    old: dict[str, Signer] = {}
    for became, since in (("retired", None), ("stolen", nodes.clock.now())):
        old[became] = nodes.host.identity.keys.signing
        publishing.rotate(nodes.host, staff(Role.ADMINISTRATOR), KeyRole.SIGNING, compromised_since=since)
    with nodes.origin.write(staff(Role.ADMINISTRATOR)) as work:
        keeping_up.refresh(work, "es:retorno")
    nodes.clock.move(timedelta(minutes=10))
    nodes.deliver()
    return old


def _move(node: Node, state: PeerState) -> None:
    with node.write() as work:
        peers.move(work.session, peers.find(work.session, "es:retorno"), state, work.at)


def _checkpoint(nodes: JoinedNodes) -> Checkpoint:
    identity = nodes.origin.identity
    with nodes.origin.read() as work:
        newest = log.latest_checkpoint(work.session)
    assert newest is not None
    return read_checkpoint(newest.note, log_origin(identity.node_id), identity.keys.log.public)

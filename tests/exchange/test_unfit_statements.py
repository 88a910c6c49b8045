"""What an administrator cannot be made to register: statements that are unfit, given to the API of a node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from origin_node.service import SERVICE
from relevo.domain.access import Role
from relevo.protocol import base64url
from relevo.protocol.statement import next_statement, statement_digest
from relevo.protocol.strict_json import JsonValue
from relevo.storage import peers, users
from relevo.web.app import make_app
from support.nodes import AT, HOST_ID, ORIGIN_ID, JoinedNodes
from support.traces import rows_of
from support.wire_pair import payload_of, resign, ring, spoilt, statement_token

OTHER, KEYS = "de:rueckkehr", ring("another node")
FIRST = statement_token(OTHER, KEYS, AT)
SAID = payload_of(FIRST)
JWK, DAY = SAID["signing"][0]["key"], timedelta(days=1)
P = 2**255 - 19


def _changed(**members: JsonValue) -> str:
    return resign(FIRST, KEYS.root, **members)


def _signing(y: int) -> str:
    """With a signing key of those 32 bytes."""
    key = {**JWK, "x": base64url.encode(y.to_bytes(32, "little"))}
    return _changed(signing=[{**SAID["signing"][0], "key": key}])


def _sealing(**key: JsonValue) -> str:
    period = SAID["encryption"][0]
    return _changed(encryption=[{**period, "key": {**period["key"], **key}}])


UNFIT: dict[str, tuple[Callable[[], str], str]] = {
    "a key of order 1": (lambda: _signing(1), "unfit-key"),
    "a key of order 2": (lambda: _signing(P - 1), "unfit-key"),
    "a key of order 4": (lambda: _signing(0), "unfit-key"),
    "a key that is not canonical": (lambda: _signing(P + 3), "unfit-key"),
    "a key that is no point": (lambda: _signing(2), "unfit-key"),
    "a sealing key of zeros": (lambda: _sealing(public=base64url.encode(bytes(1216))), "unfit-key"),
    "a sealing key beyond its field": (lambda: _sealing(public=base64url.encode(b"\xff" * 1216)), "unfit-key"),
    "a sealing key of another suite": (lambda: _sealing(suite="X25519"), "unfit-key"),
    "one key for two purposes": (lambda: _changed(witness=SAID["log"]), "unfit-statement"),
    "one signing key twice": (lambda: _changed(signing=SAID["signing"] * 2), "unfit-statement"),
    "an ended one": (lambda: statement_token(OTHER, KEYS, AT - 90 * DAY), "statement-expired"),
    "one of tomorrow": (lambda: statement_token(OTHER, KEYS, AT + DAY), "from-the-future"),
    "a changed one": (lambda: spoilt(FIRST), "bad-signature"),
    "the registered name under other keys": (lambda: statement_token(HOST_ID, KEYS, AT), "conflict"),
    "the own name": (lambda: statement_token(ORIGIN_ID, KEYS, AT), "conflict"),
    "an address in the clear": (lambda: _changed(endpoint="http://rueckkehr.example"), "unfit-endpoint"),
}


@pytest.fixture
def administrator(nodes: JoinedNodes) -> Iterator[TestClient]:
    """An administrator of the origin, over its API."""
    with nodes.origin.write() as work:
        token = users.add(work.session, "sample", Role.ADMINISTRATOR, work.at)
    with TestClient(make_app(SERVICE, nodes.origin), headers={"authorization": f"Bearer {token}"}) as client:
        yield client


@pytest.mark.parametrize("name", UNFIT)
def test_it_is_refused_with_its_code_and_nothing_is_kept(
    administrator: TestClient, nodes: JoinedNodes, name: str
) -> None:
    make, code = UNFIT[name]
    before = rows_of(nodes.origin)
    answered = administrator.post("/api/peers", json={"statement": make()})
    assert (answered.status_code // 100, answered.json()["code"]) == (4, code)
    assert rows_of(nodes.origin) == before


def test_the_key_of_another_peer_is_nobody_elses(administrator: TestClient, nodes: JoinedNodes) -> None:
    stolen = nodes.host.identity.keys.signing.public.jwk
    token = _changed(signing=[{**SAID["signing"][0], "key": stolen}])
    assert administrator.post("/api/peers", json={"statement": token}).json()["code"] == "key-claimed-twice"
    assert administrator.post("/api/peers", json={"statement": FIRST}).status_code == 201


def test_later_statements_come_by_hand_if_they_follow(administrator: TestClient, nodes: JoinedNodes) -> None:
    with nodes.host.read() as work:
        (known,) = peers.statements(work.session, HOST_ID)
    ours = nodes.host.identity.keys
    second = next_statement(known, ours, at=AT)
    third = next_statement(second, ours, at=AT)
    broken = resign(second, ours.root, prev=statement_digest(third))

    def told(*tokens: str) -> object:
        answered = administrator.post(f"/api/peers/{HOST_ID}/statements", json={"statements": tokens})
        return answered.json().get("code", answered.status_code)

    assert [told(third), told(broken), told(known)] == ["statement-chain-broken"] * 2 + ["conflict"]
    assert told(second, third) == 200
    assert told(known, second, third) == "conflict"

"""Registering a peer, and keeping up with what it publishes.

An administrator imports a statement and compares its fingerprint with the other administrator, by phone or in person;
then the peer proves that it holds its keys, and only then it is active. Later versions of the statement are accepted
on their own while the chain holds. Nothing named by a message is fetched: the address is the one in the statement
that people registered, or one that an administrator typed.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from http import HTTPStatus

import structlog

from relevo.delivery.federation import CONTENT_TYPE, POSSESSION, STATEMENTS
from relevo.delivery.node import Node
from relevo.delivery.transport import AnswerUnfit, Transport
from relevo.domain.access import Act
from relevo.errors import Conflict, RelevoError
from relevo.protocol import strict_json
from relevo.protocol.fingerprint import Fingerprint, FingerprintDiffers, fingerprint_of
from relevo.protocol.possession import challenge_for, check_possession
from relevo.protocol.statement import NodeStatement, first_statement, follows, next_statement, read_statement
from relevo.storage import log, peers
from relevo.storage.peers import PeerState
from relevo.storage.tables import PeerRow
from relevo.storage.unit_of_work import UnitOfWork

EVENTS = structlog.get_logger("relevo.registration")
POLL = timedelta(days=1)
RENEW_BEFORE = timedelta(days=30)
NONCE_BYTES = 16
READ_AGAIN = "Call the other administrator again and read it aloud; if it still differs, do not register this node."


def publish_first(work: UnitOfWork) -> NodeStatement:
    """Sign and keep this node's first statement; its keys go into the log."""
    own = work.identity
    token = first_statement(
        own.keys,
        node_id=own.node_id,
        name=own.title,
        endpoint=own.endpoint,
        contacts=own.contacts,
        public_authority=own.public_authority,
        at=work.at,
    )
    statement = read_statement(token, at=work.at)
    peers.keep_statement(work.session, token, statement)
    for kid in (own.keys.root.kid, own.keys.signing.kid, own.keys.encryption.kid, own.keys.log.kid):
        log.record(work.session, "key", work.at, subject=own.node_id, kid=kid, change="created")
    return statement


def renew(node: Node) -> bool:
    """Publish the next version of our statement if the present one ends within 30 days; whether it did."""
    own = node.identity.node_id
    with node.read() as work:
        if peers.latest(work.session, own).exp - work.at > RENEW_BEFORE:
            return False
    with node.write() as work:
        token = next_statement(peers.latest_token(work.session, own), work.identity.keys, at=work.at)
        peers.keep_statement(work.session, token, read_statement(token, at=work.at))
        log.record(work.session, "key", work.at, subject=own, kid=work.identity.keys.signing.kid, change="extended")
    return True


def fetch(transport: Transport, address: str) -> str:
    """The newest statement that the node at `address` publishes; an administrator typed the address.

    Raises:
        PeerUnreachable, AnswerUnfit: if there is none.
    """
    return _statements(transport, address)[-1]


def add(work: UnitOfWork, token: str) -> Fingerprint:
    """Propose a peer from its statement; the fingerprint is then compared by people.

    Raises:
        WireError: if the statement does not hold.
        Conflict: if the peer is registered already, or is this node itself.
    """
    work.require(Act.REGISTER_PEER)
    statement = read_statement(token, at=work.at)
    if statement.node_id == work.identity.node_id:
        raise Conflict("this is our own statement", field="statement")
    if work.session.get(PeerRow, statement.node_id) is not None:
        raise Conflict(f"{statement.node_id} is registered already; `peer list` shows how far", field="statement")
    peers.trust(work.session).admit(statement)
    peers.keep_statement(work.session, token, statement)
    row = PeerRow(
        node_id=statement.node_id,
        state=PeerState.PROPOSED,
        endpoint=statement.endpoint,
        proposed_at=work.at,
        proposed_by=work.user.name,
        polled_at=work.at,
        epoch=1,
        last_seq=0,
        failures=0,
    )
    work.session.add(row)
    peers.move(work.session, row, PeerState.PROPOSED, work.at)
    return fingerprint_of(statement)


def verify(work: UnitOfWork, node_id: str, typed: str) -> None:
    """Note that an administrator compared the fingerprint with the peer's, as `typed` (words or digits).

    Raises:
        FingerprintDiffers: if it is not the one of the statement that was imported.
    """
    work.require(Act.REGISTER_PEER)
    row = peers.find(work.session, node_id)
    if not fingerprint_of(peers.latest(work.session, node_id)).matches(typed):
        raise FingerprintDiffers(field="fingerprint", next_step=READ_AGAIN)
    if row.state == PeerState.PROPOSED:
        row.confirmed_at, row.confirmed_by = work.at, work.user.name
        peers.move(work.session, row, PeerState.VERIFIED, work.at)


def activate(node: Node, transport: Transport, node_id: str) -> bool:
    """Challenge a verified peer to prove that it holds its keys; whether it is active now.

    Raises:
        PeerUnreachable, WireError: if it could not be asked, or its proof does not hold.
    """
    with node.read() as work:
        row, statement = peers.find(work.session, node_id), peers.latest(work.session, node_id)
    if row.state != PeerState.VERIFIED:
        return row.state == PeerState.ACTIVE
    own, nonce = node.identity.node_id, secrets.token_bytes(NONCE_BYTES)
    asked = strict_json.dump(challenge_for(statement, asker=own, nonce=nonce))
    answer = transport.send("POST", _url(row.endpoint, POSSESSION), {"content-type": CONTENT_TYPE}, asked)
    proof = strict_json.load(answer.body).get("proof") if answer.status == HTTPStatus.OK else None
    if not isinstance(proof, str):
        raise AnswerUnfit
    check_possession(proof, statement, asker=own, nonce=nonce, at=node.clock.now())
    with node.write() as work:
        peers.move(work.session, peers.find(work.session, node_id), PeerState.ACTIVE, work.at)
    return True


def poll(node: Node, transport: Transport) -> None:
    """Fetch newer statements of active peers, once a day or when a key of theirs was unknown."""
    with node.read() as work:
        due = [row for row in peers.everybody(work.session) if row.state in peers.HEARD and _is_due(row, work)]
    for row in due:
        try:
            _keep_up(node, row.node_id, _statements(transport, row.endpoint))
        except RelevoError as fault:
            EVENTS.warning("statement not fetched", peer=row.node_id, code=fault.code)


def _is_due(row: PeerRow, work: UnitOfWork) -> bool:
    lately = row.polled_at is not None and timedelta() <= work.at - row.polled_at < POLL
    return not lately or peers.latest(work.session, row.node_id).exp <= work.at


def _keep_up(node: Node, peer: str, published: list[str]) -> None:
    with node.write() as work:
        known = peers.latest_token(work.session, peer)
        present = read_statement(known, at=None)
        later = published[published.index(known) + 1 :] if known in published else []
        if later:
            peers.trust(work.session).admit(follows(present, known, *later, at=work.at))
            for token in later:
                peers.keep_statement(work.session, token, read_statement(token, at=None))
        row = peers.find(work.session, peer)
        row.polled_at, row.endpoint = work.at, peers.latest(work.session, peer).endpoint


def _statements(transport: Transport, address: str) -> list[str]:
    answer = transport.send("GET", _url(address, STATEMENTS), {}, b"")
    found = strict_json.load(answer.body).get("statements") if answer.status == HTTPStatus.OK else None
    if not isinstance(found, list) or not found or not all(isinstance(token, str) for token in found):
        raise AnswerUnfit
    return found


def _url(address: str, path: str) -> str:
    return address.rstrip("/") + path

"""Registering a peer, and keeping up with what it publishes.

An administrator imports a statement and compares its fingerprint with the other administrator, by phone or in person;
then the peer proves that it holds its keys, and only then it is active. How later statements are taken over stands in
`relevo.delivery.keeping_up`. Nothing named by a message is fetched: the address is the one in the statement
that people registered, or one that an administrator typed.
"""

from __future__ import annotations

import secrets
from http import HTTPStatus

from relevo.delivery.federation import CONTENT_TYPE, POSSESSION, STATEMENTS
from relevo.delivery.node import Node
from relevo.delivery.transport import MAX_ANSWER, AnswerUnfit, Transport
from relevo.domain.access import Act, Role
from relevo.errors import Conflict
from relevo.protocol import strict_json
from relevo.protocol.fingerprint import Fingerprint, FingerprintDiffers, fingerprint_of
from relevo.protocol.possession import challenge_for, check_possession
from relevo.protocol.statement import read_statement
from relevo.storage import peers, users
from relevo.storage.peers import PeerState
from relevo.storage.tables import PeerRow
from relevo.storage.unit_of_work import UnitOfWork

NONCE_BYTES = 16
READ_AGAIN = "Call the other administrator again and read it aloud; if it still differs, do not register this node."


class SecondAdministratorNeeded(Conflict):
    """Whoever proposed a peer does not confirm it alone."""

    code = "second-administrator-needed"
    advice = "Ask another administrator of this node to call the peer, and to type what they hear."


def fetch(transport: Transport, address: str) -> str:
    """The newest statement that the node at `address` publishes; an administrator typed the address.

    Raises:
        PeerUnreachable, AnswerUnfit: if there is none.
    """
    return statements_at(transport, address)[-1]


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
        SecondAdministratorNeeded: if whoever proposed the peer confirms it, and there is another administrator.
    """
    work.require(Act.REGISTER_PEER)
    row = peers.find(work.session, node_id)
    if not fingerprint_of(peers.latest(work.session, node_id)).matches(typed):
        raise FingerprintDiffers(field="fingerprint", next_step=READ_AGAIN)
    if row.state == PeerState.PROPOSED:
        _require_second(work, row)
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


def suspend(work: UnitOfWork, node_id: str) -> None:
    """Take nothing from a peer and bring it nothing, until somebody resumes; what is queued waits.

    Raises:
        Conflict: unless the peer is active.
    """
    _decide(work, node_id, PeerState.SUSPENDED)


def resume(work: UnitOfWork, node_id: str) -> None:
    """Work with a suspended peer again; what was queued leaves.

    Raises:
        Conflict: unless the peer is suspended.
    """
    row = peers.find(work.session, node_id)
    if row.state != PeerState.SUSPENDED:
        raise Conflict(f"{node_id} is {row.state}; only a suspended peer is resumed")
    _decide(work, node_id, PeerState.ACTIVE)
    row.polled_at, row.next_attempt_at, row.failures = None, None, 0


def revoke(work: UnitOfWork, node_id: str) -> None:
    """End the registration of a peer for good; what is queued stays here, and is shown.

    Raises:
        Conflict: if it is revoked already.
    """
    _decide(work, node_id, PeerState.REVOKED)


def _decide(work: UnitOfWork, node_id: str, state: PeerState) -> None:
    work.require(Act.REGISTER_PEER)
    row = peers.find(work.session, node_id)
    if state not in peers.NEXT[PeerState(row.state)]:
        raise Conflict(f"{node_id} is {row.state}; it cannot become {state}")
    peers.move(work.session, row, state, work.at)


def _require_second(work: UnitOfWork, row: PeerRow) -> None:
    """Where a node has two administrators, one proposes and another confirms."""
    others = [one for one in users.everybody(work.session) if one.role == Role.ADMINISTRATOR]
    if row.proposed_by == work.user.name and any(one.name != work.user.name for one in others):
        raise SecondAdministratorNeeded


def statements_at(transport: Transport, address: str, *, after: int = 0) -> list[str]:
    """The statements that the node at `address` publishes, oldest first: those above version `after`, or all.

    Raises:
        PeerUnreachable: if there is no answer.
        AnswerUnfit: if it is no list of statements, or there is none at all.
    """
    asked = _url(address, STATEMENTS) + (f"?after={after}" if after else "")
    answer = transport.send("GET", asked, {}, b"")
    said = strict_json.load(answer.body, limit=MAX_ANSWER) if answer.status == HTTPStatus.OK else {}
    found = said.get("statements")
    if not isinstance(found, list) or not (found or after) or not all(isinstance(token, str) for token in found):
        raise AnswerUnfit
    return found


def _url(address: str, path: str) -> str:
    return address.rstrip("/") + path

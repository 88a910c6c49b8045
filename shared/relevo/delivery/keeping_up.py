"""Keeping up with what peers publish: what is taken over by itself, and what waits for a person.

| a later statement has | then |
| --- | --- |
| other signing, encryption, log or witness keys | it is taken over |
| another address | the rest is taken over; post goes to the address before until a person confirms the new one |
| another root, endorsed by the one before | it waits until an administrator has compared the new fingerprint |
| anything that does not follow | nothing is taken over, and the code is shown beside the peer |

Statements are fetched from the registered address once a day, when ours of a peer has ended, and soon after a key was
unknown; while there is no network an administrator brings them as a file, under the same rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from relevo.delivery.node import Node
from relevo.delivery.registration import READ_AGAIN, statements_at
from relevo.delivery.shares import Shares, require_statements
from relevo.delivery.transport import Transport
from relevo.domain.access import Act
from relevo.errors import Conflict, NotFound, RelevoError
from relevo.protocol.fingerprint import Fingerprint, FingerprintDiffers, fingerprint_of
from relevo.protocol.statement import NodeStatement, StatementChainBroken, read_statement
from relevo.protocol.statement_chain import RootChanged, follows
from relevo.storage import log, peers
from relevo.storage.tables import PeerRow
from relevo.storage.tables_peers import PeerChangeRow
from relevo.storage.unit_of_work import UnitOfWork

EVENTS = structlog.get_logger("relevo.registration")
POLL = timedelta(days=1)
_READ = (*peers.HEARD, peers.PeerState.SUSPENDED)


@dataclass(frozen=True, kw_only=True)
class Pending:
    """What a peer has changed and an administrator has not confirmed: `what` is `address` or `root`."""

    node_id: str
    what: str
    since: datetime
    address: str | None = None
    fingerprint: Fingerprint | None = None


def poll(node: Node, transport: Transport) -> None:
    """Fetch newer statements of peers, once a day or when a key of theirs was unknown."""
    with node.read() as work:
        due = [row for row in peers.everybody(work.session) if row.state in _READ and _is_due(row, work)]
        before = {row.node_id: peers.latest(work.session, row.node_id).version - 1 for row in due}
    for row in due:
        try:
            _keep_up(node, row.node_id, statements_at(transport, row.endpoint, after=before[row.node_id]))
        except RelevoError as fault:
            EVENTS.warning("statement not fetched", peer=row.node_id, code=fault.code)
            _note(node, row.node_id, fault.code)


def refresh(work: UnitOfWork, node_id: str) -> None:
    """Fetch a peer's statements in the worker's next turn, such as after a call that a key was stolen."""
    work.require(Act.REGISTER_PEER)
    peers.find(work.session, node_id).polled_at = None


def bring(work: UnitOfWork, node_id: str, published: list[str], may: Shares) -> NodeStatement:
    """Take over statements of a peer, oldest first, that came by hand; what stands then (a new root waits for people).

    Raises:
        Conflict: if the peer is not registered to its end, or none of them is newer.
        WireError: if they do not follow what stands, or are more than we `may` keep; nothing is taken over.
    """
    work.require(Act.REGISTER_PEER)
    row = peers.find(work.session, node_id)
    if row.state not in _READ:
        raise Conflict(f"{node_id} is {row.state}; only a peer whose registration is complete is kept up with")
    known = peers.latest_token(work.session, node_id)
    later = published[published.index(known) + 1 :] if known in published else published
    if not later:
        raise Conflict(f"the newest of these statements of {node_id} stands already", field="statement")
    _take_over_or_wait(work, row, later, may)
    return peers.latest(work.session, node_id)


def pending(work: UnitOfWork) -> list[Pending]:
    """What waits for an administrator, by peer."""
    work.require(Act.REGISTER_PEER)
    return [one for row in peers.everybody(work.session) for one in _pending(work, row)]


def confirm_address(work: UnitOfWork, node_id: str) -> str:
    """Bring a peer's post to the address that its newest statement names; which one that is.

    Raises:
        Conflict: if it is the one that is used.
    """
    work.require(Act.REGISTER_PEER)
    row, statement = peers.find(work.session, node_id), peers.latest(work.session, node_id)
    if row.endpoint == statement.endpoint:
        raise Conflict(f"{node_id} is reached at the address of its statement already")
    row.endpoint, row.next_attempt_at, row.failures = statement.endpoint, None, 0
    peers.move(work.session, row, peers.PeerState(row.state), work.at)
    return statement.endpoint


def confirm_root(work: UnitOfWork, node_id: str, typed: str) -> None:
    """Take over a peer's statement under another root, whose fingerprint an administrator heard and `typed`.

    Raises:
        NotFound: if none waits.
        FingerprintDiffers: if it is another fingerprint; nothing is taken over.
        WireError: if the statements do not follow the one that stands.
    """
    work.require(Act.REGISTER_PEER)
    row, change = peers.find(work.session, node_id), work.session.get(PeerChangeRow, node_id)
    if change is None:
        raise NotFound(f"{node_id} has no other root key; `peer pending` shows what waits")
    if not fingerprint_of(read_statement(change.tokens[-1], at=None)).matches(typed):
        raise FingerprintDiffers(field="fingerprint", next_step=READ_AGAIN)
    _take_over(work, node_id, change.tokens, new_root=True)
    work.session.delete(change)
    row.last_problem = None
    peers.move(work.session, row, peers.PeerState(row.state), work.at)


def _is_due(row: PeerRow, work: UnitOfWork) -> bool:
    lately = row.polled_at is not None and timedelta() <= work.at - row.polled_at < POLL
    return not lately or peers.latest(work.session, row.node_id).exp <= work.at


def _keep_up(node: Node, peer: str, published: list[str]) -> None:
    with node.write() as work:
        row = peers.find(work.session, peer)
        row.polled_at = work.at
        known = peers.latest_token(work.session, peer)
        if known not in published:
            row.last_problem = StatementChainBroken.code
            EVENTS.warning("statement not taken over", peer=peer, code=row.last_problem)
        elif later := published[published.index(known) + 1 :]:
            _take_over_or_wait(work, row, later, node.shares)


def _take_over_or_wait(work: UnitOfWork, row: PeerRow, later: list[str], may: Shares) -> None:
    require_statements(len(peers.statements(work.session, row.node_id)), len(later), may)
    try:
        _take_over(work, row.node_id, later)
    except RootChanged as fault:
        _wait_for_people(work, row, later, fault)


def _take_over(work: UnitOfWork, peer: str, tokens: list[str], *, new_root: bool = False) -> None:
    known = peers.latest_token(work.session, peer)
    last = follows(read_statement(known, at=None), known, *tokens, at=work.at, new_root=new_root)
    peers.trust(work.session).admit(last)
    before = _invalid(peers.latest(work.session, peer))
    for token in tokens:
        peers.keep_statement(work.session, token, read_statement(token, at=None))
    for kid in sorted(_invalid(last) - before):
        EVENTS.error("key of a peer compromised", peer=peer, kid=kid)
        log.record(work.session, "key", work.at, subject=peer, kid=kid, change="compromised")


def _wait_for_people(work: UnitOfWork, row: PeerRow, tokens: list[str], fault: RootChanged) -> None:
    known = peers.latest_token(work.session, row.node_id)
    follows(read_statement(known, at=None), known, *tokens, at=work.at, new_root=True)
    change = work.session.get(PeerChangeRow, row.node_id)
    if change is None:
        work.session.add(PeerChangeRow(node_id=row.node_id, tokens=tokens, seen_at=work.at))
    else:
        change.tokens = tokens
    row.last_problem = fault.code
    EVENTS.warning("root of a peer changed", peer=row.node_id)


def _note(node: Node, peer: str, code: str) -> None:
    with node.write() as work:
        peers.find(work.session, peer).last_problem = code


def _pending(work: UnitOfWork, row: PeerRow) -> list[Pending]:
    found, change = [], work.session.get(PeerChangeRow, row.node_id)
    statement = peers.latest(work.session, row.node_id)
    if statement.endpoint != row.endpoint:
        found.append(Pending(node_id=row.node_id, what="address", since=statement.iat, address=statement.endpoint))
    if change is not None:
        fingerprint = fingerprint_of(read_statement(change.tokens[-1], at=None))
        found.append(Pending(node_id=row.node_id, what="root", since=change.seen_at, fingerprint=fingerprint))
    return found


def _invalid(statement: NodeStatement) -> frozenset[str]:
    return frozenset(period.key.kid for period in statement.signing if period.invalid_from is not None)

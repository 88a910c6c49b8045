"""What administrators have to do about keys, statements and shares of peers, on both sides alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from relevo.delivery import keeping_up, quarantine, shares
from relevo.delivery.node import THE_NODE
from relevo.delivery.publishing import RENEW_BEFORE
from relevo.domain.access import MAY, Act
from relevo.domain.tasks import Task, WaitsFor
from relevo.protocol.keys import OfflineKey
from relevo.storage import peers
from relevo.storage.key_store import KeyHolder
from relevo.storage.unit_of_work import UnitOfWork

WARN_PEER = timedelta(days=14)
"""How long before its end a peer's statement that was not followed by another is told to administrators."""


def tasks(work: UnitOfWork) -> Iterator[Task]:
    """A task for each statement that ends, each change that waits, what is in quarantine, and who brought too much."""
    yield from shares.tasks(work)
    yield from _own(work)
    yield from _of_peers(work)
    mine = work.on_behalf_of(THE_NODE)
    for change in keeping_up.pending(mine):
        text = _ROOT if change.what == "root" else _ADDRESS
        yield Task(what=f"confirm-{change.what}", text=text, roles=MAY[Act.REGISTER_PEER], since=change.since)
    found = quarantine.doubtful(mine)
    if found:
        since = min(one.received_at for one in found)
        yield Task(what="examine-quarantine", text=_QUARANTINE, roles=MAY[Act.REGISTER_PEER], since=since)
    signed = quarantine.doubtful_procedures(mine)
    if signed:
        since = min(one.changed_at for one in signed)
        yield Task(what="examine-signatures", text=_SIGNATURES, roles=MAY[Act.REGISTER_PEER], since=since)


def _own(work: UnitOfWork) -> Iterator[Task]:
    own = peers.statements(work.session, work.identity.node_id)
    keys = work.identity.keys
    if own and isinstance(keys, KeyHolder) and isinstance(keys.ring.root, OfflineKey):
        ends = peers.latest(work.session, work.identity.node_id).exp
        yield Task(
            what="extend-statement",
            text=_EXTEND,
            roles=MAY[Act.MANAGE_KEYS],
            since=ends - RENEW_BEFORE,
            due_at=ends,
        )


def _of_peers(work: UnitOfWork) -> Iterator[Task]:
    for row in peers.everybody(work.session):
        if row.state in peers.HEARD:
            ends = peers.latest(work.session, row.node_id).exp
            yield Task(
                what="ask-for-statement",
                text=_ASK,
                roles=MAY[Act.REGISTER_PEER],
                waits_for=WaitsFor.PEER,
                since=ends - WARN_PEER,
                due_at=ends,
            )


_EXTEND = "Our statement ends soon and the root key is off line: bring it, and call `key extend --root FILE`."
_ASK = "The statement of a peer ends soon and no other has come: call its administrator, or nothing new can go there."
_ROOT = "A peer has another root key: call its administrator, compare the fingerprint, and use `peer confirm-root`."
_ADDRESS = "A peer says that it is reached at another address: ask its administrator, then `peer confirm-address`."
_QUARANTINE = "Messages came under a key that was stolen: `peer quarantine` lists them; call the peer about each."
_SIGNATURES = "A procedure is signed with a key that was stolen: `peer quarantine` lists it, and says what to do."

"""Our own statement: the first, the next when it is time or a key has changed, and the keys that it speaks of.

A key is rotated in two steps, each of which can be broken off: the ring gets the new key, then the statement says so.
A node whose ring and statement differ publishes by itself in its next turn, so that the second step is never forgotten;
until then peers answer `key-unknown` and messages wait. Where the root key is kept off line nobody but a person with
the root can publish, so both steps are one command with the root at hand, and nothing is changed without it.

A node that has just begun first asks its peers for versions that it does not know (`take_back`): it may come from a
backup, and of two versions with one number a peer takes only the one that it saw first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from relevo.delivery.node import THE_NODE, Node
from relevo.domain.access import Act
from relevo.errors import BadInput, WireError
from relevo.protocol.claims import SKEW
from relevo.protocol.key_file import Unlock, lock_root
from relevo.protocol.keyring import KeyRing, Keys, Role
from relevo.protocol.keys import KeyOffline, OfflineKey, SigningKey
from relevo.protocol.statement import NodeStatement, first_statement, next_statement, read_statement
from relevo.protocol.statement_chain import follows
from relevo.storage import log, peers
from relevo.storage.key_store import KeyHolder, held, write_root
from relevo.storage.unit_of_work import UnitOfWork, User

EVENTS = structlog.get_logger("relevo.publishing")
RENEW_BEFORE = timedelta(days=30)
"""How long before its end a statement is followed by the next; encryption keys are rotated with it, every 60 days."""


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
    for kid in sorted(_current(statement)):
        log.record(work.session, "key", work.at, subject=own.node_id, kid=kid, change="created")
    return statement


def renew(node: Node) -> bool:
    """Publish the next version of our statement if it ends within 30 days or a key is another; whether it did."""
    with node.read() as work:
        stands = peers.latest(work.session, node.identity.node_id)
        ends = stands.exp - work.at <= RENEW_BEFORE
        if not ends and _says(stands, work):
            return False
    keys = node.identity.keys
    if isinstance(keys, KeyHolder) and isinstance(keys.ring.root, OfflineKey):
        return False  # a task asks an administrator to bring the root
    if ends and isinstance(keys, KeyHolder):
        keys.change(lambda ring: ring.rotated(Role.ENCRYPTION, at=node.clock.now()))
    _publish(node, keys, THE_NODE, ends=ends)
    return True


def take_back(work: UnitOfWork, published: Sequence[str]) -> int:
    """Know again what this node stated before it was restored from a backup, as a peer shows it; how many versions.

    A node that did not know them would publish a version beside one of them, which nobody who has that one takes.

    Args:
        work: a transaction.
        published: versions of our statement, oldest first, not verified yet.
    """
    own = work.identity.node_id
    known = peers.latest_token(work.session, own)
    later = published[published.index(known) + 1 :] if known in published else []
    before = peers.latest(work.session, own)
    try:
        if not later or follows(before, known, *later, at=None, new_root=True).iat > work.at + SKEW:
            return 0
    except WireError as fault:
        EVENTS.warning("not a statement of ours", code=fault.code)
        return 0
    for token in later:
        statement = read_statement(token, at=None)
        peers.keep_statement(work.session, token, statement)
        for kid, change in _changes(before, statement):
            log.record(work.session, "key", work.at, subject=own, kid=kid, change=change)
        before = statement
    EVENTS.warning("statements known again", version=before.version)
    return len(later)


def rotate(
    node: Node,
    user: User,
    role: Role,
    *,
    compromised_since: datetime | None = None,
    root: SigningKey | None = None,
) -> NodeStatement:
    """Put a fresh key in the place of one of ours, and publish a statement that says so.

    Args:
        node: ourselves.
        user: the administrator who does it.
        role: which key.
        compromised_since: from when on the signing key is invalid because somebody else has it; None if it is not.
        root: the root key, if it is kept off line.

    Raises:
        KeysElsewhere: if the keys are not this node's own to change.
        KeyOffline, BadInput: if the root is needed and was not given, or what was given is another key.
    """
    with node.read(user) as work:
        work.require(Act.MANAGE_KEYS)
        at = work.at
    keys = held(node.identity.keys)
    _require_moment(role, compromised_since, at)
    _require_root(keys.ring, root)
    keys.change(lambda ring: ring.rotated(role, at=at, compromised_since=compromised_since))
    ring = keys.ring if root is None else replace(keys.ring, root=root)
    return _publish(node, ring, user)


def extend(node: Node, user: User, *, root: SigningKey | None = None) -> NodeStatement:
    """Publish the next version of our statement now; raises as `rotate`."""
    with node.read(user) as work:
        work.require(Act.MANAGE_KEYS)
    keys = held(node.identity.keys)
    _require_root(keys.ring, root)
    return _publish(node, keys.ring if root is None else replace(keys.ring, root=root), user, ends=True)


def take_root_away(node: Node, user: User, file: Path, unlock: Unlock) -> None:
    """Write the root key into `file`, to be kept off line, and take it out of the ring.

    Raises:
        KeysElsewhere, KeyOffline: if it is not in a ring of this node.
        Misconfigured: if there is such a file already.
    """
    with node.read(user) as work:
        work.require(Act.MANAGE_KEYS)
    keys = held(node.identity.keys)
    root = keys.ring.root
    if not isinstance(root, SigningKey):
        raise KeyOffline
    write_root(file, lock_root(root, unlock))
    keys.change(lambda ring: replace(ring, root=OfflineKey(ring.root.public)))


def tidy(node: Node) -> None:
    """Destroy what is not needed any more: decryption keys past their time, and a root that has been replaced."""
    keys = node.identity.keys
    if not isinstance(keys, KeyHolder):
        return
    ring, at = keys.ring, node.clock.now()
    spent = [one.key.kid for one in ring.earlier if at >= one.destroy_at]
    with node.read() as work:
        replaced = ring.former_root is not None and peers.latest(work.session, node.identity.node_id).root == (
            ring.root.public
        )
    if not spent and not replaced:
        return
    former = ring.former_root
    gone = [*spent, former.kid] if replaced and former is not None else spent
    keys.change(lambda now: _without(now.without_spent(at), root=replaced))
    with node.write() as work:
        for kid in gone:
            log.record(work.session, "key", work.at, subject=node.identity.node_id, kid=kid, change="destroyed")


def _publish(node: Node, keys: Keys, user: User, *, ends: bool = False) -> NodeStatement:
    """The statement that says what `keys` are; the one that stands if another process was quicker."""
    own = node.identity
    with node.write(user) as work:
        before = peers.latest(work.session, own.node_id)
        if not ends and _says(before, work):
            return before
        known = peers.latest_token(work.session, own.node_id)
        token = next_statement(known, keys, at=work.at, endpoint=own.endpoint)
        statement = read_statement(token, at=work.at)
        peers.keep_statement(work.session, token, statement)
        for kid, change in _changes(before, statement):
            log.record(work.session, "key", work.at, subject=own.node_id, kid=kid, change=change)
    EVENTS.info("statement published", version=statement.version)
    return statement


def _says(statement: NodeStatement, work: UnitOfWork) -> bool:
    """Whether a statement says what our keys and our address are."""
    keys = work.identity.keys
    stated = {period.key.kid: period.invalid_from for period in statement.signing}
    signing = (keys.root, keys.signing, keys.presentation, keys.log, keys.witness)
    mine = {*(one.kid for one in signing), keys.encryption.kid}
    stolen = all(kid not in stated or stated[kid] is not None for kid in keys.compromised)
    return _current(statement) >= mine and stolen and statement.endpoint == work.identity.endpoint


def _current(statement: NodeStatement) -> frozenset[str]:
    one = (statement.root, statement.presentation, statement.log, statement.witness)
    return frozenset(key.kid for key in (*one, statement.signing[0].key, statement.encryption[0].key))


def _changes(before: NodeStatement, statement: NodeStatement) -> list[tuple[str, str]]:
    created = [(kid, "created") for kid in sorted(_current(statement) - _current(before))]
    stolen = [period.key.kid for period in statement.signing if period.invalid_from is not None]
    gone = sorted(_current(before) - _current(statement))
    ended = [(kid, "compromised" if kid in stolen else "replaced") for kid in gone]
    return [*created, *ended] or [(statement.signing[0].key.kid, "extended")]


def _require_moment(role: Role, compromised_since: datetime | None, at: datetime) -> None:
    if compromised_since is None:
        return
    if role is not Role.SIGNING:
        raise BadInput(
            "only a signing key is declared invalid from a moment on",
            field="compromised_since",
            next_step="Rotate the key without it; tell your peers' administrators by telephone what happened.",
        )
    if compromised_since > at:
        raise BadInput("the moment lies ahead", field="compromised_since")


def _require_root(ring: KeyRing, root: SigningKey | None) -> None:
    if root is None and isinstance(ring.root, OfflineKey):
        raise KeyOffline
    if root is not None and root.public != ring.root.public:
        raise BadInput("this is the root key of another node", field="root")


def _without(ring: KeyRing, *, root: bool) -> KeyRing:
    return replace(ring, former_root=None) if root else ring

"""The routes of administrators: this node's keys, and what becomes of its peers."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from relevo.delivery import keeping_up, publishing, quarantine, registration
from relevo.domain.access import Act
from relevo.protocol.keyring import Role
from relevo.protocol.statement import NodeStatement
from relevo.storage import peers
from relevo.storage.unit_of_work import UnitOfWork
from relevo.web.access import CurrentUser, node_of
from relevo.web.operations import Body, Fingerprint, FingerprintTyped, Peer

router = APIRouter(prefix="/api", tags=["node"])


class Statement(BaseModel):
    """The newest statement of this node: its version, its end, and the ids of the keys in use."""

    version: int
    ends_at: datetime
    root: str
    signing: str
    encryption: str
    log: str
    witness: str
    presentation: str


class Rotation(Body):
    """Which key is replaced; `compromised_since` says from when somebody else has had the signing key."""

    role: Role
    compromised_since: AwareDatetime | None = None


class StatementsGiven(Body):
    """Statements that a peer published, oldest first, as its administrator handed them over."""

    statements: list[str] = Field(min_length=1, max_length=1000)


class Pending(BaseModel):
    """What a peer has changed and nobody here has confirmed: an address, or a root key with its fingerprint."""

    node_id: str
    what: str
    since: datetime
    address: str | None
    fingerprint: Fingerprint | None


class Doubtful(BaseModel):
    """A message that came under a key which its node later declared stolen."""

    model_config = ConfigDict(from_attributes=True)

    peer: str
    jti: str
    thread: str
    kind: str
    received_at: datetime
    kid: str
    invalid_from: datetime


class DoubtfulProcedure(BaseModel):
    """A procedure that is signed with a key which its node later declared stolen, and what to do."""

    model_config = ConfigDict(from_attributes=True)

    peer: str
    name: str
    version: int
    digest: str
    state: str
    changed_at: datetime
    kid: str
    invalid_from: datetime
    next: str


@router.get("/keys")
def show_keys(request: Request, user: CurrentUser) -> Statement:
    """The keys of this node as its newest statement names them."""
    with node_of(request).read(user) as work:
        work.require(Act.MANAGE_KEYS)
        return _statement(peers.latest(work.session, work.identity.node_id))


@router.post("/keys/rotate")
def rotate_key(request: Request, user: CurrentUser, rotation: Rotation) -> Statement:
    """Put a fresh key in the place of one; where the root key is kept off line, only the command line can."""
    since = rotation.compromised_since
    return _statement(publishing.rotate(node_of(request), user, rotation.role, compromised_since=since))


@router.post("/peers/{node_id}/suspend")
def suspend_peer(request: Request, user: CurrentUser, node_id: str) -> Peer:
    """Take nothing from a peer and bring it nothing, until it is resumed; what is queued waits."""
    with node_of(request).write(user) as work:
        registration.suspend(work, node_id)
        return _peer(work, node_id)


@router.post("/peers/{node_id}/resume")
def resume_peer(request: Request, user: CurrentUser, node_id: str) -> Peer:
    """Work with a suspended peer again."""
    with node_of(request).write(user) as work:
        registration.resume(work, node_id)
        return _peer(work, node_id)


@router.post("/peers/{node_id}/revoke")
def revoke_peer(request: Request, user: CurrentUser, node_id: str) -> Peer:
    """End the registration of a peer for good."""
    with node_of(request).write(user) as work:
        registration.revoke(work, node_id)
        return _peer(work, node_id)


@router.post("/peers/{node_id}/confirm-address")
def confirm_peer_address(request: Request, user: CurrentUser, node_id: str) -> Peer:
    """Bring a peer's post to the address that its newest statement names."""
    with node_of(request).write(user) as work:
        keeping_up.confirm_address(work, node_id)
        return _peer(work, node_id)


@router.post("/peers/{node_id}/confirm-root")
def confirm_peer_root(request: Request, user: CurrentUser, node_id: str, typed: FingerprintTyped) -> Peer:
    """Take over a peer's new root key, after its fingerprint was compared."""
    with node_of(request).write(user) as work:
        keeping_up.confirm_root(work, node_id, typed.fingerprint)
        return _peer(work, node_id)


@router.post("/peers/{node_id}/refresh")
def refresh_peer(request: Request, user: CurrentUser, node_id: str) -> Peer:
    """Fetch a peer's newest statement at once."""
    with node_of(request).write(user) as work:
        keeping_up.refresh(work, node_id)
        return _peer(work, node_id)


@router.post("/peers/{node_id}/statements")
def bring_statements(request: Request, user: CurrentUser, node_id: str, given: StatementsGiven) -> Peer:
    """Take over newer statements of a peer that came by hand, while its network is down."""
    node = node_of(request)
    with node.write(user) as work:
        keeping_up.bring(work, node_id, given.statements, node.shares)
        return _peer(work, node_id)


@router.get("/peer-changes")
def list_peer_changes(request: Request, user: CurrentUser) -> list[Pending]:
    """What peers have changed and nobody here has confirmed yet."""
    with node_of(request).read(user) as work:
        return [_pending(one) for one in keeping_up.pending(work)]


@router.get("/quarantine")
def list_quarantine(request: Request, user: CurrentUser) -> list[Doubtful]:
    """Messages that came under keys which were declared stolen later; none was dropped."""
    with node_of(request).read(user) as work:
        return [Doubtful.model_validate(one) for one in quarantine.doubtful(work)]


@router.get("/quarantine/procedures")
def list_doubtful_procedures(request: Request, user: CurrentUser) -> list[DoubtfulProcedure]:
    """Procedures that are signed with a key which was declared stolen later, and what to do about each."""
    with node_of(request).read(user) as work:
        return [DoubtfulProcedure.model_validate(one) for one in quarantine.doubtful_procedures(work)]


def _statement(stands: NodeStatement) -> Statement:
    return Statement(
        version=stands.version,
        ends_at=stands.exp,
        root=stands.root.kid,
        signing=stands.signing[0].key.kid,
        encryption=stands.encryption[0].key.kid,
        log=stands.log.kid,
        witness=stands.witness.kid,
        presentation=stands.presentation.kid,
    )


def _peer(work: UnitOfWork, node_id: str) -> Peer:
    return Peer.model_validate(peers.find(work.session, node_id))


def _pending(one: keeping_up.Pending) -> Pending:
    found = one.fingerprint
    shown = Fingerprint(words=list(found.words), digits=list(found.digits)) if found else None
    return Pending(node_id=one.node_id, what=one.what, since=one.since, address=one.address, fingerprint=shown)

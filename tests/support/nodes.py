"""Two whole nodes in one process: real rules, real bytes, real databases; only the network between them is memory.

`join` makes a host and an origin that have registered each other and agreed the sample SOP, all by the same functions
that administrators call. They share a clock that stands still until a test moves it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from relevo.clock import StandingClock
from relevo.delivery import (
    federation,
    files_federation,
    log_files,
    publishing,
    registration,
    sop_exchange,
    stream_lists,
)
from relevo.delivery.node import Node
from relevo.delivery.transport import Answer, PeerUnreachable, Transport
from relevo.delivery.worker import Worker
from relevo.domain.access import Role
from relevo.errors import NotFound, WireError
from relevo.protocol import strict_json
from relevo.protocol.fingerprint import fingerprint_of
from relevo.protocol.hop import HopRequest
from relevo.protocol.keyring import KeyRing
from relevo.protocol.keys import Opener
from relevo.protocol.strict_json import JsonObject
from relevo.runtime import Service
from relevo.storage import peers, sops
from relevo.storage.database import Database
from relevo.storage.key_store import KeyHolder
from relevo.storage.sops import SopState
from relevo.storage.unit_of_work import Identity, User
from relevo.web import log
from relevo.web.problems import wire_problem

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
"""Sunday, 22 November 2026, 10:00 in Madrid: the moment at which every test begins."""

SOP = Path(__file__).parents[2] / "shared" / "sops" / "es-ci.toml"
HOST_ID, ORIGIN_ID = "es:retorno", "ci:accueil"
HOST_ADDRESS, ORIGIN_ADDRESS = "https://retorno.example", "https://accueil.example"


class MemoryKeys(KeyHolder):
    """A key ring that is replaced in memory."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    @property
    def ring(self) -> KeyRing:
        """See `KeyHolder`."""
        return self._ring

    def change(self, made: Callable[[KeyRing], KeyRing]) -> KeyRing:
        """See `KeyHolder`."""
        self._ring = made(self._ring)
        return self._ring


@dataclass(frozen=True, kw_only=True)
class Carried:
    """One request that was sent, and the answer that the receiver gave; `None` if it never arrived."""

    method: str
    url: str
    body: bytes
    answer: Answer | None


@dataclass
class MemoryTransport(Transport):
    """Joins nodes by calling what their web applications call; loses requests and answers when a test says so.

    `carried` keeps everything that was sent, so that a test can look for what must never leave; `keys` keeps by `kid`
    what opens it, those included that the nodes have destroyed since.
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    carried: list[Carried] = field(default_factory=list)
    keys: dict[str, Opener] = field(default_factory=dict, repr=False)
    _lost_requests: int = 0
    _lost_answers: int = 0

    def connect(self, node: Node) -> None:
        """Let `node` be reached at its own endpoint."""
        self.nodes[node.identity.endpoint] = node

    def disconnect(self, node: Node) -> None:
        """Let `node` be out of reach until it is connected again."""
        del self.nodes[node.identity.endpoint]

    def drop_next_request(self, times: int = 1) -> None:
        """Lose a request on its way: the receiver never sees it."""
        self._lost_requests += times

    def drop_next_answer(self, times: int = 1) -> None:
        """Lose an answer on its way back: the receiver did everything, the sender does not know."""
        self._lost_answers += times

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """See `Transport`."""
        address, path = _split(url)
        for node in self.nodes.values():
            self.keys |= node.identity.keys.decryption
        if self._lost_requests or address not in self.nodes:
            self._lost_requests = max(0, self._lost_requests - 1)
            self.carried.append(Carried(method=method, url=url, body=body, answer=None))
            raise PeerUnreachable("no answer: the request was lost")
        request = HopRequest(method=method, target_uri=url, headers=headers, body=body)
        answer = _ask(self.nodes[address], path, request)
        self.carried.append(Carried(method=method, url=url, body=body, answer=answer))
        if self._lost_answers:
            self._lost_answers -= 1
            raise PeerUnreachable("no answer: it was lost on its way back")
        return answer


@dataclass(frozen=True, kw_only=True)
class JoinedNodes:
    """A host and an origin that know each other, the clock that both go by, and what lies between them."""

    host: Node
    origin: Node
    clock: StandingClock
    transport: MemoryTransport

    @property
    def both(self) -> tuple[Node, Node]:
        """The host, then the origin."""
        return self.host, self.origin

    def deliver(self) -> None:
        """One turn of each node's worker, twice, so that what is sent in answer arrives as well."""
        for node in self.both * 2:
            Worker(node, self.transport, interval=1).turn()

    def close(self) -> None:
        """Give back all connections."""
        for node in self.both:
            node.database.close()


def staff(role: Role, name: str | None = None) -> User:
    """Somebody with a role; named like it unless said otherwise."""
    return User(name=name or f"sample-{role}", role=role)


def make_node(
    service: Service, *, node_id: str, endpoint: str, address: str, clock: StandingClock, keys: KeyRing | None = None
) -> Node:
    """A node of an invented programme on a migrated database, before its first statement."""
    identity = Identity(
        node_id=node_id,
        title=f"Sample node {node_id}",
        side=service.side,
        endpoint=endpoint,
        keys=MemoryKeys(keys or KeyRing.generate()),
        contacts=("sample duty officer, +000 000 000",),
    )
    return Node(
        identity=identity,
        database=Database(address),
        clock=clock,
        handlers=service.handlers,
        release=service.release,
        holdings=service.holdings,
        sees=service.sees,
    )


def join(
    services: tuple[Service, Service], addresses: tuple[str, str], transport: MemoryTransport | None = None
) -> JoinedNodes:
    """A host and an origin on two migrated databases, registered with each other, with the sample SOP agreed."""
    joined = meet(services, addresses, transport)
    agree_sop(joined)
    return joined


def meet(
    services: tuple[Service, Service], addresses: tuple[str, str], transport: MemoryTransport | None = None
) -> JoinedNodes:
    """A host and an origin that are registered with each other and have agreed nothing yet."""
    clock, transport = StandingClock(AT), transport or MemoryTransport()
    names = ((HOST_ID, HOST_ADDRESS), (ORIGIN_ID, ORIGIN_ADDRESS))
    host, origin = (
        make_node(service, node_id=node_id, endpoint=endpoint, address=address, clock=clock)
        for service, (node_id, endpoint), address in zip(services, names, addresses, strict=True)
    )
    joined = JoinedNodes(host=host, origin=origin, clock=clock, transport=transport)
    publish(joined.both, transport)
    register(host, origin, transport)
    register(origin, host, transport)
    return joined


def publish(nodes: Sequence[Node], transport: MemoryTransport) -> None:
    """Let each node publish its first statement and be reached."""
    for node in nodes:
        with node.write() as work:
            publishing.publish_first(work)
        transport.connect(node)


def register(node: Node, peer: Node, transport: Transport) -> None:
    """Let two administrators of `node` register `peer`, with the fingerprint read from the peer's own statement."""
    administrator, second = staff(Role.ADMINISTRATOR), staff(Role.ADMINISTRATOR, "another-administrator")
    with peer.read() as work:
        token = peers.latest_token(work.session, peer.identity.node_id)
        spoken = " ".join(fingerprint_of(peers.latest(work.session, peer.identity.node_id)).words)
    with node.write(administrator) as work:
        registration.add(work, token)
    with node.write(second) as work:
        registration.verify(work, peer.identity.node_id, spoken)
    assert registration.activate(node, transport, peer.identity.node_id)


def agree_sop(joined: JoinedNodes, text: str | None = None) -> str:
    """Let the host propose a SOP (the sample one unless given) and the origin accept it; its digest."""
    administrator = staff(Role.ADMINISTRATOR)
    text = text or SOP.read_text(encoding="utf-8")
    with joined.host.write(administrator) as work:
        draft = sops.keep(work.session, text, own=HOST_ID, at=work.at)
        sop_exchange.propose(work, draft)
    joined.deliver()
    with joined.origin.write(administrator) as work:
        sop_exchange.accept(work, sops.find(work.session, draft.digest))
    joined.deliver()
    with joined.host.read() as work:
        assert sops.find(work.session, draft.digest).state == SopState.AGREED
    return draft.digest


def _ask(node: Node, path: str, request: HopRequest) -> Answer:
    try:
        return _answer(node, path, request)
    except WireError as error:
        problem = wire_problem(error)
        return _json(int(str(problem["status"])), problem)
    except NotFound:
        return _json(404, {"code": "not-found"})


def _answer(node: Node, path: str, request: HopRequest) -> Answer:
    match path:
        case federation.ENVELOPES | federation.STREAM:
            take = federation.take_envelopes if path == federation.ENVELOPES else stream_lists.answer
            signed = take(node, request)
            headers = {name.lower(): value for name, value in signed.headers.items()}
            return Answer(status=200, headers=headers, body=signed.body)
        case federation.STATEMENTS:
            return _json(200, {"statements": list(federation.own_statements(node))})
        case federation.POSSESSION:
            return _json(200, {"proof": federation.prove_possession(node, request.body)})
        case federation.WITNESS:
            said = log.answer(node, request.body)
            return Answer(status=said.status_code, headers=dict(said.headers), body=bytes(said.body))
    if path.startswith(files_federation.FILES):
        signed = _file(node, path.removeprefix(files_federation.FILES), request)
        headers = {name.lower(): value for name, value in signed.headers.items()}
        return Answer(status=200, headers=headers, body=signed.body)
    if not path.startswith("/log/"):
        raise NotFound
    return Answer(status=200, headers={}, body=_file_of_log(node, path.removeprefix("/log/")))


def _file_of_log(node: Node, path: str) -> bytes:
    return log_files.newest(node).encode() if path == "checkpoint" else log_files.tile(node, path)


def _file(node: Node, named: str, request: HopRequest) -> federation.Signed:
    digest, _, number = named.partition("/")
    if request.method == "GET":
        return files_federation.show_file(node, request, digest)
    return files_federation.take_part(node, request, digest, int(number))


def _json(status: int, document: JsonObject) -> Answer:
    return Answer(status=status, headers={"content-type": "application/json"}, body=strict_json.dump(document))


def _split(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}", parts.path

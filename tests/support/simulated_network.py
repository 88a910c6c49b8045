"""The network between simulated nodes: it loses, repeats, delays and cuts, as the next event says.

Each request has a fate. What was sent once is kept: a late request comes as it was, when its signature may have run
out; an envelope may also come once more in a fresh request, as from a second courier that is slow.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from sqlalchemy.exc import DBAPIError

from relevo.delivery import federation
from relevo.delivery.node import Node
from relevo.delivery.transport import Answer, PeerUnreachable, Transport
from relevo.protocol import strict_json
from relevo.protocol.hop import sign_request
from relevo.protocol.strict_json import JsonValue
from support.nodes import MemoryTransport
from support.simulated_machine import Machine, PowerCut

CONTENT_TYPE = "application/json"
UNAVAILABLE = strict_json.dump({"code": "database-unavailable", "status": 503})


class Fate(StrEnum):
    """What happens to one request."""

    ARRIVES = "arrives"
    LOST = "lost"
    ANSWER_LOST = "answer lost"
    TWICE = "twice"
    LATE = "late"


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as it was sent."""

    sender: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class Network:
    """Joins the nodes that are connected to it by their endpoints."""

    def __init__(self) -> None:
        self._web = MemoryTransport()
        self._names: dict[str, str] = {}
        self._cut: set[frozenset[str]] = set()
        self._fates: deque[Fate] = deque()
        self.late: list[Request] = []
        self.kept: dict[tuple[str, str], list[JsonValue]] = {}
        self.fell: Callable[[str], None] = _nobody_cares

    def connect(self, node: Node, machine: Machine) -> None:
        """Let `node`, on its machine, be reached in place of the one that was there before."""
        del machine
        self._web.connect(node)
        self._names[node.identity.endpoint] = node.identity.node_id

    def line(self, sender: str) -> Transport:
        """What a node sends through."""
        return Line(self, sender)

    def decide(self, fates: Iterable[Fate]) -> None:
        """The fates of the next requests; whatever comes behind them arrives."""
        self._fates = deque(fates)

    def cut(self, one: str, other: str) -> None:
        """Let nothing pass between two nodes."""
        self._cut.add(frozenset((one, other)))

    def join(self, one: str, other: str) -> None:
        """Let everything pass again."""
        self._cut.discard(frozenset((one, other)))

    def heal(self) -> None:
        """Let everything pass everywhere; what was late is lost."""
        self._cut.clear()
        self._fates.clear()
        self.late.clear()

    def carry(self, request: Request) -> Answer:
        """Carry a request to its receiver and the answer back, if that is its fate.

        Raises:
            PeerUnreachable: if nothing comes back.
        """
        receiver = self._names.get(_address(request.url))
        fate = self._fates.popleft() if self._fates else Fate.ARRIVES
        if receiver is None:
            raise PeerUnreachable("nobody is there")
        self._keep(request, receiver)
        if fate is Fate.LOST or frozenset((request.sender, receiver)) in self._cut:
            raise PeerUnreachable("no answer: the request was lost")
        if fate is Fate.LATE:
            self.late.append(request)
            raise PeerUnreachable("no answer yet")
        answer = self.bring(request, receiver)
        if fate is Fate.TWICE:
            self.bring(request, receiver)
        if fate is Fate.ANSWER_LOST:
            raise PeerUnreachable("no answer: it was lost on its way back")
        return answer

    def bring_late(self, place: int) -> None:
        """Bring one late request as it was sent; its sender no longer waits for an answer."""
        if self.late:
            request = self.late.pop(place % len(self.late))
            self._bring_in_vain(request)

    def bring_again(self, sender: Node, receiver: Node, places: Iterable[int]) -> None:
        """Bring envelopes that were sent before in a fresh request; what comes back gets lost."""
        kept = self.kept.get((sender.identity.node_id, receiver.identity.node_id))
        if not kept:
            return
        body = strict_json.dump({"envelopes": [kept[place % len(kept)] for place in places]})
        url = receiver.identity.endpoint + federation.ENVELOPES
        headers = sign_request("POST", url, CONTENT_TYPE, body, key=sender.identity.keys.signing, at=sender.clock.now())
        self._bring_in_vain(Request(sender=sender.identity.node_id, method="POST", url=url, headers=headers, body=body))

    def bring(self, request: Request, receiver: str) -> Answer:
        """Let the receiver answer; a power cut there leaves the sender without one."""
        try:
            return self.answer(request, receiver)
        except PowerCut:
            self.fell(receiver)
            raise PeerUnreachable("no answer: the connection broke off") from None

    def answer(self, request: Request, receiver: str) -> Answer:
        """What the receiver's web application answers; what a faulty one would is said in `support.known_faults`."""
        del receiver
        try:
            return self._web.send(request.method, request.url, request.headers, request.body)
        except DBAPIError:
            return Answer(status=503, headers={"content-type": CONTENT_TYPE}, body=UNAVAILABLE)
        finally:
            self._web.carried.clear()

    def _bring_in_vain(self, request: Request) -> None:
        try:
            self.bring(request, self._names[_address(request.url)])
        except PeerUnreachable:
            return

    def _keep(self, request: Request, receiver: str) -> None:
        if urlsplit(request.url).path == federation.ENVELOPES:
            envelopes = strict_json.load(request.body, limit=len(request.body))["envelopes"]
            kept = self.kept.setdefault((request.sender, receiver), [])
            if isinstance(envelopes, list):
                kept.extend(one for one in envelopes if one not in kept)


class Line(Transport):
    """The network as one node sees it."""

    def __init__(self, network: Network, sender: str) -> None:
        self._network, self._sender = network, sender

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """See `Transport`."""
        return self._network.carry(Request(sender=self._sender, method=method, url=url, headers=headers, body=body))


def _nobody_cares(_node_id: str) -> None:
    """Until there is a world that starts a machine again."""


def _address(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"

"""The faults by which other systems of this field lose or repeat messages, each planted in a simulated world.

Each is the network of a world in which one node works as such a system would: what it answers, or what it sends anew,
is put in the place of the real one's.

| fault | known from |
| --- | --- |
| a new id for each retry | django-pyas2 |
| an id burnt by a first try that failed | django-pyas2 |
| duplicates known for ten minutes | phase4 |
| a duplicate answered with an error | AS2, phase4 |
| acknowledged before it is committed | synapse #14924, holodeck-b2b #142 |
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

from sqlalchemy import delete, select, update

from relevo.delivery import federation
from relevo.delivery.node import Node
from relevo.delivery.outbox import OutboxState
from relevo.delivery.transport import Answer, PeerUnreachable
from relevo.ids import new_jti
from relevo.messages.content import OPEN_CLAIMS
from relevo.protocol import sd_jwt, strict_json
from relevo.protocol.hop import HopRequest, sign_answer
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.storage.tables import InboxRow, OutboxRow, ReferralRow, StepRow
from support.simulated_machine import Machine
from support.simulated_network import CONTENT_TYPE, Network, Request
from support.wire_pair import payload_of

WINDOW = timedelta(minutes=10)


class Faulty(Network):
    """A network whose nodes answer envelopes as a faulty system would."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes: dict[str, Node] = {}
        self.machines: dict[str, Machine] = {}

    def connect(self, node: Node, machine: Machine) -> None:
        """See `Network`."""
        super().connect(node, machine)
        self.nodes[node.identity.node_id], self.machines[node.identity.node_id] = node, machine

    def answer(self, request: Request, receiver: str) -> Answer:
        """See `Network`."""
        if urlsplit(request.url).path != federation.ENVELOPES:
            return super().answer(request, receiver)
        return self.receive(request, self.nodes[receiver])

    def receive(self, request: Request, node: Node) -> Answer:
        """What the faulty node answers to envelopes."""
        return super().answer(request, node.identity.node_id)


class NewIdPerRetry(Faulty):
    """What is tried again is made anew, under another id."""

    def carry(self, request: Request) -> Answer:
        """See `Network`."""
        try:
            return super().carry(request)
        except PeerUnreachable:
            if urlsplit(request.url).path == federation.ENVELOPES:
                _name_anew(self.nodes[request.sender])
            raise


class TenMinutes(Faulty):
    """A duplicate is known as one for ten minutes."""

    def receive(self, request: Request, node: Node) -> Answer:
        """See `Faulty`."""
        with node.database.engine.begin() as connection:
            connection.execute(delete(InboxRow).where(InboxRow.received_at < node.clock.now() - WINDOW))
        return super().receive(request, node)


class BeforeCommit(Faulty):
    """The answer leaves, and only then everything is committed, if the power is still there."""

    def receive(self, request: Request, node: Node) -> Answer:
        """See `Faulty`."""
        machine = self.machines[node.identity.node_id]
        before = machine.look()
        cut = machine.stay_on()
        answer = super().receive(request, node)
        if cut:
            machine.image = before
            self.fell(node.identity.node_id)
        return answer


class BurntId(Faulty):
    """An id counts as used from the first try on, even if that try failed."""

    def __init__(self) -> None:
        super().__init__()
        self._burnt: set[str] = set()

    def receive(self, request: Request, node: Node) -> Answer:
        """See `Faulty`."""
        burnt = [jti for jti in _jtis(request) if jti in self._burnt]
        answer = super().receive(request, node)
        told = _results(answer)
        self._burnt |= {str(one["jti"]) for one in told if "problem" in one}
        return _changed(request, node, answer, burnt)


class DuplicateIsAnError(Faulty):
    """A duplicate is answered with an error."""

    def receive(self, request: Request, node: Node) -> Answer:
        """See `Faulty`."""
        with node.read() as work:
            known = set(work.session.scalars(select(InboxRow.jti).where(InboxRow.jti.in_(_jtis(request)))))
        return _changed(request, node, super().receive(request, node), known)


KNOWN: Mapping[str, Callable[[], Network]] = {
    "a new id for each retry": NewIdPerRetry,
    "an id burnt by a first try that failed": BurntId,
    "duplicates known for ten minutes": TenMinutes,
    "a duplicate answered with an error": DuplicateIsAnError,
    "acknowledged before it is committed": BeforeCommit,
}


def _name_anew(node: Node) -> None:
    """Give every message that was tried and has no receipt another id, signed as if it had been written with it."""
    with node.write() as work:
        tried = select(OutboxRow).where(OutboxRow.state == OutboxState.QUEUED, OutboxRow.manifest.is_not(None))
        for row in work.session.scalars(tried).all():
            claims = sd_jwt.reveal(payload_of(row.content), row.disclosures)
            old, row.jti = row.jti, new_jti(work.at, row.jti)
            opening = {name: value for name, value in claims.items() if name in OPEN_CLAIMS} | {"jti": row.jti}
            hidden = {name: value for name, value in claims.items() if name not in OPEN_CLAIMS}
            issued = sd_jwt.issue(opening, hidden, key=node.identity.keys.signing)
            row.content, row.disclosures = issued.jwt, list(issued.disclosures)
            row.manifest = row.sealed = row.epoch = row.seq = None
            work.session.execute(update(StepRow).where(StepRow.jti == old).values(jti=row.jti))
            work.session.execute(update(ReferralRow).where(ReferralRow.own_last == old).values(own_last=row.jti))


def _jtis(request: Request) -> list[str]:
    """The ids of the messages in a request."""
    envelopes = strict_json.load(request.body, limit=len(request.body))["envelopes"]
    assert isinstance(envelopes, list)
    return [str(payload_of(str(one["manifest"]))["jti"]) for one in envelopes if isinstance(one, dict)]


def _results(answer: Answer) -> list[JsonObject]:
    found = strict_json.load(answer.body).get("results") if answer.status == HTTPStatus.OK else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _changed(request: Request, node: Node, answer: Answer, jtis: Collection[str]) -> Answer:
    """The same answer with an error in the place of each result for one of `jtis`, signed anew."""
    if not jtis or not _results(answer):
        return answer
    results: list[JsonValue] = [
        {"jti": one["jti"], "problem": {"code": "duplicate"}} if one["jti"] in jtis else one for one in _results(answer)
    ]
    body = strict_json.dump({**strict_json.load(answer.body), "results": results})
    asked = HopRequest(method=request.method, target_uri=request.url, headers=request.headers, body=request.body)
    signed = sign_answer(200, CONTENT_TYPE, body, request=asked, key=node.identity.keys.signing, at=node.clock.now())
    return Answer(status=200, headers={name.lower(): value for name, value in signed.items()}, body=body)

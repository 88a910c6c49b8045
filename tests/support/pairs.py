"""Pairs of nodes by the names that a sample SOP gives them, and what was carried between them, opened again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from relevo.clock import StandingClock
from relevo.delivery import federation, sop_exchange
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.domain.sop import parse_sop
from relevo.messages.content import OPEN_CLAIMS
from relevo.protocol import strict_json
from relevo.protocol.envelope import Envelope, Opened, open_envelope, read_manifest
from relevo.protocol.keys import Opener
from relevo.protocol.strict_json import JsonObject
from relevo.runtime import Service
from relevo.storage import peers, sops
from relevo.storage.sops import SopState
from support.databases import Databases
from support.nodes import AT, JoinedNodes, MemoryTransport, make_node, publish, register, staff

SOPS = Path(__file__).parents[2] / "shared" / "sops"


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """A message that was carried, opened with its receiver's own keys: who sent it, and what it says."""

    iss: str
    thread: str
    claims: JsonObject

    @property
    def classes(self) -> dict[str, JsonObject]:
        """Data class -> field -> value, the terms of the consent left out."""
        beside = OPEN_CLAIMS | {"step", "after", "seen", "consent"}
        return {name: fields for name, fields in self.claims.items() if name not in beside and isinstance(fields, dict)}


def sop_text(name: str, **names: str) -> str:
    """A sample SOP, for other nodes than its own if `host` or `origin` are given."""
    text = (SOPS / f"{name}.toml").read_text(encoding="utf-8")
    sop = parse_sop(text)
    for side, node_id in names.items():
        text = text.replace(f'{side} = "{getattr(sop, side)}"', f'{side} = "{node_id}"')
    return text


def join_under(text: str, services: tuple[Service, Service], databases: Databases) -> JoinedNodes:
    """The two nodes that a SOP names, registered with each other, with that SOP agreed."""
    sop, clock, transport = parse_sop(text), StandingClock(AT), MemoryTransport()
    host, origin = (
        make_node(
            service,
            node_id=node_id,
            endpoint=f"https://{node_id.replace(':', '-')}.example",
            address=databases.fresh(service),
            clock=clock,
        )
        for service, node_id in zip(services, (sop.host, sop.origin), strict=True)
    )
    joined = JoinedNodes(host=host, origin=origin, clock=clock, transport=transport)
    publish(joined.both, transport)
    befriend(joined)
    agree(joined, text)
    return joined


def befriend(joined: JoinedNodes) -> None:
    """Register each node with the other."""
    register(joined.host, joined.origin, joined.transport)
    register(joined.origin, joined.host, joined.transport)


def agree(joined: JoinedNodes, text: str) -> str:
    """Let the host propose a SOP and the origin accept it; its digest."""
    administrator = staff(Role.ADMINISTRATOR)
    with joined.host.write(administrator) as work:
        draft = sops.keep(work.session, text, own=work.identity.node_id, at=work.at)
        sop_exchange.propose(work, draft)
    joined.deliver()
    with joined.origin.write(administrator) as work:
        sop_exchange.accept(work, sops.find(work.session, draft.digest))
    joined.deliver()
    return draft.digest


def agreed_before(joined: JoinedNodes, text: str) -> str:
    """Let both nodes know a SOP as agreed long ago, so that no week of notice has to pass; its digest."""
    for node in joined.both:
        with node.write() as work:
            row = sops.keep(work.session, text, own=work.identity.node_id, at=work.at)
            sops.move(work.session, row, SopState.AGREED, work.at)
    return row.digest


def carried_to(joined: JoinedNodes, receiver: Node) -> Iterator[Arrived]:
    """Every message about a person that was sent to `receiver`, lost ones included, in order."""
    for request in joined.transport.carried:
        if request.url == receiver.identity.endpoint + federation.ENVELOPES:
            envelopes = strict_json.load(request.body, limit=len(request.body))["envelopes"]
            assert isinstance(envelopes, list)
            for raw in envelopes:
                opened = _open(Envelope.from_object(raw), receiver, joined.transport.keys)
                message = opened.verified.manifest.message
                if message.kind != "node":
                    yield Arrived(iss=message.iss, thread=message.thread, claims=opened.claims)


def _open(envelope: Envelope, receiver: Node, keys: Mapping[str, Opener]) -> Opened:
    with receiver.read() as work:
        trust = peers.trust(work.session)
        return open_envelope(
            envelope,
            read_manifest(envelope.manifest, trust=trust, at=work.at),
            trust=trust,
            me=receiver.identity.node_id,
            keys=keys,
            presentation=receiver.identity.keys.presentation.public,
            at=work.at,
        )

"""How nodes of the demo come to work together: two administrators compare fingerprints and sign a procedure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import httpx

from relevo.cli import demo_partners as partners
from relevo.cli.demo_nodes import DemoNode, Nodes, Pair
from relevo.cli.demo_process import NodeFailed
from relevo.delivery import federation
from relevo.domain.access import Role

SOPS = partners.SHELF / "sops"
PAIRS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "es-ci": ("es:retorno", "ci:accueil"),
        "es-ge": ("es:retorno", "ge:dabruneba"),
        "de-rs": ("de:rueckkehr", "rs:povratak"),
        "de-iq": ("de:rueckkehr", "iq:awda"),
        "de-ci": ("de:rueckkehr", "ci:accueil"),
    }
)
"""The procedures of the demo, by their files, and who agrees each."""

STAFF: Mapping[str, tuple[Role, ...]] = MappingProxyType(
    {
        "host-node": (Role.ADMINISTRATOR, Role.COUNSELLOR, Role.COORDINATOR, Role.CLINICIAN, Role.AUDITOR),
        "origin-node": (Role.ADMINISTRATOR, Role.INTAKE, Role.CASE_WORKER, Role.CLINICIAN, Role.AUDITOR),
    }
)


def start(nodes: Nodes) -> None:
    """Make keys, database and users of all nodes, and let them serve."""
    at = nodes.clock.now()

    def begin(node: DemoNode) -> None:
        node.init()
        node.add_staff(STAFF[node.command], at)
        partners.staff(node, at)
        node.start()

    nodes.each(begin)


def join(nodes: Nodes) -> None:
    """Register the nodes of every pair with each other, agree their procedures, and say who stands behind each node."""
    pairs = {name: nodes.pair(*ids) for name, ids in PAIRS.items()}
    for pair in pairs.values():
        register(pair.host, pair.origin)
        register(pair.origin, pair.host)
    offered = {name: propose(pair, sop_text(name)) for name, pair in pairs.items()}
    for name, pair in pairs.items():
        await_offer(pair, offered[name])
        accept(pair, offered[name])
    for name, pair in pairs.items():
        await_agreement(pair, offered[name])
    partners.introduce(nodes, pairs)


def sop_text(name: str) -> str:
    """The text of a sample procedure, such as `es-ci`."""
    return (SOPS / f"{name}.toml").read_text(encoding="utf-8")


def register(node: DemoNode, peer: DemoNode) -> None:
    """Let `node` know `peer`."""
    introduce(node, peer)
    confirm(node, peer)


def introduce(node: DemoNode, peer: DemoNode) -> None:
    """Propose `peer` to `node` by its statement."""
    statement = httpx.get(peer.endpoint + federation.WELL_KNOWN, trust_env=False).raise_for_status().text
    node.call(node.administrator, "POST", "/peers", {"statement": statement})


def confirm(node: DemoNode, peer: DemoNode) -> None:
    """Confirm the fingerprint that the peer's administrator read aloud.

    Raises:
        NodeFailed: if the peer is not active then.
    """
    typed = {"fingerprint": peer.fingerprint}
    state = node.call(node.administrator, "POST", f"/peers/{peer.node_id}/confirm", typed)["state"]
    if state != "active":
        raise NodeFailed(f"{peer.node_id} is {state}")


def propose(pair: Pair, text: str) -> str:
    """Let the host sign and propose a procedure; its digest."""
    host = pair.host
    digest: str = host.call(host.administrator, "POST", "/sops", {"text": text})["digest"]
    host.call(host.administrator, "POST", f"/sops/{digest}/propose")
    return digest


def await_offer(pair: Pair, digest: str) -> None:
    """Wait until the origin has what the host proposed."""
    pair.wait_until(lambda: sop_state(pair.origin, digest) == "offered", "the SOP is offered to the origin")


def accept(pair: Pair, digest: str) -> None:
    """Let the origin sign it."""
    pair.origin.call(pair.origin.administrator, "POST", f"/sops/{digest}/accept")


def await_agreement(pair: Pair, digest: str) -> None:
    """Wait until the host knows that both have signed."""
    pair.wait_until(lambda: sop_state(pair.host, digest) == "agreed", "the SOP is agreed at the host")


def sop_state(node: DemoNode, digest: str) -> str | None:
    """How far the agreement has come at a node."""
    listed = node.call(node.administrator, "GET", "/sops")
    return next((str(one["state"]) for one in listed if one["digest"] == digest), None)

"""Who stands behind the nodes of the demo: organisations with their staff, and the named persons of contact lists.

All of it comes from the invented samples beside the package, by the API, as an administrator would bring it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import relevo
from relevo.cli.demo_nodes import DemoNode, Nodes, Pair

SHELF = Path(relevo.__file__).parents[1]
WORKERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"ge:dabruneba": ("employment-centre", "municipality-kutaisi", "shelter")}
)
"""The organisations whose own staff act in a case; each has one case worker, who is called like it."""


def staff(node: DemoNode, at: datetime) -> None:
    """Add the users who work for organisations of a node."""
    for name in WORKERS.get(node.node_id, ()):
        node.add_worker(name, f"{node.node_id}/{name}", at)


def introduce(nodes: Nodes, pairs: Mapping[str, Pair]) -> None:
    """Let every node take in its organisations and publish its contact list, and wait until its peers have that."""
    nodes.each(_present)
    for pair in pairs.values():
        pair.wait_until(partial(_know_each_other, pair), "the contact lists arrive")


def _present(node: DemoNode) -> None:
    for one in _sample("organisations", node.node_id).get("organisation", []):
        node.call(node.administrator, "POST", "/organisations", _plain(one))
    node.call(node.administrator, "POST", "/contact-lists", _sample("contacts", node.node_id))


def _know_each_other(pair: Pair) -> bool:
    return _knows(pair.host, pair.origin) and _knows(pair.origin, pair.host)


def _knows(node: DemoNode, peer: DemoNode) -> bool:
    return any(one["node"] == peer.node_id for one in node.call(node.administrator, "GET", "/contact-lists"))


def _sample(shelf: str, node_id: str) -> dict[str, Any]:
    file = SHELF / shelf / f"{node_id.replace(':', '-')}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """TOML has days of its own; the API takes them as text."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in fields.items()}

"""The partner organisations of an origin at work: the sample register, and staff of some of them."""

from __future__ import annotations

from pathlib import Path

from origin_node import organisations
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.storage.unit_of_work import User
from support.nodes import staff

REGISTERS = Path(__file__).parents[2] / "shared" / "organisations"
HOUSING = "ci:accueil/housing-desk"
FUND = "ci:accueil/enterprise-fund"
SHELTER = "ci:accueil/shelter"


def register(node: Node) -> list[str]:
    """Take in the sample organisations of a node; their names."""
    file = REGISTERS / f"{node.identity.node_id.replace(':', '-')}.toml"
    with node.write(staff(Role.ADMINISTRATOR)) as work:
        return organisations.take_file(work, file.read_bytes())


def worker(organisation: str) -> User:
    """A case worker of an organisation."""
    name = f"worker-of-{organisation.partition('/')[2]}"
    return User(name=name[:40], role=Role.CASE_WORKER, organisation=organisation)

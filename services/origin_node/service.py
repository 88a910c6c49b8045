"""What makes a node an origin."""

from __future__ import annotations

from origin_node.api import routers
from origin_node.handlers import HANDLERS
from origin_node.holdings import HOLDINGS
from origin_node.release import release
from relevo.domain.access import Role
from relevo.domain.sides import Side
from relevo.runtime import Service
from relevo.web.app import make_app

SERVICE = Service(
    name="origin-node",
    title="Origin node",
    side=Side.ORIGIN,
    prefix="ORIGIN_NODE_",
    migrations="origin_node",
    roles=frozenset({Role.INTAKE, Role.CASE_WORKER, Role.CLINICIAN, Role.AUDITOR, Role.ADMINISTRATOR}),
    handlers=HANDLERS,
    release=release,
    holdings=HOLDINGS,
    routers=routers,
    application=make_app,
)

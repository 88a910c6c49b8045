"""What makes a node a host."""

from __future__ import annotations

from host_node.agencies import sees
from host_node.api import routers
from host_node.handlers import HANDLERS
from host_node.holdings import HOLDINGS
from host_node.release import release
from relevo.domain.access import Role
from relevo.domain.sides import Side
from relevo.runtime import Service
from relevo.web.app import make_app

SERVICE = Service(
    name="host-node",
    title="Host node",
    side=Side.HOST,
    prefix="HOST_NODE_",
    migrations="host_node",
    roles=frozenset({Role.COUNSELLOR, Role.COORDINATOR, Role.CLINICIAN, Role.AUDITOR, Role.ADMINISTRATOR}),
    handlers=HANDLERS,
    release=release,
    holdings=HOLDINGS,
    routers=routers,
    application=make_app,
    sees=sees,
)

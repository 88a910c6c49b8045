"""A disk that is full stops what would be written, says so, and nothing more; with room again everything goes on."""

from __future__ import annotations

from starlette.testclient import TestClient

from host_node.service import SERVICE
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.protocol.strict_json import JsonObject
from relevo.storage import users
from relevo.web.app import make_app
from support.nodes import JoinedNodes
from support.story import changed, sample

BIG = 1 << 30


def test_a_change_that_finds_no_room_is_refused_until_there_is_some(nodes: JoinedNodes) -> None:
    host = nodes.host
    with host.write() as work:
        token = users.add(work.session, "sample", Role.COUNSELLOR, work.at)
    with TestClient(make_app(SERVICE, host), headers={"authorization": f"Bearer {token}"}) as client:
        _allow(host, 1)
        full = [client.post("/api/cases", json={"case": _case(number)}) for number in range(30)][-1]
        assert (full.status_code, full.json()["code"]) == (507, "storage-full")
        assert full.headers["retry-after"]
        _allow(host, BIG)
        assert client.post("/api/cases", json={"case": _case(30)}).is_success


def _case(number: int) -> JsonObject:
    return changed(sample("01"), "identity-min", reference=f"ES-FULL-{number}")


def _allow(node: Node, pages: int) -> None:
    """Let the one connection of the pool write so many pages; fewer than there are means no more than there are."""
    with node.database.engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

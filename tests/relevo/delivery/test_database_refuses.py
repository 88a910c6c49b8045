"""What a database refuses to write: one message's fault stays its own, and a full disk costs nobody a message."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import event, select, text
from starlette.testclient import TestClient

from host_node.service import SERVICE as HOST
from origin_node.service import SERVICE as ORIGIN
from relevo.delivery.courier import Courier
from relevo.delivery.node import Node
from relevo.delivery.transport import Answer, Transport
from relevo.storage import peers
from relevo.storage.database import Database
from relevo.storage.tables import InboxRow
from relevo.web.app import make_app
from support.databases import PostgresDatabases
from support.hand_made import Hand, asking
from support.nodes import ORIGIN_ID, JoinedNodes, join
from support.story import Story, sample

OUT_OF_RANGE, DISK_FULL = "22003", "53100"
"""SQLSTATE of PostgreSQL (Appendix A): numeric_value_out_of_range, disk_full."""


class OverHttp(Transport):
    """Carries requests into an application as its server would, and notes the status of each answer."""

    def __init__(self, client: TestClient) -> None:
        self._client = client
        self.statuses: list[int] = []

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """See `Transport`."""
        got = self._client.request(method, url, headers=dict(headers), content=body)
        self.statuses.append(got.status_code)
        return Answer(status=got.status_code, headers=got.headers, body=got.content)


@contextmanager
def refusing(database: Database, table: str, sqlstate: str, when: str = "true") -> Iterator[None]:
    """PostgreSQL refuses such rows of a table, with the very error that it has for it."""
    raised = f"BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{sqlstate}'; END"
    with database.write() as session:
        session.execute(text(f"CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ {raised} $$"))
        session.execute(
            text(f"CREATE TRIGGER no BEFORE INSERT ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION no()")
        )
    yield
    with database.write() as session:
        session.execute(text("DROP FUNCTION no CASCADE"))


@contextmanager
def full_sqlite(database: Database) -> Iterator[None]:
    """SQLite may write not one page more than there are."""

    def limit(pages: int) -> Callable[..., None]:
        return lambda connection, *_: connection.execute(f"PRAGMA max_page_count={pages}")

    full = limit(1)
    database.engine.dispose()
    event.listen(database.engine, "connect", full)
    yield
    event.remove(database.engine, "connect", full)
    database.engine.dispose()


def full(node: Node) -> AbstractContextManager[None]:
    """The disk under a node's database is full."""
    shared = node.database.is_shared
    return refusing(node.database, "inbox", DISK_FULL) if shared else full_sqlite(node.database)


def test_a_receiver_whose_disk_is_full_says_so_and_the_sender_keeps_the_message(nodes_on_each: JoinedNodes) -> None:
    story, host, origin = Story(nodes=nodes_on_each), *nodes_on_each.both
    story.take_in(sample("01"))
    story.send(deliver=False)
    with TestClient(make_app(ORIGIN, origin), base_url=origin.identity.endpoint) as client:
        way = OverHttp(client)
        with full(origin):
            assert Courier(host, way).run_once() == 0
        assert way.statuses == [507]
        assert story.deliveries(host) == {"requested": "queued"}
        with host.read() as work:
            pause = peers.find(work.session, ORIGIN_ID).next_attempt_at
            assert pause is not None
            assert pause - work.at >= timedelta(minutes=5), "as long as Retry-After asks for"
        story.later(hours=2)
        assert Courier(host, way).run_once() == 1
    assert story.deliveries(host) == {"requested": "stored"}


@pytest.fixture
def on_postgresql(postgres_databases: PostgresDatabases) -> Iterator[JoinedNodes]:
    """A receiver on PostgreSQL, which refuses what it cannot keep."""
    joined = join((HOST, ORIGIN), (postgres_databases.fresh(HOST), postgres_databases.fresh(ORIGIN)))
    yield joined
    joined.close()


def test_what_cannot_be_kept_is_refused_alone_and_the_rest_has_its_effect(on_postgresql: JoinedNodes) -> None:
    places = count(1000)
    hands = [Hand(sender=on_postgresql.host, receiver=on_postgresql.origin, places=places) for _ in range(3)]
    sealed = [hand.seal(hand.write(asking())) for hand in hands]
    database = on_postgresql.origin.database
    with refusing(database, "step", OUT_OF_RANGE, f"NEW.thread = '{hands[1].thread}'"):
        told = [answered.told for answered in hands[0].bring(*sealed)]
    assert told == [("stored", None), ("refused", "malformed-content"), ("stored", None)]
    with on_postgresql.origin.read() as work:
        kept = {row.thread: row.disclosures for row in work.session.scalars(select(InboxRow))}
    assert kept[hands[1].thread] is None
    assert kept[hands[2].thread]

"""What is asked for one load does not grow with what waits behind it, nor with what came before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Connection

import pytest
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection

from relevo.delivery.node import Node
from relevo.runtime import Service
from relevo.storage.database import Database
from support.databases import PostgresDatabases
from support.nodes import JoinedNodes, join
from support.story import Story, changed, sample

SENT = 16
ROWS_FOUND = """
SELECT indexrelname, idx_tup_read FROM pg_stat_user_indexes
WHERE relname IN ('referral', 'step', 'duty', 'case_referral')
"""


@contextmanager
def _asking(node: Node) -> Iterator[list[str]]:
    """What a node asks its database meanwhile, with the values in their places."""
    found: list[str] = []

    def begin(connection: Connection, *_more: object) -> None:
        connection.set_trace_callback(found.append)

    def end(connection: Connection, *_more: object) -> None:
        connection.set_trace_callback(None)

    event.listen(node.database.engine, "checkout", begin)
    event.listen(node.database.engine, "checkin", end)
    yield found
    event.remove(node.database.engine, "checkout", begin)
    event.remove(node.database.engine, "checkin", end)


def _plan(database: Database, statement: str) -> str:
    with database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, Connection)
        return " ".join(str(row[3]) for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}"))


@pytest.fixture
def taken_in(nodes: JoinedNodes) -> Story:
    story = Story(nodes=nodes)
    story.take_in(sample("01"))
    return story


def test_who_looks_for_problems_does_not_look_through_what_waits(nodes: JoinedNodes, taken_in: Story) -> None:
    with _asking(nodes.host) as asked:
        taken_in.send()
    after_problems = [one for one in asked if ".problem IN" in one]
    assert after_problems
    for statement in after_problems:
        assert "ix_outbox_problem" in _plan(nodes.host.database, statement)


def test_who_settles_does_not_look_through_all_steps_and_duties(nodes: JoinedNodes, taken_in: Story) -> None:
    with _asking(nodes.host) as asked:
        taken_in.send()
    courses = [one for one in asked if "FROM duty" in one and "UNION ALL" in one]
    assert courses
    for statement in courses:
        plan = _plan(nodes.host.database, statement)
        assert "ix_step_peer_thread (peer=? AND thread=?" in plan
        assert "ix_duty_peer_thread (peer=? AND thread=?" in plan
        assert not re.search("SCAN (step|duty|referral)", plan)


def test_who_looks_for_a_thread_does_not_look_through_all_that_came(nodes: JoinedNodes, taken_in: Story) -> None:
    with _asking(nodes.origin) as asked:
        taken_in.send()
        taken_in.timeline(nodes.origin)
    in_threads = [one for one in asked if "inbox.thread IN" in one or "inbox.thread =" in one]
    assert in_threads
    for statement in in_threads:
        assert "ix_inbox_thread_peer_code (thread=? AND peer=?" in _plan(nodes.origin.database, statement)


def test_who_withdraws_does_not_look_through_all_that_was_sent(nodes: JoinedNodes, taken_in: Story) -> None:
    taken_in.send()
    with _asking(nodes.host) as asked:
        taken_in.withdraw()
    in_threads = [one for one in asked if "outbox.thread =" in one]
    assert in_threads
    for statement in in_threads:
        assert "ix_outbox_thread_peer (thread=? AND peer=?" in _plan(nodes.host.database, statement)


def test_on_postgresql_a_referral_looks_through_nothing_of_others(
    postgres_databases: PostgresDatabases, services: tuple[Service, Service]
) -> None:
    host, origin = services
    nodes = join(services, (postgres_databases.fresh(host), postgres_databases.fresh(origin)))
    event.listen(nodes.host.database.engine, "checkin", _tell_what_was_found)
    before: dict[str, int] = {}
    for sent in range(SENT + 1):
        before = _rows_found(nodes.host)
        story = Story(nodes=nodes)
        story.take_in(changed(sample("01"), "identity-min", reference=f"INVENTED-{sent}"))
        story.send()
    after = _rows_found(nodes.host)
    nodes.close()
    assert before["ix_step_peer_thread"] < after["ix_step_peer_thread"]
    assert {name: found - before[name] for name, found in after.items() if found - before[name] >= SENT} == {}


def _tell_what_was_found(connection: DBAPIConnection, *_more: object) -> None:
    """Let the server count at once what it found for a connection; by itself it does so once a second."""
    connection.cursor().execute("SELECT pg_stat_force_next_flush()")


def _rows_found(node: Node) -> dict[str, int]:
    """How many rows the server has found so far, by index, of the tables that say how each referral stands."""
    with node.database.engine.connect() as connection:
        return {name: int(found) for name, found in connection.exec_driver_sql(ROWS_FOUND)}

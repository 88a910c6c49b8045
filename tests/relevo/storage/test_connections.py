"""Connections that the server ended while nobody used them: whoever comes next is not told, and loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from relevo.runtime import Service
from relevo.storage.appending import append, ask
from relevo.storage.database import Database
from relevo.storage.tables import ManifestRow
from support.databases import PostgresDatabases
from support.nodes import AT

END_ALL = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
PREPARED = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT %asked often%'")
MANY_TIMES = 20


@pytest.fixture
def shared(postgres_databases: PostgresDatabases, services: tuple[Service, Service]) -> Iterator[Database]:
    database = Database(postgres_databases.fresh(services[0]))
    yield database
    database.close()


def reads(database: Database) -> None:
    with database.read() as session:
        assert session.scalar(text("SELECT 1")) == 1


def looks(database: Database) -> None:
    with database.look() as session:
        assert session.scalar(text("SELECT 1")) == 1


def writes(database: Database) -> None:
    with database.write() as session:
        assert session.scalar(text("SELECT 1")) == 1


def notes_after_the_connection_ended(database: Database) -> None:
    with database.write() as session:
        session.execute(text("SELECT 1"))
        end_all(database)
        append(session, ManifestRow, digest="a", jti="a", token="a", made_at=AT)


def asks_after_the_connection_ended(database: Database) -> None:
    with database.write() as session:
        end_all(database)
        ask(session, select(ManifestRow.jti))


def writes_in_a_lane(database: Database) -> None:
    with database.write(lane="sample") as session:
        assert session.scalar(text("SELECT 1")) == 1


def takes_a_lease(database: Database) -> None:
    with database.lease("sample") as ours:
        assert ours


ACTS: Mapping[str, Callable[[Database], None]] = {
    "who reads": reads,
    "who looks": looks,
    "who writes": writes,
    "who writes in a lane": writes_in_a_lane,
    "who takes a lease": takes_a_lease,
}


def end_all(database: Database) -> None:
    address = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(END_ALL, (database.engine.url.database,))


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_who_comes_after_the_server_ended_all_connections_gets_a_new_one(
    shared: Database, act: Callable[[Database], None]
) -> None:
    with shared.read() as one, shared.read() as another:
        one.execute(text("SELECT 1"))
        another.execute(text("SELECT 1"))
    end_all(shared)
    act(shared)
    act(shared)


def test_what_comes_one_after_the_other_is_asked_on_one_connection(shared: Database) -> None:
    with shared.read(), shared.read(), shared.read():
        pass
    servers = set()
    for _ in range(4):
        with shared.read() as session:
            servers.add(session.scalar(text("SELECT pg_backend_pid()")))
    assert len(servers) == 1


def test_in_a_lane_a_table_is_searched_by_index_although_it_was_small_when_it_was_counted(shared: Database) -> None:
    searched = text("EXPLAIN SELECT token FROM manifest WHERE digest IN ('sample', 'another')")
    with shared.write() as session:
        session.execute(text("ANALYZE manifest"))
        assert "Seq Scan" in "".join(session.scalars(searched))
    with shared.write(lane="sample") as session:
        assert "Seq Scan" not in "".join(session.scalars(searched))
        assert session.scalar(text("SHOW jit")) == "off"
    with shared.write() as session:
        assert session.scalar(text("SHOW enable_seqscan")) == "on"


def test_a_transaction_whose_connection_ends_is_undone_and_not_begun_again_behind_its_back(shared: Database) -> None:
    with suppress(OperationalError), shared.write() as session:
        session.execute(text("CREATE TABLE half_done ()"))
        end_all(shared)
        session.execute(text("CREATE TABLE half_done_too ()"))
    with shared.read() as session:
        assert session.scalar(text("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'half_done%'")) == 0


def test_who_cannot_have_the_lock_in_time_is_refused_and_may_try_again(shared: Database) -> None:
    other = Database(shared.engine.url.render_as_string(hide_password=False))
    with shared.engine.connect() as connection:
        connection.exec_driver_sql("SET statement_timeout = '50ms'")
    with other.write() as session:
        session.execute(text("SELECT 1"))
        for act in (writes, writes_in_a_lane):
            with pytest.raises(OperationalError, match="canceling statement"):
                act(shared)
        reads(shared)
    writes(shared)
    other.close()


def test_what_is_asked_often_stays_prepared_though_reading_ends_with_undoing(shared: Database) -> None:
    for number in range(MANY_TIMES):
        with shared.read() as session:
            session.execute(text('SELECT :number AS "asked often"'), {"number": number})
    with shared.read() as session:
        assert session.scalar(PREPARED) == 1


def test_what_is_noted_at_the_end_is_not_kept_if_the_connection_ended_before(shared: Database) -> None:
    with pytest.raises(OperationalError):
        notes_after_the_connection_ended(shared)
    with shared.read() as session:
        assert session.get(ManifestRow, "a") is None


def test_who_asks_where_the_connection_ended_is_told_and_the_next_one_gets_a_new_one(shared: Database) -> None:
    with pytest.raises(OperationalError) as told:
        asks_after_the_connection_ended(shared)
    assert told.value.connection_invalidated
    writes(shared)

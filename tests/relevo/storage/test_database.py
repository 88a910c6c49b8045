"""Transactions on both kinds of database: nothing is lost between two writers, and nothing half done stays."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, StatementError

from relevo.runtime import Service
from relevo.storage.database import Database
from relevo.storage.tables import NonceRow, StatementRow, UserRow
from support.databases import SqliteDatabases

AT = datetime(2026, 11, 22, 9, 0, 0, 123456, tzinfo=UTC)
INCREMENTS = 50


def user(name: str, at: datetime = AT, *, token: str | None = None) -> UserRow:
    return UserRow(name=name, role="auditor", token_digest=token or name, added_at=at)


def write(database: Database, *rows: UserRow) -> None:
    with database.write() as session:
        for row in rows:
            session.add(row)
            session.flush()


def increment(address: str) -> None:
    """Read a number and write the next one, many times; another process does the same."""
    database = Database(address)
    for _ in range(INCREMENTS):
        with database.write() as session:
            row = session.get_one(StatementRow, ("sample", 1))
            row.token = str(int(row.token) + 1)
    database.close()


def test_two_processes_that_read_and_write_at_once_lose_nothing_on_sqlite(
    sqlite_databases: SqliteDatabases, services: tuple[Service, Service]
) -> None:
    address = sqlite_databases.fresh(services[0])
    database = Database(address)
    with database.write() as session:
        session.add(StatementRow(node_id="sample", version=1, token="0", expires_at=AT))
    start = multiprocessing.get_context("spawn").Process
    both = [start(target=increment, args=(address,)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
        assert process.exitcode == 0
    with database.read() as session:
        assert session.scalar(select(StatementRow.token)) == str(2 * INCREMENTS)
    database.close()


@pytest.mark.parametrize("hours", [-5, 0, 5.75], ids=["west of Greenwich", "UTC", "Kathmandu"])
def test_a_moment_comes_back_as_the_same_moment_in_utc(database: Database, hours: float) -> None:
    there = AT.astimezone(timezone(timedelta(hours=hours)))
    with database.write() as session:
        session.add(user("sample", there))
    with database.read() as session:
        found = session.get_one(UserRow, "sample").added_at
    assert found == AT
    assert found.utcoffset() == timedelta(0)


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        write(database, user("sample", AT.replace(tzinfo=None)))


def test_moments_are_compared_as_moments_in_queries(database: Database) -> None:
    with database.write() as session:
        for minutes in range(3):
            session.add(NonceRow(peer="sample", nonce=str(minutes), expires_at=AT + timedelta(minutes=minutes)))
    with database.read() as session:
        limit = (AT + timedelta(minutes=1)).astimezone(timezone(timedelta(hours=-9)))
        assert session.scalars(select(NonceRow.nonce).where(NonceRow.expires_at > limit)).all() == ["2"]


def test_what_fails_halfway_is_undone_as_a_whole(database: Database) -> None:
    with pytest.raises(IntegrityError):
        write(database, user("first"), user("second", token="first"))
    with database.read() as session:
        assert session.get(UserRow, "first") is None


def test_what_a_reading_transaction_writes_does_not_stay(database: Database) -> None:
    with database.read() as session:
        session.add(user("first"))
        session.flush()
    with database.read() as session:
        assert session.get(UserRow, "first") is None


def test_a_reader_does_not_wait_for_a_writer_and_sees_what_was_committed_before(database: Database) -> None:
    with database.write() as writing:
        writing.add(user("first"))
        writing.flush()
        with database.read() as reading:
            assert reading.get(UserRow, "first") is None


def test_an_error_of_the_database_does_not_tell_what_was_to_be_written(database: Database) -> None:
    with pytest.raises(IntegrityError) as refused:
        write(database, user("secret-name"), user("secret-name-too", token="secret-name"))
    assert "parameters hidden" in str(refused.value)
    assert "secret-name-too" not in str(refused.value)

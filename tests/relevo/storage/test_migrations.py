"""The migrations make exactly the tables that the code speaks of, on both kinds of database."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import FromClause, MetaData, column, inspect, select, table
from sqlalchemy.engine.interfaces import ReflectedIndex

from host_node.tables import HostBase
from origin_node.tables import OriginBase, StatedRow
from relevo.runtime import MIGRATIONS, Service, is_begun, is_current, migrate
from relevo.storage.base import JsonColumn, Moment, SharedBase, Word
from relevo.storage.database import Database
from relevo.storage.tables import InboxRow, OutboxRow
from support.databases import Databases

OWN = {"host": HostBase.metadata, "origin": OriginBase.metadata}


def differences(address: str, *wanted: MetaData) -> list[object]:
    database = Database(address)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": list(wanted)})
        found: list[object] = compare_metadata(context, list(wanted))  # type: ignore[arg-type] # it takes several
    database.close()
    return found


def tables(address: str) -> set[str]:
    database = Database(address)
    found = set(inspect(database.engine).get_table_names())
    database.close()
    return found


@pytest.mark.parametrize("number", [0, 1], ids=OWN.keys())
def test_a_migrated_database_has_exactly_the_tables_of_its_node(
    databases: Databases, services: tuple[Service, Service], number: int
) -> None:
    own = list(OWN.values())[number]
    address = databases.fresh(services[number])
    assert tables(address) == {*SharedBase.metadata.tables, *own.tables, "alembic_version"}
    assert differences(address, SharedBase.metadata, own) == []


@pytest.mark.parametrize("number", [0, 1], ids=OWN.keys())
def test_migrations_can_be_undone(databases: Databases, services: tuple[Service, Service], number: int) -> None:
    address = databases.fresh(services[number])
    config = Config(str(MIGRATIONS / "alembic.ini"), ini_section=services[number].migrations)
    config.attributes["address"] = address
    command.downgrade(config, "base")
    assert tables(address) == {"alembic_version"}
    assert not is_begun(address)


NOON, LATER = datetime(2026, 11, 2, 12, tzinfo=UTC), datetime(2026, 11, 3, 12, 0, 0, 5, tzinfo=UTC)
CONTACT = {"number": "+221 77", "notes": {"hours": [9, 0.5, None, True]}}
NEEDS = {"services": ["housing"], "intentions": 'a \\u0041 "word", \u00e9 and \U0001f600'}
BY_CLASS = [
    ("ci-host", "t1", "contact", CONTACT, "j2", LATER),
    ("ci-host", "t1", "needs", NEEDS, "j1", NOON),
    ("ci-host", "t1", "travel", {}, "j1", NOON),
    ("ci-host", "t2", "needs", {"services": []}, "j3", LATER),
    ("ci-host", "t3", "travel", {}, None, NOON),
]
BY_MESSAGE = [
    ("t3", "", {"travel": {}}, NOON),
    ("t1", "j1", {"needs": NEEDS, "travel": {}}, NOON),
    ("t1", "j2", {"contact": CONTACT}, LATER),
    ("t2", "j3", {"needs": {"services": []}}, LATER),
]
FORMER = table(
    "stated",
    *(column(name, Word) for name in ("peer", "thread", "data_class")),
    column("fields", JsonColumn),
    column("jti", Word),
    column("stated_at", Moment),
)


def test_what_was_stated_is_brought_together_by_message_and_taken_apart_again(
    databases: Databases, services: tuple[Service, Service]
) -> None:
    address = databases.fresh(services[1])
    config = Config(str(MIGRATIONS / "alembic.ini"), ini_section=services[1].migrations)
    config.attributes["address"] = address
    command.downgrade(config, "origin_0007")
    database = Database(address)
    with database.engine.begin() as connection:
        names = [one.name for one in FORMER.c]
        connection.execute(FORMER.insert(), [dict(zip(names, row, strict=True)) for row in BY_CLASS])
    migrate(services[1], address)
    with database.engine.connect() as connection:
        now = select(StatedRow.thread, StatedRow.jti, StatedRow.classes, StatedRow.stated_at)
        assert [tuple(row) for row in connection.execute(now.order_by(StatedRow.jti))] == BY_MESSAGE
    command.downgrade(config, "origin_0007")
    with database.engine.connect() as connection:
        former = select(FORMER).order_by(FORMER.c.thread, FORMER.c.data_class)
        assert [tuple(row) for row in connection.execute(former)] == BY_CLASS
    database.close()


AS_JSON = {"j1": ["WyJh", "WyJi-_", "WyJj"], "j2": ["WyJh"], "j3": []}
DISCLOSED = table("outbox", column("jti", Word), column("disclosures", JsonColumn))
RECEIVED = table("inbox", column("jti", Word), column("disclosures", JsonColumn))
WORDS = dict.fromkeys(("peer", "thread", "kind", "content", "manifest"), "x")
SENT = {**WORDS, **dict.fromkeys(("step", "sop", "basis", "state"), "x"), "classes": [], "made_at": NOON, "attempts": 0}
CAME = {**WORDS, **dict.fromkeys(("identity", "disposition", "receipt"), "x"), "epoch": 1, "received_at": NOON}


def test_disclosures_are_joined_and_taken_apart_again(databases: Databases, services: tuple[Service, Service]) -> None:
    address = databases.fresh(services[0])
    config = Config(str(MIGRATIONS / "alembic.ini"), ini_section=services[0].migrations)
    config.attributes["address"] = address
    database = Database(address)
    before = indexes(database)
    command.downgrade(config, "shared_0025")
    with database.engine.begin() as connection:
        tables = MetaData()
        tables.reflect(connection, only=["outbox", "inbox"])
        for jti, texts in AS_JSON.items():
            connection.execute(tables.tables["outbox"].insert(), {**SENT, "jti": jti, "disclosures": texts})
        for seq, jti in enumerate([*AS_JSON, "j4"]):
            row = {**CAME, "jti": jti, "seq": seq, "disclosures": AS_JSON.get(jti)}
            connection.execute(tables.tables["inbox"].insert(), row)
    migrate(services[0], address)
    assert disclosed(database, OutboxRow.__table__) == AS_JSON
    assert disclosed(database, InboxRow.__table__) == {**AS_JSON, "j4": None}
    with database.engine.connect() as connection:
        nothing = select(InboxRow.jti).where(InboxRow.disclosures.is_(None))
        assert connection.execute(nothing).scalars().all() == ["j4"]
    assert indexes(database) == before
    command.downgrade(config, "shared_0025")
    assert disclosed(database, DISCLOSED) == AS_JSON
    assert disclosed(database, RECEIVED) == {**AS_JSON, "j4": None}
    database.close()


def disclosed(database: Database, table: FromClause) -> dict[str, list[str] | None]:
    """The disclosures of each message."""
    with database.engine.connect() as connection:
        return {row.jti: row.disclosures for row in connection.execute(select(table.c.jti, table.c.disclosures))}


def indexes(database: Database) -> dict[str, list[str]]:
    """By index its columns, and the condition of one that has not every row."""
    found = inspect(database.engine)
    every = [one for name in found.get_table_names() for one in found.get_indexes(name)]
    return {str(one["name"]): [*map(str, one["column_names"]), *_conditions(one)] for one in every}


def _conditions(index: ReflectedIndex) -> list[str]:
    return [str(said) for option, said in index.get("dialect_options", {}).items() if option.endswith("_where")]


def test_a_database_is_current_only_after_every_migration(
    databases: Databases, services: tuple[Service, Service]
) -> None:
    host, address = services[0], databases.empty()
    assert (is_begun(address), is_current(host, address)) == (False, False)
    config = Config(str(MIGRATIONS / "alembic.ini"), ini_section=host.migrations)
    config.attributes["address"] = address
    command.upgrade(config, "shared_0001")
    assert (is_begun(address), is_current(host, address)) == (True, False)
    migrate(host, address)
    assert is_current(host, address)


def test_asking_about_a_file_that_does_not_exist_does_not_make_it(tmp_path: Path) -> None:
    file = tmp_path / "node.db"
    assert not is_begun(f"sqlite:///{file}")
    assert not file.exists()


def test_an_sqlite_file_is_for_nobody_else_to_read(tmp_path: Path, services: tuple[Service, Service]) -> None:
    file = tmp_path / "data" / "node.db"
    migrate(services[0], f"sqlite:///{file}")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_migration_that_fails_leaves_nothing_behind(databases: Databases, services: tuple[Service, Service]) -> None:
    address = databases.empty()
    database = Database(address)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE checkpoint (in_the_way INTEGER)")
    with pytest.raises(Exception, match="checkpoint"):
        migrate(services[0], address)
    database.close()
    assert tables(address) <= {"checkpoint", "alembic_version"}

"""The migrations make exactly the tables that the code speaks of, on both kinds of database."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, inspect

from host_node.tables import HostBase
from origin_node.tables import OriginBase
from relevo.runtime import MIGRATIONS, Service, is_begun, is_current, migrate
from relevo.storage.base import SharedBase
from relevo.storage.database import Database
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

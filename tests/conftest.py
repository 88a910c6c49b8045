"""What tests stand on: fresh databases, two joined nodes in memory, and two nodes as real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from host_node.service import SERVICE as HOST
from origin_node.service import SERVICE as ORIGIN
from relevo.runtime import Service
from relevo.storage.database import Database
from support.databases import Databases, PostgresDatabases, SqliteDatabases
from support.nodes import JoinedNodes, join
from support.postgres import Cluster, running_cluster
from support.processes import RunningPair, running_pair

KINDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL cluster that lives as long as the session; only tests that ask for it start it."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    """Makes fresh SQLite databases."""
    return SqliteDatabases(tmp_path_factory.mktemp("databases"))


@pytest.fixture(scope="session")
def postgres_databases(postgres: Cluster) -> PostgresDatabases:
    """Makes fresh PostgreSQL databases."""
    return PostgresDatabases(postgres)


@pytest.fixture(params=KINDS)
def databases(request: pytest.FixtureRequest) -> Databases:
    """Makes fresh databases: the test runs once on SQLite and once on PostgreSQL."""
    made: Databases = request.getfixturevalue(f"{'postgres' if request.param != 'sqlite' else 'sqlite'}_databases")
    return made


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    """A fresh database of a host, opened; once SQLite and once PostgreSQL."""
    opened = Database(databases.fresh(HOST))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def services() -> tuple[Service, Service]:
    """What makes a node a host, and what makes it an origin."""
    return HOST, ORIGIN


@pytest.fixture
def nodes(sqlite_databases: SqliteDatabases, services: tuple[Service, Service]) -> Iterator[JoinedNodes]:
    """`es:retorno` and `ci:accueil` in memory on SQLite: registered with each other, the sample SOP agreed."""
    yield from _joined(sqlite_databases, services)


@pytest.fixture
def nodes_on_each(databases: Databases, services: tuple[Service, Service]) -> Iterator[JoinedNodes]:
    """The same as `nodes`, once on SQLite and once on PostgreSQL."""
    yield from _joined(databases, services)


def _joined(databases: Databases, services: tuple[Service, Service]) -> Iterator[JoinedNodes]:
    host, origin = services
    joined = join(services, (databases.fresh(host), databases.fresh(origin)))
    yield joined
    joined.close()


@pytest.fixture
def running_nodes(tmp_path: Path, services: tuple[Service, Service]) -> Iterator[RunningPair]:
    """`es:retorno` and `ci:accueil` as processes on SQLite: registered, the sample SOP agreed, both serving."""
    with running_pair(tmp_path, services) as pair:
        yield pair


@pytest.fixture
def running_nodes_on_each(
    tmp_path: Path, databases: Databases, services: tuple[Service, Service]
) -> Iterator[RunningPair]:
    """The same as `running_nodes`, once on SQLite and once on PostgreSQL."""
    with running_pair(tmp_path, services, (databases.empty(), databases.empty())) as pair:
        yield pair

"""Fresh databases for tests: each service's tables are migrated once a session, and every test gets a copy."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from relevo.runtime import Service, migrate

if TYPE_CHECKING:
    from support.postgres import Cluster


class Databases(Protocol):
    """Makes databases."""

    def empty(self) -> str:
        """The address of a database without tables that nobody else uses."""
        ...

    def fresh(self, service: Service) -> str:
        """The address of a migrated, empty database that nobody else uses."""
        ...


class SqliteDatabases:
    """Makes databases as files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)

    def empty(self) -> str:
        """See `Databases`."""
        return f"sqlite:///{self._folder / f'empty-{next(self._numbers)}.db'}"

    def fresh(self, service: Service) -> str:
        """See `Databases`."""
        template = self._folder / f"{service.migrations}.db"
        if not template.exists():
            migrate(service, f"sqlite:///{template}")
        copy = self._folder / f"{service.migrations}-{next(self._numbers)}.db"
        shutil.copyfile(template, copy)
        return f"sqlite:///{copy}"


class PostgresDatabases:
    """Makes databases in a cluster, from a template for each service."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._templates: set[str] = set()
        self._numbers = itertools.count(1)

    def empty(self) -> str:
        """See `Databases`."""
        name = f"empty_{next(self._numbers)}"
        self._cluster.create(name)
        return self._cluster.address(name)

    def fresh(self, service: Service) -> str:
        """See `Databases`."""
        template = f"template_{service.migrations}"
        if template not in self._templates:
            self._cluster.create(template)
            migrate(service, self._cluster.address(template))
            self._templates.add(template)
        name = f"{service.migrations}_{next(self._numbers)}"
        self._cluster.create(name, template=template)
        return self._cluster.address(name)

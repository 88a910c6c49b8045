"""Putting a node together from its settings, and its database in order.

What is particular to a side (handlers, tables, routes) comes in as a `Service`; nothing here asks which one it is.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from fastapi import APIRouter, FastAPI
from sqlalchemy import make_url

import relevo
from relevo.config import NodeSettings, load, make_clock
from relevo.delivery.node import Handler, Holdings, Node, Release, Sees, whole_node
from relevo.delivery.scanner import scanner
from relevo.delivery.shares import Shares
from relevo.domain.access import Role
from relevo.domain.sides import Side
from relevo.errors import Misconfigured
from relevo.storage.database import Database
from relevo.storage.key_store import FileKeys
from relevo.storage.unit_of_work import Identity

MIGRATIONS = Path(relevo.__file__).parents[2] / "migrations"


@dataclass(frozen=True, kw_only=True)
class Service:
    """What makes a node the one it is: its name, its side, its roles, what it does and keeps, and its routes.

    `sees` says which referrals a user who works for an agency or organisation behind the node may see as a whole.
    """

    name: str
    title: str
    side: Side
    prefix: str
    migrations: str
    roles: frozenset[Role]
    handlers: Mapping[str, Handler]
    release: Release
    holdings: Holdings
    routers: Callable[[Node], Sequence[APIRouter]]
    application: Callable[[Service, Node], FastAPI]
    sees: Sees = whole_node


def build(service: Service, settings: NodeSettings) -> Node:
    """A node that can work: keys read, database opened."""
    identity = Identity(
        node_id=settings.node_id,
        title=settings.title,
        side=service.side,
        endpoint=settings.endpoint,
        keys=FileKeys(settings.keys, settings.keys_unlock),
        contacts=settings.contacts,
        public_authority=settings.public_authority,
    )
    return Node(
        identity=identity,
        database=Database(settings.database),
        clock=make_clock(settings),
        handlers=service.handlers,
        release=service.release,
        holdings=service.holdings,
        sees=service.sees,
        outside=settings.outside,
        scan=scanner(settings.file_scanner),
        file_quota=settings.file_quota_bytes,
        shares=Shares(
            messages_a_day=settings.messages_a_day_of_a_peer,
            message_bytes=settings.message_bytes_of_a_peer,
            statements=settings.statements_of_a_peer,
        ),
    )


def settings_for(service: Service, file: Path | None) -> NodeSettings:
    """The settings of a node of this kind."""
    return load(service.prefix, file)


def migrate(service: Service, address: str) -> None:
    """Bring a database to the newest form of the tables.

    Raises:
        Misconfigured: if the migrations are not beside the packages, or the database is of another kind of node.
    """
    _make_room(address)
    config = _migrations(service)
    _known_revisions(config, address)
    config.attributes["address"] = address
    command.upgrade(config, "heads")


def is_current(service: Service, address: str) -> bool:
    """Whether a database has the newest form of the tables.

    Raises:
        Misconfigured: if it has tables of another kind of node, or of a later version.
    """
    config = _migrations(service)
    newest = ScriptDirectory.from_config(config).get_heads()
    return _known_revisions(config, address) == frozenset(newest)


def is_begun(address: str) -> bool:
    """Whether a database has tables of a node at all, whatever their form."""
    return bool(_revisions(address))


def prepare_logging(level: str) -> None:
    """JSON lines on standard error: event, codes and identifiers, never what somebody wrote."""
    shown: Any = structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()])
    structlog.configure(
        wrapper_class=shown,
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
    )


def _migrations(service: Service) -> Config:
    file = MIGRATIONS / "alembic.ini"
    if not file.is_file():
        raise Misconfigured(f"the migrations are not at {MIGRATIONS}; install the project from its repository")
    return Config(str(file), ini_section=service.migrations)


def _known_revisions(config: Config, address: str) -> frozenset[str]:
    found = _revisions(address)
    if found - {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}:
        raise Misconfigured(
            "the database belongs to another kind of node, or to a later version",
            field="database",
            next_step="Check that these are the settings of this node, and that the newest version is installed.",
        )
    return found


def _revisions(address: str) -> frozenset[str]:
    file = _file(address)
    if file is not None and not file.is_file():
        return frozenset()
    database = Database(address)
    try:
        with database.engine.connect() as connection:
            return frozenset(MigrationContext.configure(connection).get_current_heads())
    finally:
        database.close()


def _make_room(address: str) -> None:
    """Make the file of an SQLite database, for nobody else to read; SQLite's own further files follow its mode."""
    file = _file(address)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)


def _file(address: str) -> Path | None:
    url = make_url(address)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None

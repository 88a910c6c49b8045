"""Runs migrations for whichever node the section of `alembic.ini` names; no other node is imported.

The address of the database comes from the caller (`config.attributes["address"]`) or from `-x address=…`. Everything
happens in one transaction, on SQLite too, so that a migration that fails leaves the tables as they were.
"""

from __future__ import annotations

from importlib import import_module

from alembic import context
from alembic.util import CommandError
from sqlalchemy import MetaData

from relevo.storage.database import Database
from relevo.storage.tables import PeerRow


def _address() -> str:
    given = context.config.attributes.get("address") or context.get_x_argument(as_dictionary=True).get("address")
    if not isinstance(given, str):
        raise CommandError("name the database: -x address=sqlite:////path/to/node.db")
    return given


def _tables() -> list[MetaData]:
    module, _, base = (context.config.get_main_option("tables") or "").partition(":")
    own = [getattr(import_module(module), base).metadata] if module else []
    return [PeerRow.metadata, *own]


def _run() -> None:
    database = Database(_address())
    try:
        with database.write() as session:
            context.configure(
                connection=session.connection(),
                target_metadata=_tables(),
                render_as_batch=database.engine.dialect.name == "sqlite",
                compare_server_default=True,
            )
            context.run_migrations()
    finally:
        database.close()


_run()

"""Looking for what must not be somewhere: every spelling in which a text could stand in bytes that we write.

A text can stand as UTF-8, as JSON with escapes, and as base64 of either, beginning at any of three places.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import MetaData, select

from relevo.delivery.node import Node
from relevo.protocol.strict_json import JsonValue


def traces(raw: bytes, texts: Iterable[str]) -> list[str]:
    """Those of `texts` that stand in `raw` in any spelling."""
    return [text for text in texts if any(spelling in raw for spelling in _spellings(text))]


def file_of(node: Node) -> bytes:
    """All bytes of a node's SQLite files."""
    path = Path(str(node.database.engine.url.database))
    return b"".join(part.read_bytes() for part in (path, path.with_name(f"{path.name}-wal")) if part.exists())


def settled_file_of(node: Node) -> bytes:
    """The bytes of a node's SQLite file after everything in its journal was written back."""
    with node.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return file_of(node)


def rows_of(node: Node, *but: str) -> bytes:
    """Everything that stands in a node's tables without the tables `but`, whichever database it is."""
    metadata = MetaData()
    with node.database.engine.connect() as connection:
        metadata.reflect(connection)
        wanted = [table for table in metadata.tables.values() if table.name not in but]
        found = [connection.execute(select(table)).all() for table in wanted]
    return b"\n".join(_bytes(value) for rows in found for row in rows for value in row)


def count_of(node: Node, *but: str) -> dict[str, int]:
    """How many rows each table of a node has, without the tables `but`."""
    metadata = MetaData()
    with node.database.engine.connect() as connection:
        metadata.reflect(connection)
        wanted = [table for table in metadata.tables.values() if table.name not in but]
        return {table.name: len(connection.execute(select(table)).all()) for table in wanted}


def texts_in(value: JsonValue) -> Iterator[str]:
    """Every text of a JSON value, names of members left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts_in(item)


def _spellings(text: str) -> Iterator[bytes]:
    for plain in {text.encode(), json.dumps(text)[1:-1].encode()}:
        yield plain
        yield from _base64(plain)


def _base64(plain: bytes) -> Iterator[bytes]:
    """The characters that `plain` alone decides, in base64 that begins up to two bytes before it."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + plain)
        core = encoded[-(-before * 8 // 6) : (before + len(plain)) * 8 // 6]
        if core:
            yield core
            yield core.translate(bytes.maketrans(b"+/", b"-_"))


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    return value.encode() if isinstance(value, str) else json.dumps(value, default=str).encode()

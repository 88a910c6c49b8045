"""Backups of a node's SQLite file, and the day on which one is put back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from relevo.delivery.node import Node


@dataclass(frozen=True)
class Backup:
    """A node's database as it was."""

    node: Node
    content: bytes

    @classmethod
    def of(cls, node: Node) -> Backup:
        """The database of `node` as it is now."""
        node.database.settle()
        return cls(node, _file(node).read_bytes())

    def put_back(self) -> None:
        """Let the node be as old as this backup."""
        self.node.database.close()
        file = _file(self.node)
        for beside in ("-wal", "-shm"):
            file.with_name(file.name + beside).unlink(missing_ok=True)
        file.write_bytes(self.content)


def _file(node: Node) -> Path:
    name = node.database.engine.url.database
    assert name is not None
    return Path(name)

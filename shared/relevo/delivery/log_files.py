"""The node's log as it is shown to everybody: the newest checkpoint, tiles and bundles of entries (C2SP tlog-tiles).

Nothing of it says anything about anybody: entries are salted digests. So it is shown without a token, and a third
party can follow a node's log without being registered anywhere.
"""

from __future__ import annotations

from relevo.delivery.node import Node
from relevo.errors import NotFound
from relevo.protocol.tiles import HEIGHT, Tile, TileUnknown, parse_path, write_bundle
from relevo.storage import log, witness
from relevo.storage.unit_of_work import UnitOfWork


def newest(node: Node) -> str:
    """The newest checkpoint, with what witnesses have said of it by now.

    Raises:
        NotFound: if nothing was ever logged.
    """
    with node.read() as work:
        found = log.latest_checkpoint(work.session)
        if found is None:
            raise NotFound("the log is empty")
        return witness.cosigned(work.session, found)


def tile(node: Node, path: str) -> bytes:
    """The bytes of a tile or a bundle, such as `tile/0/x001/067` or `tile/entries/000.p/17`.

    Raises:
        TileUnknown: if the newest checkpoint does not cover all of it.
    """
    asked = parse_path(path)
    with node.read() as work:
        newest_one = log.latest_checkpoint(work.session)
        asked.require_within(newest_one.size if newest_one else 0)
        found = _parts(work, asked)
    if len(found) != asked.width:
        raise TileUnknown
    return write_bundle(found) if asked.level is None else b"".join(found)


def _parts(work: UnitOfWork, asked: Tile) -> list[bytes]:
    if asked.level is None:
        return witness.entries(work.session, asked.begin, asked.width)
    return witness.hashes(work.session, HEIGHT * asked.level, asked.begin, asked.width)

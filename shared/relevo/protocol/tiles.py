"""The log as files that never change, for whoever follows it (c2sp.org/tlog-tiles): hashes, and bundles of entries.

    tile/<level>/<index>           256 hashes of 32 bytes: those of level 8 * <level> of the tree, from 256 * <index> on
    tile/<level>/<index>.p/<width> the first <width> of them, while the log is too short for all
    tile/entries/<index>[.p/<w>]   the entries themselves, each after its length in two bytes, big endian

An index is written in groups of three digits, all but the last after an `x`: 1234067 is `x001/x234/067`. Relevo's
entries are salted digests (`record`), so nothing that these files show says anything about anybody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from relevo.errors import NotFound, WireError
from relevo.protocol.merkle import HASH_BYTES, Subtree, node_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT
"""Hashes in a full tile, and entries in a full bundle."""
MAX_LEVEL = 7
_GROUP = 1000
_LENGTH = 2

_PATH = re.compile(
    r"tile/(?P<level>entries|[0-7])/(?P<index>(?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


class TileUnknown(NotFound):
    """There is no such tile of this log, or not yet."""

    code = "tile-unknown"
    advice = "Read the newest checkpoint first; its size says which tiles there are."


class TileMalformed(WireError):
    """A tile does not have the bytes of one."""

    code = "tile-malformed"
    advice = "Fetch it again; if that fails too, tell the administrator of the node whose log it is."


@dataclass(frozen=True, kw_only=True)
class Tile:
    """The name of a tile: `level` 0 to 7, or None for a bundle of entries; `width` 1 to 256."""

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """The path below the address of the log."""
        groups = [f"{self.index % _GROUP:03}"]
        rest = self.index // _GROUP
        while rest:
            groups.insert(0, f"x{rest % _GROUP:03}")
            rest //= _GROUP
        level = "entries" if self.level is None else str(self.level)
        part = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(groups)}{part}"

    @property
    def begin(self) -> int:
        """The place of its first hash in its level of the tree, or of its first entry in the log."""
        return self.index * WIDTH

    def require_within(self, size: int) -> None:
        """Raises `TileUnknown` unless a log of `size` leaves has all of it."""
        if self.begin + self.width > size >> HEIGHT * (self.level or 0):
            raise TileUnknown


Read: TypeAlias = Callable[[Tile], bytes]
"""Gives the bytes of a tile."""


def parse_path(path: str) -> Tile:
    """The tile that a path names; raises `TileUnknown` for any other spelling."""
    found = _PATH.fullmatch(path)
    if not found:
        raise TileUnknown
    level, width = found["level"], found["width"]
    tile = Tile(
        level=None if level == "entries" else int(level),
        index=int(re.sub(r"[x/]", "", found["index"])),
        width=int(width) if width else WIDTH,
    )
    if tile.path != path or tile.width > WIDTH:
        raise TileUnknown
    return tile


def tile_at(level: int, index: int, size: int) -> Tile:
    """The tile `index` of a level in a log of `size` leaves, as wide as it is there."""
    return Tile(level=level, index=index, width=min(WIDTH, (size >> HEIGHT * level) - index * WIDTH))


def subtrees_of(read: Read, size: int) -> Subtree:
    """Reads the hash of a complete subtree out of the tiles of a log of `size` leaves.

    Raises:
        TileMalformed: (when reading) if a tile does not have as many bytes as it must.
    """

    def subtree(level: int, index: int) -> bytes:
        row, above = divmod(level, HEIGHT)
        first = index << above
        tile = tile_at(row, first // WIDTH, size)
        start = first % WIDTH
        return _root(_hashes(read(tile), tile.width)[start : start + (1 << above)])

    return subtree


def write_bundle(entries: Sequence[bytes]) -> bytes:
    """The bytes of a bundle of entries."""
    return b"".join(len(entry).to_bytes(_LENGTH) + entry for entry in entries)


def read_bundle(raw: bytes, width: int) -> list[bytes]:
    """The `width` entries of 32 bytes in a bundle; raises `TileMalformed` if it holds anything else."""
    length = _LENGTH + HASH_BYTES
    entries = [raw[at + _LENGTH : at + length] for at in range(0, len(raw), length)]
    if len(entries) != width or write_bundle(entries) != raw or any(len(entry) != HASH_BYTES for entry in entries):
        raise TileMalformed("a bundle does not hold its entries of 32 bytes")
    return entries


def _hashes(raw: bytes, width: int) -> list[bytes]:
    if len(raw) != width * HASH_BYTES:
        raise TileMalformed("a tile does not hold as many hashes as its name says")
    return [raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)]


def _root(hashes: Sequence[bytes]) -> bytes:
    """The root of a complete subtree, whose number of leaves is a power of two."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[at], level[at + 1]) for at in range(0, len(level), 2)]
    return level[0]

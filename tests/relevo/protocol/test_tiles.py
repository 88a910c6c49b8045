"""Tiles: their names, what a log of some size has of them, and that a tree read from them is the tree."""

from __future__ import annotations

import hashlib

import pytest

from relevo.protocol import merkle
from relevo.protocol.tiles import (
    HEIGHT,
    WIDTH,
    Tile,
    TileMalformed,
    TileUnknown,
    parse_path,
    read_bundle,
    subtrees_of,
    tile_at,
    write_bundle,
)

NAMES: dict[str, Tile] = {
    "tile/0/000": Tile(level=0, index=0),
    "tile/0/x001/x234/067": Tile(level=0, index=1234067),
    "tile/2/x001/000.p/1": Tile(level=2, index=1000, width=1),
    "tile/entries/273.p/255": Tile(level=None, index=273, width=255),
}
NO_NAMES = (
    "tile/0/0",
    "tile/0/1000",
    "tile/0/x000/001",
    "tile/0/x001",
    "tile/8/000",
    "tile/00/000",
    "tile/0/000.p/0",
    "tile/0/000.p/256",
    "tile/0/000.p/257",
    "tile/0/000.p/01",
    "tile/0/000/",
    "tile/entries/../000",
    "tile/0/\u0660\u0660\u0660",
    "",
)


@pytest.mark.parametrize("path", NAMES)
def test_a_name_is_read_and_written(path: str) -> None:
    assert parse_path(path) == NAMES[path]
    assert NAMES[path].path == path


@pytest.mark.parametrize("path", NO_NAMES)
def test_no_other_spelling_names_a_tile(path: str) -> None:
    with pytest.raises(TileUnknown):
        parse_path(path)


WITHIN: dict[str, tuple[Tile, int, bool]] = {
    "a whole tile of a log of 256": (Tile(level=0, index=0), 256, True),
    "a whole tile of a log of 255": (Tile(level=0, index=0), 255, False),
    "a part that an older log had": (Tile(level=0, index=0, width=3), 255, True),
    "the first hash of the second level": (Tile(level=1, index=0, width=1), 256, True),
    "the second level of a shorter log": (Tile(level=1, index=0, width=1), 255, False),
    "a bundle past the end": (Tile(level=None, index=1, width=1), 256, False),
    "nothing of an empty log": (Tile(level=0, index=0, width=1), 0, False),
}


@pytest.mark.parametrize("case", WITHIN)
def test_a_log_has_the_tiles_that_its_size_says(case: str) -> None:
    tile, size, there = WITHIN[case]
    if there:
        tile.require_within(size)
    else:
        with pytest.raises(TileUnknown):
            tile.require_within(size)


def leaves(count: int) -> list[bytes]:
    return [hashlib.sha256(number.to_bytes(4)).digest() for number in range(count)]


def direct(hashes: list[bytes]) -> merkle.Subtree:
    def subtree(level: int, index: int) -> bytes:
        if level == 0:
            return hashes[index]
        return merkle.node_hash(subtree(level - 1, 2 * index), subtree(level - 1, 2 * index + 1))

    return subtree


@pytest.mark.parametrize("size", [1, 2, 7, 255, 256, 257, 700, 66_000])
def test_the_tree_in_the_tiles_is_the_tree(size: int) -> None:
    tree = direct(leaves(size))
    read: list[str] = []

    def tiles(tile: Tile) -> bytes:
        read.append(tile.path)
        level = HEIGHT * (tile.level or 0)
        return b"".join(tree(level, tile.begin + at) for at in range(tile.width))

    from_tiles = subtrees_of(tiles, size)
    assert merkle.root(size, from_tiles) == merkle.root(size, tree)
    assert merkle.inclusion_proof(size // 3, size, from_tiles) == merkle.inclusion_proof(size // 3, size, tree)
    for path in read:
        parse_path(path).require_within(size)


def test_a_tile_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(TileMalformed):
        subtrees_of(lambda _: b"\0" * 33, 3)(0, 0)


def test_a_tile_is_as_wide_as_the_log_is_long() -> None:
    assert tile_at(0, 1, 300).width == 300 - WIDTH
    assert tile_at(0, 0, 300).width == WIDTH


BUNDLE = leaves(3)
SPOILED: dict[str, tuple[bytes, int]] = {
    "one entry less": (write_bundle(BUNDLE[:2]), 3),
    "one entry more": (write_bundle(BUNDLE), 2),
    "an entry that is cut": (write_bundle(BUNDLE)[:-1], 3),
    "an entry of another length": (write_bundle([BUNDLE[0], BUNDLE[1][:31], BUNDLE[2] + b"\0"]), 3),
}


def test_a_bundle_is_read_and_written() -> None:
    assert read_bundle(write_bundle(BUNDLE), 3) == BUNDLE
    assert write_bundle(BUNDLE)[:2] == b"\x00\x20"


@pytest.mark.parametrize("case", SPOILED)
def test_a_bundle_holds_just_its_entries(case: str) -> None:
    raw, width = SPOILED[case]
    with pytest.raises(TileMalformed):
        read_bundle(raw, width)

"""Files sealed in chunks: what is sealed opens, and nothing that was cut, moved, added, or changed does."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from relevo.protocol.file_seal import (
    CHUNK,
    MAGIC,
    MAX_FILE,
    TAG,
    FileTooLarge,
    FileUnreadable,
    new_file_key,
    open_file,
    seal_file,
    sealed_size,
)

KEY = bytes(range(32))
FILE = bytes(range(256)) * 1024
"""256 KiB; padded it fills five chunks."""

SIZES = {
    "nothing": 0,
    "one byte": 1,
    "one byte less than a chunk": CHUNK - 9,
    "exactly one chunk": CHUNK - 8,
    "one byte more than a chunk": CHUNK - 7,
    "several chunks": 3 * CHUNK + 1,
}


def sealed(plain: bytes = FILE, key: bytes = KEY) -> bytes:
    """A file, sealed as a whole."""
    return b"".join(seal_file([plain], len(plain), key))


def chunks() -> list[bytes]:
    """The sealed chunks of `FILE`."""
    body = sealed()[len(MAGIC) :]
    return [body[at : at + CHUNK + TAG] for at in range(0, len(body), CHUNK + TAG)]


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_what_was_sealed_opens_and_has_the_size_that_was_said(size: int) -> None:
    plain = FILE[:size]
    whole = sealed(plain)
    assert len(whole) == sealed_size(size)
    assert b"".join(open_file([whole], KEY)) == plain


@pytest.mark.parametrize("length", [1, 14, 16, 1000, CHUNK + TAG])
def test_it_does_not_matter_in_which_pieces_bytes_come(length: int) -> None:
    plain, whole = FILE[: CHUNK + 5000], sealed(FILE[: CHUNK + 5000])
    pieces = (whole[at : at + length] for at in range(0, len(whole), length))
    assert b"".join(open_file(pieces, KEY)) == plain
    again = (plain[at : at + length] for at in range(0, len(plain), length))
    assert b"".join(seal_file(again, len(plain), KEY)) == whole


BROKEN: dict[str, Callable[[list[bytes]], bytes]] = {
    "nothing at all": lambda _: b"",
    "only the first line": lambda _: MAGIC,
    "another first line": lambda parts: b"relevo-file-v2\n" + b"".join(parts),
    "half of the first line": lambda _: MAGIC[:7],
    "the last chunk is missing": lambda parts: MAGIC + b"".join(parts[:-1]),
    "the first chunk is missing": lambda parts: MAGIC + b"".join(parts[1:]),
    "a chunk in the middle is missing": lambda parts: MAGIC + b"".join(parts[:1] + parts[2:]),
    "the last byte is missing": lambda parts: (MAGIC + b"".join(parts))[:-1],
    "two chunks have changed places": lambda parts: MAGIC + b"".join([parts[1], parts[0], *parts[2:]]),
    "a chunk comes twice": lambda parts: MAGIC + b"".join([parts[0], *parts]),
    "the last chunk comes twice": lambda parts: MAGIC + b"".join([*parts, parts[-1]]),
    "a byte more": lambda parts: MAGIC + b"".join(parts) + b"\0",
    "one bit of a chunk has changed": lambda parts: MAGIC + bytes([parts[0][0] ^ 1]) + b"".join(parts)[1:],
    "one bit of a tag has changed": lambda parts: (MAGIC + b"".join(parts))[:-1] + bytes([parts[-1][-1] ^ 1]),
    "a chunk of another file": lambda parts: sealed(key=new_file_key())[: 15 + CHUNK + TAG] + b"".join(parts[1:]),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_what_is_not_whole_does_not_open(broken: Callable[[list[bytes]], bytes]) -> None:
    with pytest.raises(FileUnreadable):
        list(open_file([broken(chunks())], KEY))


KEYS = {"another key": new_file_key(), "half a key": KEY[:16], "no key": b""}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_under_another_key_nothing_opens(key: bytes) -> None:
    with pytest.raises(FileUnreadable):
        list(open_file([sealed()], key))


def test_files_of_about_one_length_cannot_be_told_apart() -> None:
    assert sealed_size(1_000_001) == sealed_size(1_010_000)
    assert sealed_size(MAX_FILE) < MAX_FILE * 1.12


UNFIT = {
    "longer than was said": (b"12345", 4),
    "shorter than was said": (b"12345", 6),
    "over 50 MB": (b"", MAX_FILE + 1),
}


@pytest.mark.parametrize(("plain", "size"), UNFIT.values(), ids=UNFIT)
def test_a_file_has_the_size_that_was_said(plain: bytes, size: int) -> None:
    with pytest.raises(FileTooLarge):
        list(seal_file([plain], size, KEY))


def test_the_largest_file_passes() -> None:
    pieces = itertools.repeat(bytes(1_000_000), MAX_FILE // 1_000_000)
    assert sum(map(len, open_file(seal_file(pieces, MAX_FILE, KEY), KEY))) == MAX_FILE

"""A file sealed in chunks, so that megabytes pass with constant memory and nobody sees how long the file is.

    sealed    = "relevo-file-v1" 0a ‖ chunk ‖ … ‖ chunk
    chunk     = AES-256-GCM of up to 65536 bytes of the padded file, tag (16 bytes) behind
    nonce     = number of the chunk from 0 (11 bytes, big endian) ‖ 01 for the last chunk, else 00
    associated data = the first line
    padded    = length of the file (8 bytes, big endian) ‖ file ‖ zeros up to a Padmé size

The key is random and serves one file only, so that no nonce comes twice. This is the STREAM construction (Hoang,
Reyhanitabar, Rogaway, Vizár, 2015): a chunk that was changed, moved, left out or added, and an end that came too early
or too late, do not open. Which sealed file it is, its digest says, in the signed content of a message.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from relevo.errors import WireError
from relevo.protocol.seal import padme_length

MAGIC = b"relevo-file-v1\n"
CHUNK = 1 << 16
TAG = 16
KEY_BYTES = 32
MAX_FILE = 50_000_000
"""Bytes of a file before sealing."""
_LENGTH_BYTES = 8


class FileUnreadable(WireError):
    """A sealed file does not open under its key, or is not of the one form."""

    code = "file-unreadable"
    public = "unreadable"
    advice = "Ask the sender to attach the file anew; nobody can open this one."


class FileTooLarge(WireError):
    """A file is empty or larger than a node carries, or not as long as was said."""

    code = "file-length-unfit"
    advice = "Send a file of 1 byte to 50 MB; scan at a lower resolution, or split it."


def new_file_key() -> bytes:
    """A key for one file."""
    return secrets.token_bytes(KEY_BYTES)


def sealed_size(size: int) -> int:
    """How many bytes a file of `size` bytes has when it is sealed."""
    padded = padme_length(_LENGTH_BYTES + size)
    return len(MAGIC) + padded + TAG * -(-padded // CHUNK)


MAX_SEALED = sealed_size(MAX_FILE)


def seal_file(pieces: Iterable[bytes], size: int, key: bytes) -> Iterator[bytes]:
    """The sealed file, piece by piece.

    Args:
        pieces: the file in pieces of any length.
        size: their length together, in bytes.
        key: from `new_file_key`, for this file alone.

    Raises:
        FileTooLarge: if `size` is not that of the pieces, or over 50 MB.
    """
    if not 0 <= size <= MAX_FILE:
        raise FileTooLarge
    last = -(-padme_length(_LENGTH_BYTES + size) // CHUNK) - 1
    cipher = AESGCM(key)
    yield MAGIC
    for number, chunk in enumerate(in_pieces(_padded(pieces, size), CHUNK)):
        yield cipher.encrypt(_nonce(number, last=number == last), chunk, MAGIC)


def open_file(sealed: Iterable[bytes], key: bytes) -> Iterator[bytes]:
    """The file inside, piece by piece; only when the last has come is it known that nothing was cut off.

    Raises:
        FileUnreadable: if it was changed, cut, or sealed under another key or in another form.
    """
    if len(key) != KEY_BYTES:
        raise FileUnreadable
    left: int | None = None
    for chunk in _opened(sealed, AESGCM(key)):
        body = chunk
        if left is None:
            left, body = int.from_bytes(chunk[:_LENGTH_BYTES]), chunk[_LENGTH_BYTES:]
        if body[left:].strip(b"\0"):
            raise FileUnreadable
        if left and body:
            yield body[:left]
        left -= min(left, len(body))
    if left != 0:
        raise FileUnreadable


def in_pieces(pieces: Iterable[bytes], length: int) -> Iterator[bytes]:
    """The same bytes in pieces of exactly `length`, but for the last."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= length:
            yield bytes(held[:length])
            del held[:length]
    if held:
        yield bytes(held)


def _padded(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    yield size.to_bytes(_LENGTH_BYTES)
    seen = 0
    for piece in pieces:
        seen += len(piece)
        if seen > size:
            raise FileTooLarge
        yield piece
    if seen != size:
        raise FileTooLarge
    missing = padme_length(_LENGTH_BYTES + size) - _LENGTH_BYTES - size
    while missing:
        yield bytes(min(missing, CHUNK))
        missing -= min(missing, CHUNK)


def _opened(sealed: Iterable[bytes], cipher: AESGCM) -> Iterator[bytes]:
    chunks = in_pieces(_without_magic(sealed), CHUNK + TAG)
    ahead = next(chunks, None)
    number = 0
    while ahead is not None:
        chunk, ahead = ahead, next(chunks, None)
        try:
            yield cipher.decrypt(_nonce(number, last=ahead is None), chunk, MAGIC)
        except InvalidTag as error:
            raise FileUnreadable from error
        number += 1


def _without_magic(sealed: Iterable[bytes]) -> Iterator[bytes]:
    head = b""
    for piece in sealed:
        if len(head) < len(MAGIC):
            head += piece
            if len(head) >= len(MAGIC):
                if not head.startswith(MAGIC):
                    raise FileUnreadable
                yield head[len(MAGIC) :]
        else:
            yield piece
    if len(head) < len(MAGIC):
        raise FileUnreadable


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11) + (b"\1" if last else b"\0")

"""Signed notes (c2sp.org/signed-note), as transparency logs and Go's `sumdb/note` write them, with Ed25519 keys.

    <text, one or more lines>
    <empty line>
    — <key name> <base64(key id (4 bytes) || signature (64 bytes))>

    key id       = SHA-256(key name || 0x0A || 0x01 || public key)[:4]
    verifier key = <key name>+<key id in hex>+<base64(0x01 || public key)>

A note may carry signatures of others, which are passed over; it holds if the one key that we ask for signed it. A line
that claims our key and does not verify makes the whole note worthless.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from relevo.errors import WireError
from relevo.protocol import base64std
from relevo.protocol.base64std import NotBase64
from relevo.protocol.keys import BadSignature, VerifyKey

if TYPE_CHECKING:
    from relevo.protocol.keys import Signer

MAX_CHARACTERS = 1 << 16
MAX_SIGNATURES = 100

_ED25519 = b"\1"
_KEY_ID = 4
_DASH = "\N{EM DASH} "


class NoteMalformed(WireError):
    """A text is not a signed note."""

    code = "note-malformed"


class NoteBadSignature(WireError):
    """A note is not signed by the key that it needs."""

    code = "note-bad-signature"


def verifier_key(name: str, key: VerifyKey) -> str:
    """The public key as other software takes it, for example `es:retorno/log+1a2b3c4d+AZ…`."""
    return f"{name}+{key_id(name, _ED25519, key).hex()}+{base64std.encode(_ED25519 + key.raw)}"


def read_verifier_key(text: str, algorithm: bytes = _ED25519) -> tuple[str, VerifyKey]:
    """The name and the key in a verifier key of this algorithm (one byte; 0x01 for a log, 0x04 for a witness).

    Raises:
        NoteMalformed: if it is none, or its key id is another key's.
        UnfitKey: if the key is not fit for use.
    """
    name, _, rest = text.partition("+")
    told, _, encoded = rest.partition("+")
    _require_name(name)
    try:
        raw = base64std.decode(encoded)
    except NotBase64 as error:
        raise NoteMalformed("a verifier key is not a name, a key id and a key") from error
    if raw[:1] != algorithm:
        raise NoteMalformed("a verifier key is of another kind")
    key = VerifyKey(raw[1:])
    if key_id(name, algorithm, key).hex() != told:
        raise NoteMalformed("the key id of a verifier key is another key's")
    return name, key


def sign_note(text: str, name: str, key: Signer) -> str:
    """`text`, which ends with a newline, signed by `key` under `name`.

    Raises:
        NoteMalformed: if text or name cannot stand in a note.
    """
    _require_text(text)
    _require_name(name)
    return f"{text}\n" + signature_line(name, key_id(name, _ED25519, key.public) + key.sign(text.encode()))


def read_note(note: str, name: str, key: VerifyKey) -> str:
    """The text of a note that `key` signed under `name`, with its last newline.

    Raises:
        NoteMalformed: if it is not a note.
        NoteBadSignature: if no signature is by this name and key, or one that claims to be does not verify.
    """
    text, signatures = split_note(note)
    wanted = key_id(name, _ED25519, key)
    ours = [signature for signer, found, signature in signatures if (signer, found) == (name, wanted)]
    if not ours:
        raise NoteBadSignature("a note is not signed by the key that it needs")
    try:
        for signature in ours:
            key.verify(signature, text.encode())
    except BadSignature as error:
        raise NoteBadSignature("a signature of a note does not verify") from error
    return text


def key_id(name: str, algorithm: bytes, key: VerifyKey) -> bytes:
    """The four bytes that stand for a key in a signature line; `algorithm` is one byte, 0x01 for Ed25519."""
    return hashlib.sha256(name.encode() + b"\n" + algorithm + key.raw).digest()[:_KEY_ID]


def signature_line(name: str, signature: bytes) -> str:
    """The line that says that `name` signed; `signature` begins with the key id."""
    return f"{_DASH}{name} {base64std.encode(signature)}\n"


def split_note(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """The text of a note, and for each signature line its name, key id and signature; nothing is verified.

    Raises:
        NoteMalformed: if it is not a note.
    """
    body, separator, tail = note.rpartition("\n\n")
    lines = tail.split("\n")
    if len(note) > MAX_CHARACTERS or not separator or not 1 < len(lines) <= MAX_SIGNATURES + 1 or lines.pop():
        raise NoteMalformed("not a text, an empty line and lines of signatures")
    text = body + "\n"
    _require_text(text)
    return text, [_signature(line) for line in lines]


def _signature(line: str) -> tuple[str, bytes, bytes]:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise NoteMalformed("a line of a note is not a signature")
    _require_name(name)
    try:
        raw = base64std.decode(encoded)
    except NotBase64 as error:
        raise NoteMalformed("a signature of a note is not base64") from error
    if len(raw) <= _KEY_ID:
        raise NoteMalformed("a signature of a note is too short")
    return name, raw[:_KEY_ID], raw[_KEY_ID:]


def _require_text(text: str) -> None:
    if not text.endswith("\n") or any(character < " " and character != "\n" for character in text):
        raise NoteMalformed("the text of a note ends with a newline and has no other control characters")


def _require_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise NoteMalformed("a key name is empty or has a space or a plus sign")

"""Hiding a message from everybody but one node, for decades, and hiding how long it is.

    sealed = enc (X-Wing 1120 bytes, X25519 32 bytes) ‖ AES-256-GCM ciphertext, with a tag of 16 bytes, of
             length of payload, 4 bytes, big endian ‖ payload ‖ zeros up to a Padmé size

HPKE base mode (RFC 9180) with an empty `aad`, one message for each key schedule. The suite is the key's and stands
nowhere in what is sealed:

| `key.suite` | KEM | KDF | AEAD |
| --- | --- | --- | --- |
| `X-Wing` | X-Wing (0x647a): ML-KEM-768 with X25519 | HKDF-SHA256 (1) | AES-256-GCM (2) |
| `X25519` | DHKEM(X25519, HKDF-SHA256) (0x20) | HKDF-SHA256 (1) | AES-256-GCM (2) |

`info` binds a ciphertext to its place, so that it cannot be moved. Base mode proves no sender; the signed manifest
does. Padmé (Nikitin and others, PURBs, 2019, section 4) lets at most O(log log n) bits of the length show and adds at
most 12 %. `encrypt` and `decrypt` are the HPKE alone, without padding.
"""

from __future__ import annotations

from relevo.errors import WireError
from relevo.protocol.keys import HPKE, EncryptionKey, Opener, Undecipherable

__all__ = ["BadPadding", "Undecipherable", "decrypt", "encrypt", "open_sealed", "pad", "padme_length", "seal", "unpad"]

_LENGTH_BYTES = 4


class BadPadding(WireError):
    """What was sealed is not padded in the one way."""

    code = "bad-padding"
    public = "unreadable"


def seal(plaintext: bytes, key: EncryptionKey, info: bytes) -> bytes:
    """`plaintext`, padded, for the owner of `key` and the place `info` only."""
    return encrypt(pad(plaintext), key, info)


def open_sealed(sealed: bytes, key: Opener, info: bytes) -> bytes:
    """What was sealed for `key` and the place `info`.

    Raises:
        Undecipherable: if it was another key or place, or a bit has changed.
        BadPadding: if the padding is not the one that `pad` makes.
    """
    return unpad(decrypt(sealed, key, info))


def encrypt(plaintext: bytes, key: EncryptionKey, info: bytes) -> bytes:
    """`enc ‖ ciphertext` of `plaintext` as it is (RFC 9180, section 6.1, SealBase)."""
    return HPKE[key.suite].encrypt(plaintext, key.public, info)


def decrypt(sealed: bytes, key: Opener, info: bytes) -> bytes:
    """What `encrypt` hid (RFC 9180, section 6.1, OpenBase).

    Raises:
        Undecipherable: if it was another key or place, or a bit has changed.
    """
    return key.decrypt(sealed, info)


def pad(payload: bytes) -> bytes:
    """`payload` after its length and before zeros, of a Padmé size."""
    framed = len(payload).to_bytes(_LENGTH_BYTES) + payload
    return framed.ljust(padme_length(len(framed)), b"\0")


def unpad(padded: bytes) -> bytes:
    """The payload inside; raises `BadPadding` unless `pad` makes exactly `padded` of it."""
    end = _LENGTH_BYTES + int.from_bytes(padded[:_LENGTH_BYTES])
    payload = padded[_LENGTH_BYTES:end]
    if pad(payload) != padded:
        raise BadPadding
    return payload


def padme_length(length: int) -> int:
    """The Padmé size for `length` bytes: its float keeps as many mantissa bits as its exponent has."""
    if length <= 1:
        return length
    exponent = length.bit_length() - 1
    free = exponent - exponent.bit_length()
    mask = (1 << max(free, 0)) - 1
    return length + mask & ~mask

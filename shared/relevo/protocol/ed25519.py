"""When an Ed25519 signature holds, and what makes the 32 bytes of a key unfit (RFC 8032, section 5.1).

A signature holds if `S < L` and the encoding of `[S]B - [h]A` is R, byte for byte: without the cofactor, as OpenSSL has
it. OpenSSL is the judge; libsodium, which takes half as long, is asked before it and can only say yes. What it takes
OpenSSL takes, because it computes the same and refuses more besides: an R of small order, for one. That is so up to
libsodium 1.0.20; later ones multiply by the cofactor and take more. So one signature that holds only with the cofactor
is shown to it when this module is loaded, and a libsodium that takes it is not asked again (ADR 0083).

OpenSSL accepts keys of small order, under which one signature verifies for every message, and encodings that are not
canonical; `unfit` tells both, before a key is used for anything.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

KEY_BYTES, SIGNATURE_BYTES = 32, 64

_PRIME = 2**255 - 19
_D = -121665 * pow(121666, -1, _PRIME) % _PRIME


def holds(key: bytes, signature: bytes, data: bytes) -> bool:
    """Whether `signature` is the one of a fit `key` over `data`."""
    return (_IS_SODIUM_STRICT and _sodium_takes(key, signature, data)) or _openssl_takes(key, signature, data)


def unfit(raw: bytes) -> str | None:
    """What makes `raw` unfit as a key: its length, its spelling, small order, that it is no point; None if nothing."""
    if len(raw) != KEY_BYTES:
        return "an Ed25519 key does not have 32 bytes"
    y = int.from_bytes(raw, "little") & (1 << 255) - 1
    if y >= _PRIME:
        return "an Ed25519 key is not canonical"
    # Doubling a point of order 8 gives y = 0, hence x² = -y² and d·y⁴ + 2y² = 1 on the curve;
    # orders 1, 2 and 4 are y = 1, -1 and 0.
    if y * (y * y - 1) * (_D * y**4 + 2 * y * y - 1) % _PRIME == 0:
        return "an Ed25519 key is of small order"
    # x² = (y² - 1) / (d·y² + 1) has a root if and only if numerator times denominator is a square (Euler's criterion);
    # OpenSSL takes any 32 bytes here and finds out at the first signature.
    if pow((y * y - 1) * (_D * y * y + 1), (_PRIME - 1) // 2, _PRIME) != 1:
        return "an Ed25519 key is not a point"
    return None


def _sodium_takes(key: bytes, signature: bytes, data: bytes) -> bool:
    # The two are handed over as one text, in which only their lengths tell them apart.
    if len(signature) != SIGNATURE_BYTES:
        return False
    try:
        crypto_sign_open(signature + data, key)
    except BadSignatureError:
        return False
    return True


def _openssl_takes(key: bytes, signature: bytes, data: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, data)
    except InvalidSignature:
        return False
    return True


# Number 4 in table 5 of Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs", 2020.
_IS_SODIUM_STRICT = not _sodium_takes(
    bytes.fromhex("cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d"),
    bytes.fromhex(
        "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed512"
        "5ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09"
    ),
    bytes.fromhex("e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c"),
)

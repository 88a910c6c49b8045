"""Bytes of a second implementation, written from docs/protocol.md alone: sections 1, 2, 3, 8, and the base of 10."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PublicKey, Suite

Json = dict[str, Any]


# 1. Encodings


def encode(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The bytes of it."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def digest(raw: bytes) -> str:
    """SHA-256 as text."""
    return encode(hashlib.sha256(raw).digest())


def dump(value: object, *, ordered: bool = False) -> bytes:
    """JSON as a writer writes it; `ordered` sorts names, where a record is hashed (section 7)."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=ordered).encode()


# 2. Keys


def jwk(key: Ed25519PrivateKey) -> Json:
    """The public half of a signing key."""
    return {"kty": "OKP", "crv": "Ed25519", "x": encode(key.public_key().public_bytes_raw())}


def kid(public: Mapping[str, str]) -> str:
    """Its thumbprint (RFC 7638)."""
    return digest(f'{{"crv":"Ed25519","kty":"OKP","x":"{public["x"]}"}}'.encode())


def sealing_key(suite: str, public: bytes) -> Json:
    """An encryption key as it is written."""
    named = b"relevo-encryption-key-v1\0" + suite.encode() + b"\0" + public
    return {"kid": digest(named), "suite": suite, "public": encode(public)}


SUITES = {
    "X25519": Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM),
    "X-Wing": Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM),
}


# 3. Signatures that last


def sign(payload: bytes, typ: str, key: Ed25519PrivateKey) -> str:
    """A JWS of the one profile."""
    head = {"alg": "Ed25519", "kid": kid(jwk(key)), "typ": typ}
    body = f"{encode(dump(head))}.{encode(payload)}"
    return f"{body}.{encode(key.sign(body.encode()))}"


def verified(token: str, typ: str, statement: Json) -> Json:
    """The payload, if a key of that statement signed it for that purpose."""
    head, payload, signature = token.split(".")
    said = json.loads(decode(head))
    assert said.keys() == {"alg", "kid", "typ"}
    assert (said["alg"], said["typ"]) == ("Ed25519", typ)
    (public,) = (one["key"] for one in statement["signing"] if kid(one["key"]) == said["kid"])
    Ed25519PublicKey.from_public_bytes(decode(public["x"])).verify(decode(signature), f"{head}.{payload}".encode())
    found: Json = json.loads(decode(payload))
    return found


# 8. Sealing


def padded(payload: bytes) -> bytes:
    """With its length before it, and zeros up to a Padmé size."""
    raw = len(payload).to_bytes(4, "big") + payload
    exponent = len(raw).bit_length() - 1
    unit = 1 << (exponent - exponent.bit_length())
    return raw.ljust(-(-len(raw) // unit) * unit, b"\0")


def seal(payload: bytes, key: Json, info: bytes) -> bytes:
    """`enc` and ciphertext for the owner of an encryption key."""
    raw = decode(key["public"])
    if key["suite"] == "X25519":
        return SUITES["X25519"].encrypt(padded(payload), X25519PublicKey.from_public_bytes(raw), info)
    lattice, curve = MLKEM768PublicKey.from_public_bytes(raw[:1184]), X25519PublicKey.from_public_bytes(raw[1184:])
    return SUITES["X-Wing"].encrypt(padded(payload), MLKEM768X25519PublicKey(lattice, curve), info)


# 10. Hop


def content_digest(body: bytes) -> str:
    """The field `content-digest` of a body."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def quoted(name: str) -> str:
    """A component as it is named."""
    return f'"{name}"'

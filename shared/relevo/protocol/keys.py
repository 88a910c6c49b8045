"""The four kinds of key, and what makes a key from a stranger unfit.

| class | kind | written as |
| --- | --- | --- |
| `SigningKey`, `VerifyKey` | Ed25519 | JWK of `kty`, `crv`, `x` (RFC 8037); `kid` = thumbprint (RFC 7638) |
| `Signer` | Ed25519, wherever the private half is | not at all |
| `OfflineKey` | a `Signer` whose private half is elsewhere | as its public half |
| `DecryptionKey`, `EncryptionKey` | X-Wing (ML-KEM-768 with X25519) or X25519 | `{"kid","suite","public"}` |
| `Opener` | either of them, wherever the private half is | not at all |

The suite of an encryption key is a property of the key: its raw bytes have one length for each suite, and the written
form names it besides. Nothing that is sealed names a suite, so none can be negotiated. The X-Wing seed is what the
KEM's draft expands its own 32 bytes to: SHAKE256 of them, 96 bytes.

| suite | public key | seed |
| --- | --- | --- |
| `X-Wing` | ML-KEM-768, 1184 bytes ‖ X25519, 32 bytes | ML-KEM, 64 bytes ‖ X25519, 32 bytes |
| `X25519` | 32 bytes (RFC 7748) | 32 bytes |

A key that is malformed, not canonical or of small order is refused here, before it is used for anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from relevo.errors import Misconfigured, WireError
from relevo.protocol import base64url, ed25519
from relevo.protocol.strict_json import JsonObject, dump

_ML_KEM_PUBLIC, _ML_KEM_SEED, _X25519 = 1184, 64, 32

X_WING, X25519 = "X-Wing", "X25519"
SUITES = (X_WING, X25519)
HPKE = {
    X_WING: Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM),
    X25519: Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM),
}
"""What each suite is (`relevo.protocol.seal`)."""
_SUITE_OF_PUBLIC = {_ML_KEM_PUBLIC + _X25519: X_WING, _X25519: X25519}
_SUITE_OF_SEED = {_ML_KEM_SEED + _X25519: X_WING, _X25519: X25519}

PublicHalf: TypeAlias = MLKEM768X25519PublicKey | X25519PublicKey
PrivateHalf: TypeAlias = MLKEM768X25519PrivateKey | X25519PrivateKey


class UnfitKey(WireError):
    """A key is malformed, not canonical, or of small order."""

    code = "unfit-key"
    advice = "Ask the peer's administrator for a new statement; do not register this one."


class BadSignature(WireError):
    """A signature does not verify."""

    code = "bad-signature"
    public = "unreadable"


class Undecipherable(WireError):
    """Sealed bytes do not open under this key and in this place."""

    code = "decryption-failed"
    public = "unreadable"


@dataclass(frozen=True)
class VerifyKey:
    """A public Ed25519 key, fit for use: canonical and not of small order."""

    raw: bytes

    def __post_init__(self) -> None:
        if (reason := ed25519.unfit(self.raw)) is not None:
            raise UnfitKey(reason)

    @classmethod
    def from_jwk(cls, jwk: object) -> VerifyKey:
        """The key in a JWK that has exactly `kty`, `crv` and `x` (RFC 8037, section 2)."""
        if not isinstance(jwk, dict) or set(jwk) != {"kty", "crv", "x"}:
            raise UnfitKey("a signing key is not a JWK of exactly kty, crv and x")
        if jwk["kty"] != "OKP" or jwk["crv"] != "Ed25519" or not isinstance(jwk["x"], str):
            raise UnfitKey("a signing key is not Ed25519")
        return cls(base64url.decode(jwk["x"]))

    @property
    def jwk(self) -> JsonObject:
        """The key as a JWK."""
        return {"kty": "OKP", "crv": "Ed25519", "x": base64url.encode(self.raw)}

    @cached_property
    def kid(self) -> str:
        """SHA-256 thumbprint of the key (RFC 7638; RFC 8037, section 2)."""
        return base64url.digest(dump({"crv": "Ed25519", "kty": "OKP", "x": base64url.encode(self.raw)}))

    @cached_property
    def public(self) -> Ed25519PublicKey:
        """The key as the cryptography library takes it."""
        return Ed25519PublicKey.from_public_bytes(self.raw)

    def verify(self, signature: bytes, data: bytes) -> None:
        """Raises `BadSignature` unless `signature` (64 bytes) is this key's over `data`."""
        if not ed25519.holds(self.raw, signature, data):
            raise BadSignature


class Signer(Protocol):
    """What signs for this node, wherever its private half is: a file, another process, a security module.

    Everything that signs takes a `Signer`; only a ring that is kept in a file knows seeds.
    """

    @property
    def public(self) -> VerifyKey:
        """The half that others see."""
        ...

    @property
    def kid(self) -> str:
        """The thumbprint of the public half."""
        ...

    def sign(self, data: bytes) -> bytes:
        """The signature over `data`, 64 bytes (RFC 8032)."""
        ...


class Opener(Protocol):
    """What opens seals for this node, wherever its private half is, as `Signer` is for signatures."""

    @property
    def public(self) -> EncryptionKey:
        """The half that others seal to."""
        ...

    @property
    def kid(self) -> str:
        """The digest that names the public half."""
        ...

    def decrypt(self, sealed: bytes, info: bytes) -> bytes:
        """What was sealed, still padded (RFC 9180, section 6.1, OpenBase); raises `Undecipherable`."""
        ...


class KeyOffline(Misconfigured):
    """The private half of a key is not at this node."""

    code = "key-offline"
    advice = "Bring the file with the root key to this machine and name it with --root FILE."


@dataclass(frozen=True)
class OfflineKey:
    """A key whose private half is kept elsewhere: it can be compared and shown, but does not sign."""

    public: VerifyKey

    @property
    def kid(self) -> str:
        """The thumbprint of the key."""
        return self.public.kid

    def sign(self, data: bytes) -> bytes:
        """Raises `KeyOffline`."""
        del data
        raise KeyOffline


@dataclass(frozen=True)
class SigningKey:
    """A private Ed25519 key of this node; `seed` has 32 bytes and is never shown."""

    seed: bytes

    def __post_init__(self) -> None:
        if len(self.seed) != ed25519.KEY_BYTES:
            raise UnfitKey("an Ed25519 seed does not have 32 bytes")

    def __repr__(self) -> str:
        return f"SigningKey(kid={self.kid})"

    @classmethod
    def generate(cls) -> SigningKey:
        """A fresh key."""
        return cls(Ed25519PrivateKey.generate().private_bytes_raw())

    @cached_property
    def private(self) -> Ed25519PrivateKey:
        """The key as the cryptography library takes it."""
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @cached_property
    def public(self) -> VerifyKey:
        """The half that others see."""
        return VerifyKey(self.private.public_key().public_bytes_raw())

    @property
    def kid(self) -> str:
        """The thumbprint of the public half."""
        return self.public.kid

    def sign(self, data: bytes) -> bytes:
        """The signature over `data`, 64 bytes (RFC 8032)."""
        return self.private.sign(data)


@dataclass(frozen=True)
class EncryptionKey:
    """A public key to seal for: X-Wing (1216 bytes) or X25519 (32 bytes).

    Written as `{"kid": …, "suite": "X-Wing" or "X25519", "public": base64url}`; `kid` is SHA-256 over
    `relevo-encryption-key-v1`, the suite and the raw key, joined by a zero byte.
    """

    raw: bytes

    def __post_init__(self) -> None:
        _ = self.public

    @classmethod
    def from_object(cls, value: object) -> EncryptionKey:
        """The key in its written form; `kid` and suite must be the ones that the key has."""
        if not isinstance(value, dict) or set(value) != {"kid", "suite", "public"}:
            raise UnfitKey("an encryption key is not exactly kid, suite and public")
        if value["suite"] not in SUITES or not isinstance(value["public"], str):
            raise UnfitKey("an encryption key is of an unknown suite")
        key = cls(base64url.decode(value["public"]))
        if (value["suite"], value["kid"]) != (key.suite, key.kid):
            raise UnfitKey("an encryption key does not have the suite or the kid that it claims")
        return key

    @property
    def suite(self) -> str:
        """How to seal for the key; raises `UnfitKey` if no suite has keys of this length."""
        if (suite := _SUITE_OF_PUBLIC.get(len(self.raw))) is None:
            raise UnfitKey("an encryption key has neither 1216 bytes (X-Wing) nor 32 (X25519)")
        return suite

    @property
    def written(self) -> JsonObject:
        """The key as it stands in a node statement."""
        return {"kid": self.kid, "suite": self.suite, "public": base64url.encode(self.raw)}

    @cached_property
    def kid(self) -> str:
        """The digest that names the key."""
        return base64url.digest(b"\0".join((b"relevo-encryption-key-v1", self.suite.encode(), self.raw)))

    @cached_property
    def public(self) -> PublicHalf:
        """The key as the cryptography library takes it; raises `UnfitKey` if it is malformed or of small order."""
        suite = self.suite
        try:
            curve = X25519PublicKey.from_public_bytes(self.raw[-_X25519:])
            X25519PrivateKey.from_private_bytes(b"\1" * _X25519).exchange(curve)
            if suite == X25519:
                return curve
            return MLKEM768X25519PublicKey(MLKEM768PublicKey.from_public_bytes(self.raw[:-_X25519]), curve)
        except ValueError as error:
            raise UnfitKey("an encryption key is malformed or of small order") from error


@dataclass(frozen=True)
class DecryptionKey:
    """A private key of this node: an X-Wing seed (96 bytes) or an X25519 seed (32 bytes), never shown."""

    seed: bytes

    def __post_init__(self) -> None:
        _ = self.suite

    def __repr__(self) -> str:
        return f"DecryptionKey(kid={self.kid})"

    @classmethod
    def generate(cls, suite: str = X_WING) -> DecryptionKey:
        """A fresh key of one of `SUITES`; raises `UnfitKey` for any other."""
        if suite not in SUITES:
            raise UnfitKey("an encryption key is of an unknown suite")
        curve = X25519PrivateKey.generate().private_bytes_raw()
        return cls(curve if suite == X25519 else MLKEM768PrivateKey.generate().private_bytes_raw() + curve)

    @property
    def suite(self) -> str:
        """The suite of the key; raises `UnfitKey` if no suite has seeds of this length."""
        if (suite := _SUITE_OF_SEED.get(len(self.seed))) is None:
            raise UnfitKey("a decryption seed has neither 96 bytes (X-Wing) nor 32 (X25519)")
        return suite

    @cached_property
    def private(self) -> PrivateHalf:
        """The key as the cryptography library takes it."""
        curve = X25519PrivateKey.from_private_bytes(self.seed[-_X25519:])
        return curve if self.suite == X25519 else MLKEM768X25519PrivateKey(self._lattice, curve)

    @cached_property
    def public(self) -> EncryptionKey:
        """The half that others see."""
        curve = X25519PrivateKey.from_private_bytes(self.seed[-_X25519:]).public_key().public_bytes_raw()
        return EncryptionKey(curve if self.suite == X25519 else self._lattice.public_key().public_bytes_raw() + curve)

    @property
    def kid(self) -> str:
        """The digest that names the public half."""
        return self.public.kid

    def decrypt(self, sealed: bytes, info: bytes) -> bytes:
        """See `Opener`."""
        try:
            return HPKE[self.suite].decrypt(sealed, self.private, info)
        except InvalidTag as error:
            raise Undecipherable from error

    @property
    def _lattice(self) -> MLKEM768PrivateKey:
        return MLKEM768PrivateKey.from_seed_bytes(self.seed[:_ML_KEM_SEED])

"""The four kinds of key, and what makes a key from a stranger unfit.

| class | kind | written as |
| --- | --- | --- |
| `SigningKey`, `VerifyKey` | Ed25519 | JWK of `kty`, `crv`, `x` (RFC 8037); `kid` = thumbprint (RFC 7638) |
| `Signer` | Ed25519, wherever the private half is | not at all |
| `OfflineKey` | a `Signer` whose private half is elsewhere | as its public half |
| `DecryptionKey`, `EncryptionKey` | X-Wing (ML-KEM-768 with X25519) | `{"kid","suite","public"}`, see `EncryptionKey` |

OpenSSL accepts Ed25519 keys of small order, under which one signature verifies for every message, and encodings that
are not canonical; both are refused here, before a key is used for anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey

from relevo.errors import Misconfigured, WireError
from relevo.protocol import base64url
from relevo.protocol.strict_json import JsonObject, dump

_PRIME = 2**255 - 19
_D = -121665 * pow(121666, -1, _PRIME) % _PRIME
_ML_KEM_PUBLIC, _ML_KEM_SEED, _X25519, _ED25519 = 1184, 64, 32, 32


class UnfitKey(WireError):
    """A key is malformed, not canonical, or of small order."""

    code = "unfit-key"
    advice = "Ask the peer's administrator for a new statement; do not register this one."


class BadSignature(WireError):
    """A signature does not verify."""

    code = "bad-signature"
    public = "unreadable"


@dataclass(frozen=True)
class VerifyKey:
    """A public Ed25519 key, fit for use: canonical and not of small order."""

    raw: bytes

    def __post_init__(self) -> None:
        _require_fit(self.raw)

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
        try:
            self.public.verify(signature, data)
        except InvalidSignature as error:
            raise BadSignature from error


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
        if len(self.seed) != _ED25519:
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
    """A public X-Wing key: ML-KEM-768 (1184 bytes) followed by X25519 (32 bytes).

    Written as `{"kid": …, "suite": "X-Wing", "public": base64url}`; `kid` is SHA-256 over
    `relevo-encryption-key-v1`, the suite and the raw key, joined by a zero byte.
    """

    raw: bytes

    suite: ClassVar[str] = "X-Wing"

    def __post_init__(self) -> None:
        _ = self.public

    @classmethod
    def from_object(cls, value: object) -> EncryptionKey:
        """The key in its written form; the `kid` must be the one that the key has."""
        if not isinstance(value, dict) or set(value) != {"kid", "suite", "public"}:
            raise UnfitKey("an encryption key is not exactly kid, suite and public")
        if value["suite"] != cls.suite or not isinstance(value["public"], str):
            raise UnfitKey("an encryption key is of an unknown suite")
        key = cls(base64url.decode(value["public"]))
        if value["kid"] != key.kid:
            raise UnfitKey("an encryption key does not have the kid that it claims")
        return key

    @property
    def written(self) -> JsonObject:
        """The key as it stands in a node statement."""
        return {"kid": self.kid, "suite": self.suite, "public": base64url.encode(self.raw)}

    @cached_property
    def kid(self) -> str:
        """The digest that names the key."""
        return base64url.digest(b"\0".join((b"relevo-encryption-key-v1", self.suite.encode(), self.raw)))

    @cached_property
    def public(self) -> MLKEM768X25519PublicKey:
        """The key as the cryptography library takes it; raises `UnfitKey` if it is malformed."""
        if len(self.raw) != _ML_KEM_PUBLIC + _X25519:
            raise UnfitKey("an X-Wing key does not have 1216 bytes")
        try:
            lattice = MLKEM768PublicKey.from_public_bytes(self.raw[:_ML_KEM_PUBLIC])
            curve = X25519PublicKey.from_public_bytes(self.raw[_ML_KEM_PUBLIC:])
            X25519PrivateKey.from_private_bytes(b"\1" * _X25519).exchange(curve)
        except ValueError as error:
            raise UnfitKey("an X-Wing key is malformed or of small order") from error
        return MLKEM768X25519PublicKey(lattice, curve)


@dataclass(frozen=True)
class DecryptionKey:
    """A private X-Wing key of this node: ML-KEM seed (64 bytes) followed by X25519 (32 bytes)."""

    seed: bytes

    def __post_init__(self) -> None:
        if len(self.seed) != _ML_KEM_SEED + _X25519:
            raise UnfitKey("an X-Wing seed does not have 96 bytes")

    def __repr__(self) -> str:
        return f"DecryptionKey(kid={self.kid})"

    @classmethod
    def generate(cls) -> DecryptionKey:
        """A fresh key."""
        lattice, curve = MLKEM768PrivateKey.generate(), X25519PrivateKey.generate()
        return cls(lattice.private_bytes_raw() + curve.private_bytes_raw())

    @cached_property
    def private(self) -> MLKEM768X25519PrivateKey:
        """The key as the cryptography library takes it."""
        lattice, curve = self._halves
        return MLKEM768X25519PrivateKey(lattice, curve)

    @cached_property
    def public(self) -> EncryptionKey:
        """The half that others see."""
        lattice, curve = self._halves
        return EncryptionKey(lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw())

    @property
    def kid(self) -> str:
        """The digest that names the public half."""
        return self.public.kid

    @property
    def _halves(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        return (
            MLKEM768PrivateKey.from_seed_bytes(self.seed[:_ML_KEM_SEED]),
            X25519PrivateKey.from_private_bytes(self.seed[_ML_KEM_SEED:]),
        )


def _require_fit(raw: bytes) -> None:
    if len(raw) != _ED25519:
        raise UnfitKey("an Ed25519 key does not have 32 bytes")
    y = int.from_bytes(raw, "little") & (1 << 255) - 1
    if y >= _PRIME:
        raise UnfitKey("an Ed25519 key is not canonical")
    # Doubling a point of order 8 gives y = 0, hence x² = -y² and d·y⁴ + 2y² = 1 on the curve;
    # orders 1, 2 and 4 are y = 1, -1 and 0.
    if y * (y * y - 1) * (_D * y**4 + 2 * y * y - 1) % _PRIME == 0:
        raise UnfitKey("an Ed25519 key is of small order")
    # x² = (y² - 1) / (d·y² + 1) has a root if and only if numerator times denominator is a square (Euler's criterion);
    # OpenSSL takes any 32 bytes here and finds out at the first signature.
    if pow((y * y - 1) * (_D * y * y + 1), (_PRIME - 1) // 2, _PRIME) != 1:
        raise UnfitKey("an Ed25519 key is not a point")

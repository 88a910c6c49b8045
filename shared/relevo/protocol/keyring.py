"""The private keys of one node, one for each purpose.

    {"root": seed, "signing": seed, "presentation": seed, "log": seed, "witness": seed, "encryption": seed}

Seeds are base64url: 32 bytes for each Ed25519 key; for the encryption key 96 (X-Wing: ML-KEM 64, X25519 32) or 32
(X25519). Whoever holds this object is the node: it is written to one protected file, never logged and never shown by
`repr`. No key serves two purposes; the root signs statements only and can be kept off line.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from relevo.errors import Misconfigured, WireError
from relevo.protocol import base64url
from relevo.protocol.keys import X_WING, DecryptionKey, SigningKey


@dataclass(frozen=True, kw_only=True)
class KeyRing:
    """All private keys of a node; `repr` shows their ids only."""

    root: SigningKey
    signing: SigningKey
    presentation: SigningKey
    log: SigningKey
    witness: SigningKey
    encryption: DecryptionKey

    @classmethod
    def generate(cls, suite: str = X_WING) -> KeyRing:
        """A ring of fresh keys, the one for encryption of one of `keys.SUITES`."""
        return cls(**{name: SigningKey.generate() for name in _SIGNING}, encryption=DecryptionKey.generate(suite))

    @classmethod
    def from_object(cls, value: object) -> KeyRing:
        """The ring in its written form.

        Raises:
            Misconfigured: if a member is missing, unknown or not a seed.
        """
        if not isinstance(value, dict) or set(value) != {field.name for field in fields(cls)}:
            raise Misconfigured("a key ring does not have exactly the known keys")
        try:
            seeds = {name: base64url.decode(text) for name, text in value.items() if isinstance(text, str)}
            signing = {name: SigningKey(seeds[name]) for name in _SIGNING}
            return cls(**signing, encryption=DecryptionKey(seeds["encryption"]))
        except (KeyError, WireError) as error:
            raise Misconfigured("a key of the ring is not a seed of the right length") from error

    def to_object(self) -> dict[str, str]:
        """The ring as JSON-ready object; private."""
        return {field.name: base64url.encode(getattr(self, field.name).seed) for field in fields(self)}


_SIGNING = tuple(field.name for field in fields(KeyRing) if field.name != "encryption")

"""The keys of one node, one for each purpose, and those before them that are still needed.

    {"root": seed, "signing": seed, "presentation": seed, "log": seed, "witness": seed, "encryption": seed,
     "root_public": JWK, "former_root": seed, "earlier": [{"seed": seed, "destroy_at": …}], "compromised": {kid: …},
     "earlier_presentation": [seed, …]}

Seeds are base64url: 32 bytes for each Ed25519 key; for the encryption key 96 (X-Wing: ML-KEM 64, X25519 32) or 32
(X25519); moments are NumericDates. The members below the first line stand only where there is something to say:
`root_public` in place of `root` if that is kept off line, `former_root` until the statement that both roots sign is
published, `earlier` with decryption keys that peers may still have sealed to, `compromised` with the moments from which
stolen signing keys are invalid, `earlier_presentation` with the keys to which content of before is bound: what was
stated then is shown to organisations under them. A signing seed that was replaced is in no member: it is destroyed with
the ring that had it.

Whoever holds this object is the node: it is written to one protected file, never logged and never shown by `repr`. No
key serves two purposes. The rest of the code depends on `Keys`, `Signer` and `Opener` only, so that a ring whose
private halves are in a security module or a key service can take the place of `KeyRing`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from relevo.clock import moment, seconds
from relevo.errors import Misconfigured, WireError
from relevo.protocol import base64url
from relevo.protocol.keys import X_WING, DecryptionKey, KeyOffline, OfflineKey, Opener, Signer, SigningKey, VerifyKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relevo.protocol.strict_json import JsonObject

KEPT = timedelta(days=180)
"""How long a decryption key is kept after its last use, for what was sealed to it and still comes."""
_SIGNING = ("signing", "presentation", "log", "witness")
_MAY = frozenset({"root_public", "former_root", "earlier", "compromised", "earlier_presentation"})


class Role(StrEnum):
    """The keys that can be replaced."""

    ROOT = "root"
    SIGNING = "signing"
    ENCRYPTION = "encryption"
    PRESENTATION = "presentation"
    LOG = "log"
    WITNESS = "witness"


class Keys(Protocol):
    """What a node needs of its keys, wherever their private halves are.

    `root` may be off line: it has a public half and refuses to sign. `former_root` is the root before it, until both
    have signed. `decryption` are all keys to which something may still come, `encryption` the newest of them.
    """

    @property
    def root(self) -> Signer:
        """Signs statements, and nothing else."""
        ...

    @property
    def former_root(self) -> Signer | None:
        """The root before, until the statement that both sign is made."""
        ...

    @property
    def signing(self) -> Signer:
        """Signs content, manifests, receipts and hops."""
        ...

    @property
    def presentation(self) -> Signer:
        """Signs key bindings."""
        ...

    @property
    def presenters(self) -> Mapping[str, Signer]:
        """All keys to which content may be bound, by `kid`."""
        ...

    @property
    def log(self) -> Signer:
        """Signs checkpoints of the own log."""
        ...

    @property
    def witness(self) -> Signer:
        """Signs checkpoints of other logs."""
        ...

    @property
    def encryption(self) -> Opener:
        """Opens what peers seal from now on."""
        ...

    @property
    def decryption(self) -> Mapping[str, Opener]:
        """All keys that open something, by `kid`."""
        ...

    @property
    def compromised(self) -> Mapping[str, datetime]:
        """From when each stolen signing key is invalid, by `kid`."""
        ...


@dataclass(frozen=True)
class EarlierKey:
    """A decryption key that was replaced, and when it is destroyed."""

    key: DecryptionKey
    destroy_at: datetime


@dataclass(frozen=True, kw_only=True)
class KeyRing:
    """All private keys of a node, as they are kept in a file; `repr` shows their ids only."""

    root: SigningKey | OfflineKey
    signing: SigningKey
    presentation: SigningKey
    log: SigningKey
    witness: SigningKey
    encryption: DecryptionKey
    former_root: SigningKey | None = None
    earlier: tuple[EarlierKey, ...] = ()
    compromised: Mapping[str, datetime] = field(default_factory=dict, hash=False)
    earlier_presentation: tuple[SigningKey, ...] = ()

    @classmethod
    def generate(cls, suite: str = X_WING) -> KeyRing:
        """A ring of fresh keys, the one for encryption of one of `keys.SUITES`."""
        return cls(
            root=SigningKey.generate(),
            signing=SigningKey.generate(),
            presentation=SigningKey.generate(),
            log=SigningKey.generate(),
            witness=SigningKey.generate(),
            encryption=DecryptionKey.generate(suite),
        )

    @classmethod
    def from_object(cls, value: object) -> KeyRing:
        """The ring in its written form.

        Raises:
            Misconfigured: if a member is missing, unknown or not a seed.
        """
        if not isinstance(value, dict) or {"root", "root_public"} <= set(value):
            raise Misconfigured("a key ring does not have exactly the known keys")
        if set(value) - _MAY - {"root"} != {*_SIGNING, "encryption"} or not {"root", "root_public"} & set(value):
            raise Misconfigured("a key ring does not have exactly the known keys")
        try:
            return cls(
                root=_seed(value["root"]) if "root" in value else OfflineKey(VerifyKey.from_jwk(value["root_public"])),
                signing=_seed(value["signing"]),
                presentation=_seed(value["presentation"]),
                log=_seed(value["log"]),
                witness=_seed(value["witness"]),
                encryption=DecryptionKey(_raw(value["encryption"])),
                former_root=_seed(value["former_root"]) if "former_root" in value else None,
                earlier=tuple(
                    EarlierKey(DecryptionKey(_raw(one["seed"])), moment(one["destroy_at"]))
                    for one in value.get("earlier", ())
                ),
                compromised={kid: moment(at) for kid, at in value.get("compromised", {}).items()},
                earlier_presentation=tuple(_seed(one) for one in value.get("earlier_presentation", ())),
            )
        except (KeyError, TypeError, AttributeError, WireError) as error:
            raise Misconfigured("a key of the ring is not a seed of the right length") from error

    def to_object(self) -> JsonObject:
        """The ring as JSON-ready object; private."""
        written: JsonObject = {name: base64url.encode(getattr(self, name).seed) for name in _SIGNING}
        written["encryption"] = base64url.encode(self.encryption.seed)
        if isinstance(self.root, SigningKey):
            written["root"] = base64url.encode(self.root.seed)
        else:
            written["root_public"] = self.root.public.jwk
        if self.former_root is not None:
            written["former_root"] = base64url.encode(self.former_root.seed)
        if self.earlier:
            written["earlier"] = [
                {"seed": base64url.encode(one.key.seed), "destroy_at": seconds(one.destroy_at)} for one in self.earlier
            ]
        if self.compromised:
            written["compromised"] = {kid: seconds(at) for kid, at in self.compromised.items()}
        if self.earlier_presentation:
            written["earlier_presentation"] = [base64url.encode(one.seed) for one in self.earlier_presentation]
        return written

    @property
    def decryption(self) -> Mapping[str, DecryptionKey]:
        """All keys that open something, by `kid`."""
        return {key.kid: key for key in (*(one.key for one in self.earlier), self.encryption)}

    @property
    def presenters(self) -> Mapping[str, SigningKey]:
        """All keys to which content may be bound, by `kid`."""
        return {key.kid: key for key in (*self.earlier_presentation, self.presentation)}

    def rotated(self, role: Role, *, at: datetime, compromised_since: datetime | None = None) -> KeyRing:
        """This ring at the moment `at` with a fresh key for one role, and what is still needed of the one before.

        `compromised_since` says that the signing key before it was stolen, and from when on it is invalid.
        """
        match role:
            case Role.ENCRYPTION:
                kept = (*self.earlier, EarlierKey(self.encryption, at + KEPT))
                return replace(self, encryption=DecryptionKey.generate(), earlier=kept)
            case Role.ROOT:
                if not isinstance(self.root, SigningKey):
                    raise KeyOffline
                return replace(self, root=SigningKey.generate(), former_root=self.root)
            case Role.SIGNING:
                stolen = {} if compromised_since is None else {self.signing.kid: compromised_since}
                return replace(self, signing=SigningKey.generate(), compromised={**self.compromised, **stolen})
            case Role.PRESENTATION:
                before = (*self.earlier_presentation, self.presentation)
                return replace(self, presentation=SigningKey.generate(), earlier_presentation=before)
            case Role.LOG:
                return replace(self, log=SigningKey.generate())
            case Role.WITNESS:
                return replace(self, witness=SigningKey.generate())

    def without_spent(self, at: datetime) -> KeyRing:
        """This ring without the decryption keys whose time is over at `at`."""
        return replace(self, earlier=tuple(one for one in self.earlier if at < one.destroy_at))


def _raw(value: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError("a seed is no text")
    return base64url.decode(value)


def _seed(value: object) -> SigningKey:
    return SigningKey(_raw(value))

"""A message on its way: an open, signed manifest and sealed content that only the receiver can read.

    {"manifest": "<JWS compact>", "sealed": "<base64url of enc ‖ ciphertext>"}

A manifest has at most 8192 characters, what is sealed 2 MiB of them; both are asked before anything is decoded.
Sealed is, padded (`relevo.protocol.seal`):

    {"content": "<SD-JWT with all disclosures>", "basis": {"kind", "record", "salt"} | null}

`info` of the sealing = `relevo-seal-v1`, iss, aud, jti, epoch, seq, kem, joined by newlines. The content's open claims
are exactly iss aud iat jti thread kind cnf; they repeat the manifest's, and cnf is the receiver's presentation key.

`read_manifest`, then `open_envelope`, are the only door: what takes an `Opened` need not check again who said it, to
whom, and that the basis is the one in the manifest. Whether the SOP and the basis allow it is not decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relevo.errors import WireError
from relevo.protocol import base64url, sd_jwt, strict_json
from relevo.protocol.basis import NONE, Basis, MalformedBasis
from relevo.protocol.claims import Claims, MalformedClaims, WrongAudience
from relevo.protocol.manifest import (
    KINDS,
    Attempt,
    KindUnknown,
    Manifest,
    Message,
    VerifiedManifest,
    manifest_digest,
    read_manifest,
    sign_manifest,
)
from relevo.protocol.seal import open_sealed, seal
from relevo.protocol.trust import read_signed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from relevo.protocol.keys import EncryptionKey, Opener, Signer, VerifyKey
    from relevo.protocol.sd_jwt import Issued
    from relevo.protocol.strict_json import JsonObject
    from relevo.protocol.trust import Trust

__all__ = [
    "KINDS",
    "Attempt",
    "BasisMismatch",
    "ContentMismatch",
    "Envelope",
    "EnvelopeTooLarge",
    "KindUnknown",
    "MalformedPlaintext",
    "Manifest",
    "Message",
    "Opened",
    "RecipientKeyUnknown",
    "SealedChanged",
    "VerifiedManifest",
    "content_digest",
    "manifest_digest",
    "open_envelope",
    "read_manifest",
    "seal_envelope",
]

MAX_MANIFEST, MAX_SEALED = 1 << 13, 1 << 21
OPEN_CLAIMS = frozenset({"iss", "aud", "iat", "jti", "thread", "kind", "cnf"})


class EnvelopeTooLarge(WireError):
    """An envelope is larger than any message of ours."""

    code = "envelope-too-large"
    advice = "Send less in one message; files travel apart from it."


class SealedChanged(WireError):
    """The sealed bytes are not those that the manifest names."""

    code = "sealed-changed"
    public = "unreadable"


class RecipientKeyUnknown(WireError):
    """A message is sealed to a key that this node does not have (any more)."""

    code = "recipient-key-unknown"
    advice = "The sender fetches our newest statement and seals the message again."
    public = "key-unknown"


class MalformedPlaintext(WireError):
    """What was sealed is not content and basis in the form of the protocol."""

    code = "malformed-plaintext"
    final = True


class ContentMismatch(WireError):
    """The content is not the one that the manifest names, or says otherwise than the manifest."""

    code = "content-mismatch"
    final = True


class BasisMismatch(WireError):
    """The record of the basis is not the one to which the manifest is committed."""

    code = "basis-mismatch"
    final = True


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """A manifest's token and the sealed bytes that go with it."""

    manifest: str
    sealed: bytes

    @classmethod
    def from_object(cls, value: object) -> Envelope:
        """The envelope in its written form; nothing is verified.

        Raises:
            MalformedClaims, NotBase64url: if it has another form.
            EnvelopeTooLarge: if one of its members is too long.
        """
        claims = Claims.of(value, ("manifest", "sealed"), "an envelope")
        for name, most in (("manifest", MAX_MANIFEST), ("sealed", MAX_SEALED)):
            if isinstance(said := claims.members[name], str) and len(said) > most:
                raise EnvelopeTooLarge
        return cls(manifest=claims.text("manifest", limit=MAX_MANIFEST), sealed=claims.raw("sealed"))

    def to_object(self) -> dict[str, str]:
        """The written form."""
        return {"manifest": self.manifest, "sealed": base64url.encode(self.sealed)}


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A message that is proven to be its sender's and meant for us; `open_envelope` is the only door.

    `claims` are the open and the disclosed ones together, `issued` the form that can be kept and presented.
    """

    verified: VerifiedManifest
    claims: JsonObject
    issued: Issued
    basis: Basis | None


@dataclass(frozen=True)
class _Stated:
    """The payload of a content's JWT, as far as trust must know it."""

    payload: JsonObject
    iss: str
    iat: datetime


def seal_envelope(
    message: Message,
    issued: Issued,
    basis: Basis | None,
    *,
    epoch: int,
    seq: int,
    at: datetime,
    key: Signer,
    recipient: EncryptionKey,
) -> Envelope:
    """One attempt to bring `message`: content and basis sealed to `recipient`, the manifest signed with `key`.

    Raises:
        ContentMismatch, BasisMismatch: if `message` does not name this content and this basis.
    """
    _require_named(message, issued, basis)
    sealed = seal(_plaintext(issued, basis), recipient, _info(message, epoch, seq, recipient.kid))
    attempt = Attempt(epoch=epoch, seq=seq, iat=at, kid=key.kid, kem=recipient.kid, sealed=base64url.digest(sealed))
    return Envelope(manifest=sign_manifest(Manifest(message=message, attempt=attempt), key), sealed=sealed)


def open_envelope(
    envelope: Envelope,
    verified: VerifiedManifest,
    *,
    trust: Trust,
    me: str,
    keys: Mapping[str, Opener],
    presentation: VerifyKey,
    at: datetime,
    earlier: Collection[VerifyKey] = (),
) -> Opened:
    """What the sender of a verified manifest says to us.

    Args:
        envelope: as it came.
        verified: its manifest, from `read_manifest`.
        trust: the registered nodes.
        me: our node id.
        keys: our decryption keys by `kid`, those out of use included while they are kept.
        presentation: our presentation key, to which the content must be bound.
        at: now.
        earlier: presentation keys that we had before; content that was signed then is bound to one of them.

    Raises:
        WrongAudience: if it is for another node.
        SealedChanged, RecipientKeyUnknown, Undecipherable, BadPadding: if it cannot be opened.
        MalformedPlaintext, ContentMismatch, BasisMismatch, BadDisclosure, NameCollision, MalformedSdJwt,
            TooManyDisclosures: if the message itself is at fault (these are final).
        KeyUnknown, KeyOutOfPeriod, BadSignature, WrongIssuer: if the content is not the sender's.
    """
    message = verified.manifest.message
    if message.aud != me:
        raise WrongAudience
    issued, basis = _read_plaintext(_unseal(envelope, verified, keys))
    _require_named(message, issued, basis)
    claims = _read_content(issued, message, trust=trust, bound_to=(presentation, *earlier), at=at)
    return Opened(verified=verified, claims=claims, issued=issued, basis=basis)


def content_digest(jwt: str) -> str:
    """By what a manifest names its content: SHA-256 of the issuer-signed JWT without disclosures, in ASCII."""
    return base64url.digest(jwt.encode())


def _require_named(message: Message, issued: Issued, basis: Basis | None) -> None:
    if content_digest(issued.jwt) != message.content:
        raise ContentMismatch("the manifest names another content")
    if (basis.claim if basis else NONE) != message.basis:
        raise BasisMismatch


def _plaintext(issued: Issued, basis: Basis | None) -> bytes:
    record = None
    if basis is not None:
        record = {"kind": basis.kind, "record": base64url.encode(basis.record), "salt": base64url.encode(basis.salt)}
    return strict_json.dump_texts({"content": sd_jwt.serialise(issued), "basis": record})


def _info(message: Message, epoch: int, seq: int, kem: str) -> bytes:
    parts = ("relevo-seal-v1", message.iss, message.aud, message.jti, str(epoch), str(seq), kem)
    return "\n".join(parts).encode("ascii")


def _unseal(envelope: Envelope, verified: VerifiedManifest, keys: Mapping[str, Opener]) -> bytes:
    attempt = verified.manifest.attempt
    if envelope.manifest != verified.token or base64url.digest(envelope.sealed) != attempt.sealed:
        raise SealedChanged
    key = keys.get(attempt.kem)
    if key is None:
        raise RecipientKeyUnknown
    info = _info(verified.manifest.message, attempt.epoch, attempt.seq, attempt.kem)
    return open_sealed(envelope.sealed, key, info)


def _read_plaintext(plaintext: bytes) -> tuple[Issued, Basis | None]:
    try:
        value = strict_json.load(plaintext)
        if set(value) != {"content", "basis"} or not isinstance(value["content"], str):
            raise MalformedPlaintext("what was sealed is not exactly content and basis")
        return sd_jwt.split(value["content"]), _read_basis(value["basis"])
    except (strict_json.MalformedJson, base64url.NotBase64url, MalformedBasis, sd_jwt.MalformedSdJwt) as error:
        raise MalformedPlaintext from error


def _read_basis(value: object) -> Basis | None:
    match value:
        case None:
            return None
        case {"kind": "consent" | "exception" as kind, "record": str(record), "salt": str(salt), **rest} if not rest:
            return Basis(kind, base64url.decode(record), base64url.decode(salt))
    raise MalformedPlaintext("a basis is not exactly kind, record and salt")


def _read_content(
    issued: Issued, message: Message, *, trust: Trust, bound_to: Collection[VerifyKey], at: datetime
) -> JsonObject:
    stated = read_signed(issued.jwt, sd_jwt.TYP, _parse_content, trust=trust, at=at)
    same = ("iss", "aud", "jti", "thread", "kind")
    if any(stated.payload[name] != getattr(message, name) for name in same):
        raise ContentMismatch("the content says otherwise than the manifest")
    if stated.payload["cnf"] not in [{"jwk": one.jwk} for one in bound_to]:
        raise ContentMismatch("the content is bound to another presentation key")
    return sd_jwt.reveal(stated.payload, issued.disclosures)


def _parse_content(payload: bytes) -> _Stated:
    try:
        claims = Claims.parse(payload, OPEN_CLAIMS | {"_sd", "_sd_alg"}, "a content")
        return _Stated(payload=claims.members, iss=claims.node_id("iss"), iat=claims.moment("iat"))
    except (MalformedClaims, strict_json.MalformedJson) as error:
        raise MalformedPlaintext("the open claims of a content are not of their form") from error

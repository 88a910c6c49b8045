"""The open half of an envelope: who sends what kind of message to whom, under which SOP and basis.

A JWS of `typ` `relevo-envelope+jwt`. Its payload has exactly the members of `Message`, which are the same on every
attempt, and those of `Attempt`, which are not (`kid` stands in the header):

    {"iss", "aud", "jti", "thread", "kind", "sop", "basis", "content",  "epoch", "seq", "iat", "kem", "sealed"}

Nothing here identifies a person directly. A manifest is verified before anything is decrypted, so that a duplicate is
found without opening it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relevo.clock import seconds
from relevo.errors import WireError
from relevo.protocol import base64url, jws, strict_json
from relevo.protocol.basis import is_basis_claim
from relevo.protocol.claims import Claims, MalformedClaims
from relevo.protocol.trust import read_signed

if TYPE_CHECKING:
    from datetime import datetime

    from relevo.protocol.keys import Signer
    from relevo.protocol.strict_json import JsonObject
    from relevo.protocol.trust import Trust

TYP = "relevo-envelope+jwt"
NONE = "none"
KINDS = frozenset(
    {
        "requested",
        "acknowledged",
        "answered",
        "contacted",
        "reported",
        "message",
        "closed",
        "withdrawn",
        "erased",
        "node",
    }
)


class KindUnknown(WireError):
    """A message is of a kind that this version does not know."""

    code = "kind-unknown"
    advice = "Update this node, or ask the sender which version it runs; the message can be sent again as it is."


@dataclass(frozen=True, kw_only=True)
class Message:
    """The claims that are the message, whichever attempt carries it."""

    iss: str
    aud: str
    jti: str
    thread: str
    kind: str
    sop: str
    basis: str
    content: str

    def identity(self) -> str:
        """SHA-256 of these claims as compact JSON in this order; equal for two attempts of one message only."""
        return base64url.digest(strict_json.dump_texts(self.to_object()))

    def to_object(self) -> JsonObject:
        """The claims, in order."""
        return {name: getattr(self, name) for name in Message.__dataclass_fields__}


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """Where one attempt stands in the stream, who signed it and to which key its content is sealed."""

    epoch: int
    seq: int
    iat: datetime
    kid: str
    kem: str
    sealed: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A message and one attempt to bring it."""

    message: Message
    attempt: Attempt

    @property
    def iss(self) -> str:
        """The sender."""
        return self.message.iss

    @property
    def iat(self) -> datetime:
        """When this attempt was signed."""
        return self.attempt.iat

    def to_object(self) -> JsonObject:
        """The payload."""
        return {
            **self.message.to_object(),
            "epoch": self.attempt.epoch,
            "seq": self.attempt.seq,
            "iat": seconds(self.attempt.iat),
            "kem": self.attempt.kem,
            "sealed": self.attempt.sealed,
        }


@dataclass(frozen=True, kw_only=True)
class VerifiedManifest:
    """A manifest whose signature held, with its token; `read_manifest` is the only door."""

    manifest: Manifest
    token: str
    digest: str
    kid: str


def sign_manifest(manifest: Manifest, key: Signer) -> str:
    """`manifest` as signed token; `key` must be the one that the attempt names."""
    return jws.sign(strict_json.dump(manifest.to_object()), key, TYP)


def read_manifest(token: str, *, trust: Trust, at: datetime) -> VerifiedManifest:
    """The manifest in `token`, if the node that it names as sender signed it with a key that was in use.

    Raises:
        KindUnknown: if the kind is none of `KINDS`.
        MalformedClaims: if another claim is not of its form.
        WireError: as `read_signed`.
    """
    kid = jws.key_id(token, TYP)
    manifest = read_signed(token, TYP, lambda payload: _parse(payload, kid), trust=trust, at=at)
    return VerifiedManifest(manifest=manifest, token=token, digest=manifest_digest(token), kid=kid)


def said_in(token: str) -> Manifest:
    """What a manifest of our own says; nothing is verified."""
    return _parse(base64url.decode(token.split(".")[1]), jws.key_id(token, TYP))


def manifest_digest(token: str) -> str:
    """By what a receipt names the manifest: SHA-256 of the token's ASCII."""
    return base64url.digest(token.encode())


def _parse(payload: bytes, kid: str) -> Manifest:
    claims = Claims.parse(payload, _NAMES, "a manifest")
    return Manifest(message=_message(claims), attempt=_attempt(claims, kid))


def _message(claims: Claims) -> Message:
    return Message(
        iss=claims.node_id("iss"),
        aud=claims.node_id("aud"),
        jti=claims.uuid("jti", version=7),
        thread=claims.uuid("thread"),
        kind=_kind(claims),
        sop=NONE if claims.members["sop"] == NONE else claims.digest("sop"),
        basis=_basis(claims),
        content=claims.digest("content"),
    )


def _attempt(claims: Claims, kid: str) -> Attempt:
    return Attempt(
        epoch=claims.whole("epoch", least=1),
        seq=claims.whole("seq", least=1),
        iat=claims.moment("iat"),
        kid=kid,
        kem=claims.digest("kem"),
        sealed=claims.digest("sealed"),
    )


def _kind(claims: Claims) -> str:
    kind = claims.word("kind")
    if kind not in KINDS:
        raise KindUnknown(field="kind")
    return kind


def _basis(claims: Claims) -> str:
    basis = claims.text("basis", limit=64)
    if not is_basis_claim(basis):
        raise MalformedClaims("a manifest: basis is neither a commitment nor none", field="basis")
    return basis


_NAMES = (*Message.__dataclass_fields__, *(name for name in Attempt.__dataclass_fields__ if name != "kid"))

"""A node's signature under a standard operating procedure: under its bytes, not under what they mean.

A JWS of `typ` `relevo-sop+jwt` over `{"iss", "aud", "sop": <digest of the text>, "iat"}`. An SOP is agreed when both
nodes of the pair have signed the same bytes, each towards the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relevo.clock import seconds
from relevo.errors import WireError
from relevo.protocol import base64url, jws, strict_json
from relevo.protocol.claims import Claims, WrongAudience, WrongIssuer

if TYPE_CHECKING:
    from datetime import datetime

    from relevo.protocol.keys import Signer

TYP = "relevo-sop+jwt"


class SopChanged(WireError):
    """A signature is under another text than this one."""

    code = "sop-changed"
    advice = "Compare the texts with the other side; sign again only what both have read."
    final = True


@dataclass(frozen=True, kw_only=True)
class SopSignature:
    """What a node signed: this text, agreed with that node, at that moment."""

    iss: str
    aud: str
    sop: str
    iat: datetime


def sop_digest(text: bytes) -> str:
    """By what messages name an SOP: SHA-256 of its exact bytes."""
    return base64url.digest(text)


def sign_sop(text: bytes, key: Signer, *, iss: str, aud: str, at: datetime) -> str:
    """The signature of `iss` under `text`, as agreed with `aud`."""
    payload = {"iss": iss, "aud": aud, "sop": sop_digest(text), "iat": seconds(at)}
    return jws.sign(strict_json.dump(payload), key, TYP)


def verify_sop_signature(token: str, text: bytes, *, iss: str, aud: str, key_for: jws.KeyFor) -> datetime:
    """When `iss` signed `text` towards `aud`.

    Whether the key was in use at that moment is for the caller to ask (`Trust.signing_key`).

    Raises:
        BadSignature, MalformedJws, WrongType, MalformedClaims: if the token is not such a signature.
        WrongIssuer, WrongAudience: if it is of or for another node.
        SopChanged: if it is under another text.
    """
    signed = read_sop_signature(token, key_for=key_for)
    if signed.iss != iss:
        raise WrongIssuer
    if signed.aud != aud:
        raise WrongAudience
    if signed.sop != sop_digest(text):
        raise SopChanged
    return signed.iat


def signer_of(token: str) -> str:
    """The `kid` of the key that a signature names; raises `MalformedJws`, `WrongType`."""
    return jws.key_id(token, TYP)


def read_sop_signature(token: str, *, key_for: jws.KeyFor) -> SopSignature:
    """What the token says, once its signature held."""
    claims = Claims.parse(jws.verify(token, key_for, TYP), SopSignature.__dataclass_fields__, "an SOP signature")
    return SopSignature(
        iss=claims.node_id("iss"), aud=claims.node_id("aud"), sop=claims.digest("sop"), iat=claims.moment("iat")
    )

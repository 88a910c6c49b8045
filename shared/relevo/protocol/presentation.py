"""Showing a part of signed content to somebody else, who can check the issuer's signature on just that part.

    <issuer-signed JWT> ~ <disclosure> ~ … ~ <key-binding JWT>

The holder, whose presentation key stands in the content's `cnf`, signs a JWT of `typ` `kb+jwt` over exactly
`{"iat", "aud", "nonce", "sd_hash"}` (RFC 9901, section 4.3; `relevo.protocol.key_binding`). `sd_hash` covers exactly
what is shown; `aud` and `nonce` bind it to one receiver and one occasion. Both JWTs are of our one header, so the
binding has a `kid`, which the RFC does not ask for. What may be shown to whom is decided elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.protocol import base64url, jws, sd_jwt, strict_json
from relevo.protocol.claims import Claims
from relevo.protocol.key_binding import (
    MEMBERS,
    TYP,
    Occasion,
    PresentationChanged,
    PresentationStale,
    PresentationUnbound,
    bind,
    require_bound,
)
from relevo.protocol.keys import BadSignature, VerifyKey
from relevo.protocol.sd_jwt import Disclosure, Issued

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime, timedelta

    from relevo.protocol.keys import Signer
    from relevo.protocol.strict_json import JsonObject

__all__ = [
    "PresentationChanged",
    "PresentationStale",
    "PresentationUnbound",
    "bound_to",
    "present",
    "verify_presentation",
]


def bound_to(issued: Issued) -> str:
    """The `kid` of the key in `cnf` of content of ours to keep, whose signature held when it came.

    Raises:
        PresentationUnbound: if it names none.
    """
    return _holder(strict_json.load(base64url.decode(issued.jwt.split(".")[1]))).kid


def present(
    issued: Issued,
    keep: Mapping[str, Collection[str] | None],
    *,
    holder: Signer,
    aud: str,
    nonce: str,
    at: datetime,
) -> str:
    """The part of `issued` that `keep` names, bound to one receiver and occasion.

    Args:
        issued: content with all its disclosures.
        keep: for each hidden member its fields to show, or None for all of them; the rest stays hidden. What the
            content does not have is passed over.
        holder: the private half of the key in `cnf`.
        aud: who it is shown to.
        nonce: the receiver's, fresh for this occasion.
        at: now.
    """
    shown = sd_jwt.serialise(Issued(jwt=issued.jwt, disclosures=_kept(issued, keep)))
    return bind(shown, holder=holder, aud=aud, nonce=nonce, at=at)


def verify_presentation(
    text: str, *, key_for: jws.KeyFor, aud: str, nonce: str, at: datetime, max_age: timedelta
) -> JsonObject:
    """The claims that are shown, if issuer and holder both signed them, for `aud` and `nonce`, at most `max_age` ago.

    Raises:
        PresentationUnbound, PresentationChanged, PresentationStale, WrongAudience, FromTheFuture: if the holder
            did not show exactly this to this receiver now.
        WireError: as `sd_jwt.verify`.
    """
    shown, tilde, token = text.rpartition("~")
    if not tilde or not token:
        raise PresentationUnbound
    issued = sd_jwt.split(shown + tilde)
    claims = sd_jwt.verify(issued.jwt, issued.disclosures, key_for=key_for)
    binding = Claims.parse(jws.verify(token, _only(_holder(claims)), TYP), MEMBERS, "a presentation")
    require_bound(binding.members, shown + tilde, Occasion(aud=aud, nonce=nonce, at=at, max_age=max_age))
    return claims


def _kept(issued: Issued, keep: Mapping[str, Collection[str] | None]) -> tuple[str, ...]:
    parsed = [Disclosure.parse(text) for text in issued.disclosures]
    inside = {digest: member.name for member in parsed for digest in member.inside}
    return tuple(disclosure.text for disclosure in parsed if _keeps(keep, disclosure, inside.get(disclosure.digest)))


def _keeps(keep: Mapping[str, Collection[str] | None], disclosure: Disclosure, member: str | None) -> bool:
    if member is None:
        return disclosure.name in keep
    return member in keep and ((fields := keep[member]) is None or disclosure.name in fields)


def _holder(claims: JsonObject) -> VerifyKey:
    match claims.get("cnf"):
        case {"jwk": jwk, **rest} if not rest:
            return VerifyKey.from_jwk(jwk)
    raise PresentationUnbound


def _only(holder: VerifyKey) -> jws.KeyFor:
    def key_for(kid: str) -> VerifyKey:
        if kid != holder.kid:
            raise BadSignature("a presentation is signed by another key than the holder's")
        return holder

    return key_for

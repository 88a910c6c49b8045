"""Binding what is shown to one receiver and one occasion (RFC 9901, section 4.3).

    <shown: jwt~disclosure~…~> <JWT of typ kb+jwt over {"iat", "aud", "nonce", "sd_hash"}>

`sd_hash` is the digest of the ASCII of everything before the binding, by the hash that `_sd_alg` names. Other members
of the payload are allowed by the RFC and ignored here; what nodes exchange has exactly these four
(`relevo.protocol.presentation`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from relevo.clock import seconds
from relevo.errors import WireError
from relevo.protocol import jws, strict_json
from relevo.protocol.claims import Claims, WrongAudience, require_not_future
from relevo.protocol.sd_jwt_general import digest

if TYPE_CHECKING:
    from relevo.protocol.keys import Signer
    from relevo.protocol.strict_json import JsonObject

TYP = "kb+jwt"
MEMBERS = ("iat", "aud", "nonce", "sd_hash")


class PresentationChanged(WireError):
    """More, less or something else is shown than the holder signed."""

    code = "presentation-changed"


class PresentationUnbound(WireError):
    """Content names no presentation key, or no key-binding JWT goes with it."""

    code = "presentation-unbound"


class PresentationStale(WireError):
    """A presentation was made for another occasion, or too long ago."""

    code = "presentation-stale"
    advice = "Ask the holder to present again."


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """Who is shown something (`aud`), when it is looked at (`at`), under which `nonce`, made how long ago at most."""

    aud: str
    nonce: str
    at: datetime
    max_age: timedelta


def bind(shown: str, *, holder: Signer, aud: str, nonce: str, at: datetime) -> str:
    """`shown` (`jwt~disclosure~…~`) with the holder's binding behind it."""
    payload = {"iat": seconds(at), "aud": aud, "nonce": nonce, "sd_hash": digest(shown)}
    return shown + jws.sign(strict_json.dump(payload), holder, TYP)


def require_bound(binding: JsonObject, shown: str, occasion: Occasion, *, algorithm: str = "sha-256") -> None:
    """See that a binding, whose signature held, is for exactly `shown` on this occasion (section 7.3, step 5).

    Raises:
        PresentationChanged, PresentationStale, WrongAudience, FromTheFuture: if it is not.
        MalformedClaims: if a member is missing or not of its form.
    """
    known = {name: value for name, value in binding.items() if name in MEMBERS}
    claims = Claims.of(known, MEMBERS, "a presentation")
    iat, nonce = claims.moment("iat"), claims.text("nonce")
    if claims.text("sd_hash") != digest(shown, algorithm):
        raise PresentationChanged
    if claims.text("aud") != occasion.aud:
        raise WrongAudience
    require_not_future(iat, occasion.at, "a presentation")
    if nonce != occasion.nonce or occasion.at - iat > occasion.max_age:
        raise PresentationStale

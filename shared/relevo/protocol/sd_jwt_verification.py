"""Verifying an SD-JWT of somebody else, bound to its holder or not (RFC 9901, sections 7.1 and 7.3).

What nodes give each other and organisations goes by the narrower `sd_jwt.verify` and `verify_presentation`, which stand
on the same algorithm. Whether a binding is asked for is the caller's decision, never the text's: `verify` refuses a
text that has one, `verify_bound` one that has none. `exp` and `nbf`, where they stand, are whole seconds or refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.clock import seconds
from relevo.errors import WireError
from relevo.protocol import jws_general, strict_json
from relevo.protocol import sd_jwt_general as general
from relevo.protocol.key_binding import TYP as BINDING
from relevo.protocol.key_binding import Occasion, PresentationUnbound, require_bound

if TYPE_CHECKING:
    from datetime import datetime

    from relevo.protocol.keys import VerifyKey
    from relevo.protocol.strict_json import JsonObject


class OutOfTime(WireError):
    """A token is not valid yet, or no longer."""

    code = "token-out-of-time"
    advice = "Ask the issuer for a new one."


def verify(text: str, key: VerifyKey, *, typ: str, at: datetime) -> JsonObject:
    """What an SD-JWT without binding shows, if `key` signed it as `typ` and it is valid at `at`.

    Raises:
        WireError: as `jws_general.verify` and `sd_jwt_general.reveal`.
        MalformedSdJwt: if it has a binding, or is no SD-JWT.
        OutOfTime: by its `nbf` or `exp`.
    """
    jwt, disclosures, binding = general.split_bound(text)
    if binding:
        raise general.MalformedSdJwt("a key-binding JWT stands where none belongs")
    return _processed(_payload(jwt, key, typ), disclosures, at)


def verify_bound(text: str, key: VerifyKey, *, typ: str, occasion: Occasion) -> JsonObject:
    """As `verify`, and the holder named in `cnf` bound exactly this to the occasion.

    Raises:
        PresentationUnbound: if nobody bound it, or no key of the holder is named.
        WireError: as `verify` and `key_binding.require_bound`.
    """
    jwt, disclosures, token = general.split_bound(text)
    if not token:
        raise PresentationUnbound
    payload = _payload(jwt, key, typ)
    claims = _processed(payload, disclosures, occasion.at)
    binding = strict_json.load(jws_general.verify(token, _holder(claims), typ=BINDING))
    shown = text.removesuffix(token)
    require_bound(binding, shown, occasion, algorithm=general.digest_algorithm(payload))
    return claims


def _payload(jwt: str, key: VerifyKey, typ: str) -> JsonObject:
    return strict_json.load(jws_general.verify(jwt, key, typ=typ))


def _processed(payload: JsonObject, disclosures: tuple[str, ...], at: datetime) -> JsonObject:
    claims = general.reveal(payload, [general.Disclosure.parse(text) for text in disclosures])
    now = seconds(at)
    if _moment(claims, "nbf", now) > now or _moment(claims, "exp", now + 1) <= now:
        raise OutOfTime
    return claims


def _moment(claims: JsonObject, name: str, absent: int) -> int:
    match claims.get(name, absent):
        case bool():
            pass
        case int(value):
            return value
    raise OutOfTime(f"{name} is not a moment in whole seconds", field=name)


def _holder(claims: JsonObject) -> VerifyKey:
    match claims.get("cnf"):
        case {"jwk": jwk}:
            return jws_general.key_of_jwk(jwk)
    raise PresentationUnbound

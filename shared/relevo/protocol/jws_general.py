"""JWS and JWK of others (RFC 7515, 7517, 8037, 9864), read as strictly as safety asks and no more.

What nodes exchange has one exact header (`relevo.protocol.jws`). A token of somebody else may have others beside it:

| header member | here |
| --- | --- |
| `alg` | the key fixes it: `Ed25519`, or `EdDSA`, its older name (RFC 9864, section 2.2), and nothing else |
| `typ` | must be the one that the caller expects; case and `application/` do not matter (RFC 7515, section 4.1.9) |
| `crit`, `b64` | refused: no extension is understood |
| `jwk`, `jku`, `x5u`, `x5c`, `x5t`, `x5t#S256` | refused: a key is never taken from a message |
| all others, `kid` too | ignored |

A JWK may have members that are not known, which are ignored (RFC 7517, section 4); `use`, `key_ops` and `alg` must fit
a verification key where they stand, and a private half is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.protocol import base64url, strict_json
from relevo.protocol.jws import MAX_CHARACTERS, MalformedJws, WrongType
from relevo.protocol.keys import UnfitKey, VerifyKey

if TYPE_CHECKING:
    from relevo.protocol.strict_json import JsonObject

ALGORITHMS = ("Ed25519", "EdDSA")
_REFUSED = frozenset({"crit", "b64", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"})
_MAX_HEADER = 16_384


def verify(token: str, key: VerifyKey, *, typ: str) -> bytes:
    """The payload of a compact JWS that `key` signed for the purpose `typ`.

    Raises:
        MalformedJws: if it is not a compact JWS, or has a header that is refused.
        WrongType: if it was signed for another purpose.
        NotBase64url, MalformedJson: if a part is not canonical, or the header is not strict JSON.
        BadSignature: if the signature does not hold.
    """
    if len(token) > MAX_CHARACTERS or token.count(".") != 2:  # noqa: PLR2004 - three parts (RFC 7515, section 3.1)
        raise MalformedJws("not a compact JWS")
    signed, _, signature = token.rpartition(".")
    header, payload = (base64url.decode(part) for part in signed.split("."))
    _require_header(strict_json.load(header, limit=_MAX_HEADER), typ)
    key.verify(base64url.decode(signature), signed.encode())
    return payload


def key_of_jwk(jwk: object) -> VerifyKey:
    """The Ed25519 key in a JWK of somebody else.

    Raises:
        UnfitKey: if it is another kind of key, is meant for something else, has a private half, or is unfit.
    """
    if not isinstance(jwk, dict) or "d" in jwk:
        raise UnfitKey("not a public JWK")
    operations = jwk.get("key_ops", ["verify"])
    fits = jwk.get("use", "sig") == "sig" and jwk.get("alg", ALGORITHMS[0]) in ALGORITHMS
    if not fits or not isinstance(operations, list) or "verify" not in operations:
        raise UnfitKey("a JWK is not meant for verifying Ed25519")
    return VerifyKey.from_jwk({name: jwk.get(name) for name in ("kty", "crv", "x")})


def _require_header(header: JsonObject, typ: str) -> None:
    if header.get("alg") not in ALGORITHMS:
        raise MalformedJws("alg is not the one of the key, Ed25519")
    if refused := _REFUSED & header.keys():
        raise MalformedJws(f"a JWS header has {', '.join(sorted(refused))}")
    if _media_type(header.get("typ")) != _media_type(typ):
        raise WrongType(f"signed for another purpose than {typ}")


def _media_type(typ: object) -> str | None:
    return typ.lower().removeprefix("application/") if isinstance(typ, str) else None

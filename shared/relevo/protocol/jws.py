"""One profile of JWS compact serialisation (RFC 7515) for everything that a node signs for years.

    BASE64URL({"alg":"Ed25519","kid":<thumbprint>,"typ":<purpose>}) . BASE64URL(payload) . BASE64URL(signature)

The header has exactly these three members: the algorithm is fixed (RFC 9864), never chosen by the message, and
`jwk`, `jku`, `x5u`, `x5c`, `crit` and `b64` cannot stand in it. `typ` names one purpose, so that nothing signed for
one purpose can serve another. Verify, then parse: a payload is returned as bytes only after its signature held.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias

from relevo.errors import WireError
from relevo.protocol import base64url, strict_json
from relevo.protocol.keys import Signer, VerifyKey
from relevo.protocol.strict_json import JsonValue

ALGORITHM = "Ed25519"
MAX_CHARACTERS, MAX_HEADER = 1 << 21, 1 << 10
MOST: Mapping[str, int] = MappingProxyType(
    {
        "relevo-statement+jwt": 327_680,
        "relevo-root+jwt": 2_048,
        "relevo-possession+jwt": 2_048,
        "kb+jwt": 4_096,
        "relevo-receipt+jwt": 16_384,
        "relevo-file-receipt+jwt": 2_048,
        "relevo-summary+jwt": 65_536,
        "relevo-sop+jwt": 2_048,
        "relevo-stream+jwt": 262_144,
        "relevo-bundle+jwt": 2_048,
    }
)
"""Characters of a token by its purpose, asked before anything is decoded; above what any honest one has.

JSON may hold blanks without end, and tokens are kept for years. Manifest and content have their own limits, where an
envelope is read."""

KeyFor: TypeAlias = Callable[[str], VerifyKey]
"""Finds the key that a `kid` names, or raises."""


class MalformedJws(WireError):
    """A text is not a JWS of our profile."""

    code = "malformed-jws"


class WrongType(WireError):
    """Something signed for one purpose was presented for another."""

    code = "wrong-type"


def sign(payload: bytes, key: Signer, typ: str) -> str:
    """`payload` signed for the purpose `typ`, as compact JWS."""
    header = {"alg": ALGORITHM, "kid": key.kid, "typ": typ}
    signed = f"{base64url.encode(strict_json.dump_texts(header))}.{base64url.encode(payload)}"
    return f"{signed}.{base64url.encode(key.sign(signed.encode()))}"


def key_id(token: str, typ: str) -> str:
    """The `kid` that a token claims, after its header was checked; the signature is not yet verified.

    Raises:
        MalformedJws: unless the token has three parts and exactly our header.
        WrongType: if it was signed for another purpose.
    """
    if len(token) > MOST.get(typ, MAX_CHARACTERS) or token.count(".") != 2:  # noqa: PLR2004 - RFC 7515, section 3.1
        raise MalformedJws("not a compact JWS")
    kid, said = _header(token[: token.index(".")])
    if said != typ:
        raise WrongType(f"signed for another purpose than {typ}")
    return kid


def verify(token: str, key_for: KeyFor, typ: str) -> bytes:
    """The payload of a token whose signature holds under the key that `key_for` gives for its `kid`.

    Raises:
        MalformedJws, WrongType: see `key_id`.
        BadSignature: if the signature does not hold.
        NotBase64url: if a part has another spelling than the canonical one.
    """
    key = key_for(key_id(token, typ))
    signed, _, signature = token.rpartition(".")
    payload = base64url.decode(signed[signed.index(".") + 1 :])
    key.verify(base64url.decode(signature), signed.encode())
    return payload


def _header(encoded: str) -> tuple[str, JsonValue]:
    """`kid` and `typ`; what is longer than any of ours is never remembered."""
    if len(encoded) > MAX_HEADER * 4 // 3 + 1:
        raise strict_json.MalformedJson(f"longer than {MAX_HEADER} bytes")
    return _read_header(encoded)


@lru_cache(maxsize=256)
def _read_header(encoded: str) -> tuple[str, JsonValue]:
    """The same text always says the same, and a node has few keys and few purposes."""
    header = strict_json.load(base64url.decode(encoded), limit=MAX_HEADER)
    if set(header) != {"alg", "kid", "typ"} or header["alg"] != ALGORITHM or not isinstance(header["kid"], str):
        raise MalformedJws("a JWS header is not exactly alg Ed25519, kid and typ")
    return header["kid"], header["typ"]

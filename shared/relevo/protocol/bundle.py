"""The head of a bundle: a file that carries envelopes, or the answers to them, while there is no network.

A bundle is UTF-8 text in lines. The first is a JWS of `typ` `relevo-bundle+jwt` over exactly these members, each line
after it one JSON object, an envelope or a result as in `POST /federation/v1/envelopes`:

    {"iss", "aud", "id": UUIDv7, "of": "envelopes" | "results", "answers": null | id of the bundle answered,
     "count": lines that follow, "digest": SHA-256 of them with their newlines, "iat"}

The head says that the file is whole and whose it is; envelopes and receipts hold by their own signatures.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from relevo.clock import seconds
from relevo.protocol import jws, strict_json
from relevo.protocol.claims import Claims, MalformedClaims
from relevo.protocol.trust import read_signed

if TYPE_CHECKING:
    from datetime import datetime

    from relevo.protocol.keys import Signer
    from relevo.protocol.trust import Trust

TYP = "relevo-bundle+jwt"
_NAMES = ("iss", "aud", "id", "of", "answers", "count", "digest", "iat")


class Carries(StrEnum):
    """What a bundle carries."""

    ENVELOPES = "envelopes"
    RESULTS = "results"


@dataclass(frozen=True, kw_only=True)
class BundleHead:
    """Whose bundle it is, for whom, what it carries, and the digest of all its further lines."""

    iss: str
    aud: str
    id: str
    of: Carries
    answers: str | None
    count: int
    digest: str
    iat: datetime


def sign_head(head: BundleHead, key: Signer) -> str:
    """`head` as signed token."""
    payload = {**{name: getattr(head, name) for name in _NAMES}, "iat": seconds(head.iat)}
    return jws.sign(strict_json.dump(payload), key, TYP)


def read_head(token: str, *, trust: Trust, at: datetime) -> BundleHead:
    """The head in `token`, if the node that it names signed it with a key that was in use.

    Raises:
        MalformedClaims: if a claim is not of its form.
        WireError: as `read_signed`.
    """
    return read_signed(token, TYP, _parse, trust=trust, at=at)


def _parse(payload: bytes) -> BundleHead:
    claims = Claims.parse(payload, _NAMES, "the head of a bundle")
    of = claims.word("of")
    if of not in set(Carries):
        raise MalformedClaims("the head of a bundle: it carries neither envelopes nor results", field="of")
    return BundleHead(
        iss=claims.node_id("iss"),
        aud=claims.node_id("aud"),
        id=claims.uuid("id", version=7),
        of=Carries(of),
        answers=None if claims.members["answers"] is None else claims.uuid("answers", version=7),
        count=claims.whole("count"),
        digest=claims.digest("digest"),
        iat=claims.moment("iat"),
    )

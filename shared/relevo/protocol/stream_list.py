"""One page of a stream as one of its two ends knows it, signed, so that both ends can be compared.

A JWS of `typ` `relevo-stream+jwt` over exactly these members:

    {"iss", "aud", "of": "received" | "sent", "epoch", "from", "to", "more": true | false,
     "places": [[seq, jti, digest of the manifest, digest of the receipt or null], …], "iat"}

`received` is the stream from `aud` to `iss` as `iss` has it in its inbox, `sent` the stream from `iss` to `aud` as it
stands in its outbox. `places` are in the order of `seq`, all within `from` to `to`, at most 500; `more` says that
others follow the last. A receipt is null only in a stream that was sent, where none has come yet.
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
    from relevo.protocol.strict_json import JsonValue
    from relevo.protocol.trust import Trust

TYP = "relevo-stream+jwt"
MAX_PLACES = 500
_PARTS = 4


class Direction(StrEnum):
    """Which of the two streams between the nodes is listed, as the one who answers sees it."""

    RECEIVED = "received"
    SENT = "sent"


@dataclass(frozen=True, kw_only=True)
class Place:
    """One message in a stream: its place, its jti, and the digests of its manifest and its receipt."""

    seq: int
    jti: str
    manifest: str
    receipt: str | None

    @classmethod
    def from_array(cls, value: JsonValue) -> Place:
        """The place in its written form."""
        if not isinstance(value, list) or len(value) != _PARTS:
            raise MalformedClaims("a stream list: a place does not have four parts", field="places")
        seq, jti, manifest, receipt = value
        claims = Claims("a place", {"seq": seq, "jti": jti, "manifest": manifest, "receipt": receipt})
        return cls(
            seq=claims.whole("seq", least=1),
            jti=claims.uuid("jti", version=7),
            manifest=claims.digest("manifest"),
            receipt=None if receipt is None else claims.digest("receipt"),
        )

    def to_array(self) -> list[JsonValue]:
        """The written form."""
        return [self.seq, self.jti, self.manifest, self.receipt]


@dataclass(frozen=True, kw_only=True)
class StreamList:
    """The places of one epoch of one stream from `begin` to `end`, both included."""

    iss: str
    aud: str
    of: Direction
    epoch: int
    begin: int
    end: int
    more: bool
    places: tuple[Place, ...]
    iat: datetime

    def __post_init__(self) -> None:
        last = self.begin - 1
        for place in self.places:
            if not last < place.seq <= self.end:
                raise MalformedClaims("a stream list: places are not in order within their range", field="places")
            last = place.seq


def sign_stream_list(listed: StreamList, key: Signer) -> str:
    """`listed` as signed token."""
    payload = {
        "iss": listed.iss,
        "aud": listed.aud,
        "of": listed.of,
        "epoch": listed.epoch,
        "from": listed.begin,
        "to": listed.end,
        "more": listed.more,
        "places": [place.to_array() for place in listed.places],
        "iat": seconds(listed.iat),
    }
    return jws.sign(strict_json.dump(payload), key, TYP)


def read_stream_list(token: str, *, trust: Trust, at: datetime) -> StreamList:
    """The list in `token`, if the node that it names signed it with a key that was in use.

    Raises:
        MalformedClaims: if a claim is not of its form.
        WireError: as `read_signed`.
    """
    return read_signed(token, TYP, _parse, trust=trust, at=at)


def _parse(payload: bytes) -> StreamList:
    claims = Claims.parse(payload, ("iss", "aud", "of", "epoch", "from", "to", "more", "places", "iat"), "a list")
    of = claims.word("of")
    if of not in set(Direction):
        raise MalformedClaims("a stream list: of is neither received nor sent", field="of")
    return StreamList(
        iss=claims.node_id("iss"),
        aud=claims.node_id("aud"),
        of=Direction(of),
        epoch=claims.whole("epoch", least=1),
        begin=claims.whole("from", least=1),
        end=claims.whole("to", least=1),
        more=claims.flag("more"),
        places=tuple(Place.from_array(item) for item in claims.items("places", most=MAX_PLACES)),
        iat=claims.moment("iat"),
    )

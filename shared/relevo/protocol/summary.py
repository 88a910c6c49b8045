"""What a receiver has of a sender's stream, signed with each answer, so that a lost message shows.

A JWS of `typ` `relevo-summary+jwt` over `{"iss", "aud", "epoch", "high_water", "gaps": [[from, to], …], "iat"}`: of the
stream from `aud` to `iss` in this epoch, `high_water` is the highest `seq` received (0 for none); `gaps` are the
ranges below it that are missing, both ends included, in order.
"""

from __future__ import annotations

from dataclasses import dataclass
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

TYP = "relevo-summary+jwt"
MAX_GAPS = 1000


@dataclass(frozen=True, kw_only=True)
class Summary:
    """How far a stream has come, and what is missing in it."""

    iss: str
    aud: str
    epoch: int
    high_water: int
    gaps: tuple[tuple[int, int], ...]
    iat: datetime

    def __post_init__(self) -> None:
        last = 0
        for begin, end in self.gaps:
            if not last < begin <= end < self.high_water:
                raise MalformedClaims("a summary: gaps are not in order below the high water", field="gaps")
            last = end + 1


def sign_summary(summary: Summary, key: Signer) -> str:
    """`summary` as signed token."""
    payload = {
        "iss": summary.iss,
        "aud": summary.aud,
        "epoch": summary.epoch,
        "high_water": summary.high_water,
        "gaps": [list(gap) for gap in summary.gaps],
        "iat": seconds(summary.iat),
    }
    return jws.sign(strict_json.dump(payload), key, TYP)


def read_summary(token: str, *, trust: Trust, at: datetime) -> Summary:
    """The summary in `token`, if the node that it names signed it with a key that was in use.

    Raises:
        MalformedClaims: if a claim is not of its form.
        WireError: as `read_signed`.
    """
    return read_signed(token, TYP, _parse, trust=trust, at=at)


def _parse(payload: bytes) -> Summary:
    claims = Claims.parse(payload, Summary.__dataclass_fields__, "a summary")
    return Summary(
        iss=claims.node_id("iss"),
        aud=claims.node_id("aud"),
        epoch=claims.whole("epoch", least=1),
        high_water=claims.whole("high_water"),
        gaps=tuple(_gap(item) for item in claims.items("gaps", most=MAX_GAPS)),
        iat=claims.moment("iat"),
    )


def _gap(value: JsonValue) -> tuple[int, int]:
    match value:
        case [int(begin), int(end)] if not isinstance(begin, bool) and not isinstance(end, bool):
            return begin, end
    raise MalformedClaims("a summary: a gap is not two integers", field="gaps")

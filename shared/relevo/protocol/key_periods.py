"""When a key of a statement is in use, and how the list goes on from one statement to the next.

| period | a sender may | a receiver takes what arrives |
| --- | --- | --- |
| `SigningPeriod` | sign from `use_from` to `use_until` | until `verify_until`, if signed in that time |
| `EncryptionPeriod` | seal until `use_until` | for as long as it keeps the private half (180 days more) |

A key is in use from five minutes before it is published, or from the version before on where that is longer ago: what
a node signed with it before its statement said so, while that was on its way, or by a clock that was put right by less
than that, verifies like everything else.

Rotation is a new key in the ring and a new statement: the key before it is listed with its use ended. A signing key
that was stolen is listed with `invalid_from`: nothing that arrives from that moment on is taken under it, whatever
`iat` it claims, because a thief writes any `iat`. `invalid_from` is never taken back, and only ever moves earlier.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from relevo.clock import moment, seconds
from relevo.errors import WireError
from relevo.protocol.claims import Claims
from relevo.protocol.keys import EncryptionKey, VerifyKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relevo.protocol.keyring import Keys
    from relevo.protocol.strict_json import JsonObject

LIFE = timedelta(days=90)
"""How long a statement, and the use of each key in it, lasts at most."""
_MOMENTS = ("use_from", "use_until", "verify_until")
EARLY = timedelta(minutes=5)
"""How long before it is published a signing key is in use."""
GRACE = timedelta(days=180)
"""How long after its last use a signing key still verifies arrivals: as long as an encryption key is kept."""


class UnfitStatement(WireError):
    """A statement contradicts itself."""

    code = "unfit-statement"
    advice = "Ask the peer's administrator for a new statement; do not register this one."


@dataclass(frozen=True)
class SigningPeriod:
    """A key, when it signs, and until when what it signed may still arrive."""

    key: VerifyKey
    use_from: datetime
    use_until: datetime
    verify_until: datetime
    invalid_from: datetime | None = None

    @classmethod
    def from_object(cls, value: object) -> SigningPeriod:
        """The period in its written form."""
        claims = Claims.of(value, ("key", *_MOMENTS, "invalid_from"), "a signing key")
        invalid_from = claims.moment("invalid_from") if claims.members["invalid_from"] is not None else None
        use_from, use_until, verify_until = (claims.moment(name) for name in _MOMENTS)
        key = VerifyKey.from_jwk(claims.members["key"])
        period = cls(key, use_from, use_until, verify_until, invalid_from)
        if not period.use_from <= period.use_until <= period.verify_until:
            raise UnfitStatement("a signing key's moments are not in order")
        return period

    def to_object(self) -> JsonObject:
        """The written form."""
        return {
            "key": self.key.jwk,
            "use_from": seconds(self.use_from),
            "use_until": seconds(self.use_until),
            "verify_until": seconds(self.verify_until),
            "invalid_from": None if self.invalid_from is None else seconds(self.invalid_from),
        }


@dataclass(frozen=True)
class EncryptionPeriod:
    """A key, and until when others may seal to it."""

    key: EncryptionKey
    use_until: datetime

    @classmethod
    def from_object(cls, value: object) -> EncryptionPeriod:
        """The period in its written form."""
        claims = Claims.of(value, ("key", "use_until"), "an encryption key")
        return cls(EncryptionKey.from_object(claims.members["key"]), claims.moment("use_until"))

    def to_object(self) -> JsonObject:
        """The written form."""
        return {"key": self.key.written, "use_until": seconds(self.use_until)}


def signing_periods(
    before: tuple[SigningPeriod, ...], keyring: Keys, at: datetime, *, since: datetime
) -> tuple[SigningPeriod, ...]:
    """What a statement made at `at` says of the ring's signing key, and of those before it that still verify.

    A key that was not stated yet is stated from `since` on, when the version before was made: it may have signed
    already, between the change of the ring and a statement that was late or was lost with a disk.
    """
    mine = keyring.signing.public
    use_from = next((period.use_from for period in before if period.key == mine), _whole(min(since, at - EARLY)))
    ended = (_ended(period, keyring.compromised, at) for period in before if period.key != mine)
    kept = (period for period in ended if at <= period.verify_until)
    return (SigningPeriod(mine, use_from, at + LIFE, at + LIFE + GRACE), *kept)


def encryption_periods(
    before: tuple[EncryptionPeriod, ...], keyring: Keys, at: datetime
) -> tuple[EncryptionPeriod, ...]:
    """What a statement made at `at` says of the ring's encryption key, and of those before it that are still kept."""
    mine = keyring.encryption.public
    kept = (
        replace(period, use_until=min(period.use_until, at))
        for period in before
        if period.key != mine and at <= period.use_until + GRACE
    )
    return (EncryptionPeriod(mine, at + LIFE), *kept)


def _ended(period: SigningPeriod, compromised: Mapping[str, datetime], at: datetime) -> SigningPeriod:
    known = [one for one in (period.invalid_from, compromised.get(period.key.kid)) if one is not None]
    use_until = max(period.use_from, min(period.use_until, at))
    return replace(period, use_until=use_until, invalid_from=min(known, default=None))


def _whole(at: datetime) -> datetime:
    return moment(seconds(at))

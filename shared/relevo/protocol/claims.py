"""Reading the members of a signed payload: each by name, each once, each of one form.

A `Claims` is made from a payload whose signature already held. It refuses a payload that has other members than the
ones that its purpose knows, and gives each member out as the type that it must have. `true` is no integer, `1.0` is
no integer, and a UUID or a digest has exactly one spelling.

| form | example |
| --- | --- |
| node id | `es:retorno`: ISO 3166 alpha-2 in lower case, a colon, 1 to 32 of `a-z 0-9 -` |
| digest | SHA-256 as canonical base64url, 43 characters |
| UUID | lower case with hyphens (RFC 9562, section 4) |
| moment | NumericDate: whole seconds since 1970 (RFC 7519, section 2) |
| word | kebab-case: `illegal-step` |
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeGuard

from relevo.clock import moment, seconds
from relevo.errors import WireError
from relevo.protocol import base64url, strict_json

if TYPE_CHECKING:
    from collections.abc import Collection

    from relevo.protocol.strict_json import JsonObject, JsonValue

SKEW = timedelta(seconds=300)
"""How far ahead of our clock a peer's `iat` may lie."""

NODE_ID = re.compile(r"[a-z]{2}:[a-z0-9-]{1,32}")
WORD = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
MAX_TEXT = 2000
_spells_digest = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]").fullmatch  # 256 bits, then two that must be zero
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{12}")
_VARIANT = "89ab"  # what RFC 9562 speaks of (section 4.1); no other has a version
_LAST_MOMENT = seconds(datetime(9999, 12, 31, tzinfo=UTC))


class MalformedClaims(WireError):
    """A signed payload lacks a member, has one too many, or has one of the wrong form."""

    code = "malformed-claims"


class WrongAudience(WireError):
    """Something was made for another receiver."""

    code = "wrong-audience"


class WrongIssuer(WireError):
    """Something names another maker than the owner of the key that signed it."""

    code = "wrong-issuer"


class FromTheFuture(WireError):
    """Something claims to be made later than our clock allows."""

    code = "from-the-future"
    advice = "Compare the clocks of both nodes with a time server; the message can be sent again as it is."


@dataclass(frozen=True)
class Claims:
    """The members of one payload, and the name of the thing for error texts."""

    what: str
    members: JsonObject

    @classmethod
    def of(cls, value: object, names: Collection[str], what: str) -> Claims:
        """The members of `value`, which must be an object of exactly the members `names`.

        Raises:
            MalformedClaims: if `value` is something else.
        """
        if not isinstance(value, dict):
            raise MalformedClaims(f"{what} is not an object")
        if value.keys() != set(names):
            odd = set(names) - set(value) or {"one that is not known"}
            raise MalformedClaims(f"{what}: members are not exactly the known ones ({', '.join(sorted(odd))})")
        return cls(what, value)

    @classmethod
    def parse(cls, payload: bytes, names: Collection[str], what: str) -> Claims:
        """As `of`, from the bytes of a payload."""
        return cls.of(strict_json.load(payload), names, what)

    def text(self, name: str, *, limit: int = MAX_TEXT) -> str:
        """A text of 1 to `limit` characters, all printable."""
        value = self.members[name]
        if not isinstance(value, str) or not value.isprintable() or not 1 <= len(value) <= limit:
            raise self._malformed(name, f"not a text of 1 to {limit} printable characters")
        return value

    def word(self, name: str) -> str:
        """A kebab-case word of at most 64 characters."""
        return self._matching(name, WORD, "a kebab-case word")

    def node_id(self, name: str) -> str:
        """A node id."""
        return self._matching(name, NODE_ID, "a node id")

    def digest(self, name: str) -> str:
        """A SHA-256 digest, 43 characters."""
        if not is_digest(value := self.members[name]):
            raise self._malformed(name, "not a digest")
        return value

    def uuid(self, name: str, *, version: int | None = None) -> str:
        """A UUID in its one spelling, of this version if one is given."""
        value = self.text(name, limit=36)
        found = _UUID.fullmatch(value)
        if not found or (version is not None and (found[1] != f"{version:x}" or found[2] not in _VARIANT)):
            raise self._malformed(name, "not a UUID of the right version in its one spelling")
        return value

    def whole(self, name: str, *, least: int = 0) -> int:
        """An integer of at least `least`."""
        value = self.members[name]
        if type(value) is not int or value < least:
            raise self._malformed(name, f"not an integer of at least {least}")
        return value

    def moment(self, name: str) -> datetime:
        """A NumericDate, as a moment in UTC."""
        value = self.whole(name)
        if value > _LAST_MOMENT:
            raise self._malformed(name, "not a moment of this age")
        return moment(value)

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self.members[name]
        if not isinstance(value, bool):
            raise self._malformed(name, "neither true nor false")
        return value

    def items(self, name: str, *, most: int) -> list[JsonValue]:
        """A list of at most `most` items."""
        value = self.members[name]
        if not isinstance(value, list) or len(value) > most:
            raise self._malformed(name, f"not a list of at most {most}")
        return value

    def texts(self, name: str, *, most: int) -> tuple[str, ...]:
        """A list of at most `most` texts."""
        items = self.items(name, most=most)
        return tuple(Claims(self.what, {name: item}).text(name) for item in items)

    def raw(self, name: str) -> bytes:
        """The bytes that a base64url text stands for."""
        value = self.members[name]
        if not isinstance(value, str):
            raise self._malformed(name, "not a text")
        return base64url.decode(value)

    def _matching(self, name: str, pattern: re.Pattern[str], form: str) -> str:
        value = self.text(name, limit=64)
        if not pattern.fullmatch(value):
            raise self._malformed(name, f"not {form}")
        return value

    def _malformed(self, name: str, why: str) -> MalformedClaims:
        return MalformedClaims(f"{self.what}: {name} is {why}", field=name)


def is_digest(value: object) -> TypeGuard[str]:
    """Whether `value` is a SHA-256 digest in its one spelling."""
    return isinstance(value, str) and _spells_digest(value) is not None


def require_not_future(iat: datetime, at: datetime, what: str) -> None:
    """Raises `FromTheFuture` if `iat` lies more than `SKEW` after `at`."""
    if iat > at + SKEW:
        raise FromTheFuture(f"{what} is dated more than {SKEW.seconds} seconds ahead")

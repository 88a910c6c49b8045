"""Facts signed once, of which any part can be shown later (SD-JWT, RFC 9901), in one narrow profile.

    <issuer-signed JWT> ~ <disclosure> ~ <disclosure> ~ … ~

The JWT's payload has the open claims, `_sd_alg` (always `sha-256`) and `_sd`: digests in sorted order. Each hidden
member is one disclosure, `[salt of 128 bits, name, value]`. Where its value is an object, the value is `{"_sd": […]}`
and each field inside is a disclosure of its own; no deeper. Decoys fill the top level to a multiple of 16 digests and
each object to a multiple of 8, so that neither a member nor a number of fields shows.

Reading is the standard's algorithm (`relevo.protocol.sd_jwt_general`) for these two levels, and refuses what this
profile never writes: other hashes and salts, hidden array elements, digests deeper than two levels, objects that are
hidden in part. So what is read was disclosed field by field or not at all. Before anything is decoded the parts are
counted: at most `MAX_DISCLOSURES` disclosures, and a JWT of at most `MAX_JWT` characters, because it is kept for years.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

from relevo.errors import WireError
from relevo.protocol import base64url, jws, strict_json
from relevo.protocol import sd_jwt_general as general
from relevo.protocol.claims import is_digest
from relevo.protocol.sd_jwt_general import BadDisclosure, MalformedSdJwt, NameCollision, Veiled, free

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import Self, TypeGuard

    from relevo.protocol.keys import Signer
    from relevo.protocol.sd_jwt_general import Issuable
    from relevo.protocol.strict_json import JsonObject, JsonValue

__all__ = [
    "BadDisclosure",
    "Disclosure",
    "Issued",
    "MalformedSdJwt",
    "NameCollision",
    "TooManyDisclosures",
    "issue",
    "reveal",
    "serialise",
    "split",
    "verify",
]

TYP = "relevo+sd-jwt"
TOP_LEVEL, INSIDE = 16, 8
"""Digests come in multiples of these."""
MAX_DISCLOSURES = 1024
MAX_JWT = 1 << 16

_PARTS, _SALT = 3, 22
_Parts: TypeAlias = "Sequence[Any]"
"""Salt, name and value of a disclosure."""
_are_salts = re.compile(r"([A-Za-z0-9_-]{21}[AQgw])*").fullmatch  # each 128 bits, then four that must be zero


class TooManyDisclosures(WireError):
    """A content has more disclosures than any message of ours."""

    code = "too-many-disclosures"
    final = True


@dataclass(frozen=True, kw_only=True)
class Issued:
    """An issuer-signed JWT and disclosures that belong to it."""

    jwt: str
    disclosures: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Disclosure(general.Disclosure):
    """One disclosure of our profile, parsed."""

    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """The disclosure in `text`.

        Raises:
            BadDisclosure: unless it is canonical base64url of `[salt of 128 bits, name, value]`.
            NameCollision: if the name is reserved.
        """
        salt, name, value = _parts(text)
        return cls(text=text, salt=salt, name=name, value=value)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the ASCII of its text (RFC 9901, section 4.2.3)."""
        return general.digest(self.text)

    @property
    def inside(self) -> tuple[str, ...]:
        """The digests of the fields inside, if the value is an object."""
        return _inside(self.value) if isinstance(self.value, dict) else ()


def issue(
    open_claims: Mapping[str, JsonValue], hidden: Mapping[str, JsonValue], *, key: Signer, typ: str = TYP
) -> Issued:
    """`open_claims` for everybody and `hidden` member by member, signed as one.

    Raises:
        NameCollision: if a name is reserved or stands in both.
    """
    members = {name: _veiled(value) for name, value in hidden.items()}
    payload, disclosures = general.conceal(Veiled(shown=open_claims, hidden=members, multiple=TOP_LEVEL))
    return Issued(jwt=jws.sign(strict_json.dump(payload), key, typ), disclosures=disclosures)


def verify(jwt: str, disclosures: Sequence[str], *, key_for: jws.KeyFor, typ: str = TYP) -> JsonObject:
    """The open claims and what `disclosures` show, if the issuer signed all of it.

    A claim that is not disclosed is simply not there; an object of which no field is disclosed is empty.

    Raises:
        BadSignature, MalformedJws, WrongType: if the JWT is not the issuer's.
        MalformedSdJwt, BadDisclosure, NameCollision: if the disclosures are not exactly the issuer's.
    """
    return reveal(strict_json.load(jws.verify(jwt, key_for, typ)), disclosures)


def reveal(payload: JsonObject, disclosures: Sequence[str]) -> JsonObject:
    """The processed payload (RFC 9901, section 7.1, step 3); signatures are not looked at.

    Raises:
        MalformedSdJwt, BadDisclosure, NameCollision: as `verify`.
    """
    parts = _all_parts(disclosures)
    waiting = dict(zip(base64url.digests(map(str.encode, disclosures)), parts, strict=True))
    if payload.get(general.ALGORITHM) != "sha-256":
        raise MalformedSdJwt("_sd_alg is not sha-256")
    digests = _digests(payload)
    shown = {name: value for name, value in payload.items() if name not in _ENVELOPE}
    members = _taken(digests, waiting)
    inside = {name: _inside(value) for name, value in members.items() if isinstance(value, dict)}
    claims = {**shown, **members, **{name: _taken(fields, waiting) for name, fields in inside.items()}}
    _require_plain(claims)
    if len(set(disclosures)) != len(disclosures):
        raise BadDisclosure("a disclosure is given twice")
    if len(claims) != len(shown) + len(members):
        raise NameCollision("a claim is disclosed beside another of its name")
    _require_once([*digests, *chain.from_iterable(inside.values())])
    if waiting:
        raise BadDisclosure("the JWT does not vouch for a disclosure")
    return claims


def serialise(issued: Issued) -> str:
    """`jwt~disclosure~…~` (RFC 9901, section 4)."""
    return "~".join((issued.jwt, *issued.disclosures, ""))


def split(text: str) -> Issued:
    """The parts of `jwt~disclosure~…~`, nothing verified.

    Raises:
        TooManyDisclosures: if there are more than `MAX_DISCLOSURES`.
        MalformedSdJwt: if the text does not end with a tilde, or the JWT is too long.
    """
    jwt, *disclosures = text.split("~", MAX_DISCLOSURES + 2)
    if len(disclosures) > MAX_DISCLOSURES + 1:
        raise TooManyDisclosures
    if not jwt or len(jwt) > MAX_JWT or not disclosures or disclosures.pop():
        raise MalformedSdJwt("not a JWT and disclosures, each closed by a tilde")
    return Issued(jwt=jwt, disclosures=tuple(disclosures))


def _veiled(value: JsonValue) -> Issuable:
    return Veiled(hidden=value, multiple=INSIDE) if isinstance(value, dict) else value


def _parts(text: str) -> _Parts:
    """Salt, name and value of a disclosure; raises as `Disclosure.parse`."""
    found = general.parts(text)
    if isinstance(found, list) and len(found) == _PARTS:
        salt, name, value = found
        if isinstance(salt, str) and isinstance(name, str) and len(salt) == _SALT and _are_salts(salt):
            return salt, free(name), value
    raise BadDisclosure("a disclosure is not a salt of 128 bits, name and value")


def _all_parts(texts: Sequence[str]) -> Sequence[_Parts]:
    """The parts of each; only where one of them is wrong each is read by itself, and says what."""
    with suppress(base64url.NotBase64url, strict_json.MalformedJson):
        found = strict_json.load_values(base64url.decode_all(texts))
        if _are_parts(found):
            return found
    return [_parts(text) for text in texts]


def _are_parts(found: Sequence[Any]) -> TypeGuard[Sequence[_Parts]]:
    """Whether each is what `_parts` gives; False if there is none."""
    if {*map(type, found)} != {list} or {*map(len, found)} != {_PARTS}:
        return False
    salts, names, _ = zip(*found, strict=True)
    if {*map(type, salts), *map(type, names)} != {str} or {*map(len, salts)} != {_SALT}:
        return False
    return _are_salts("".join(salts)) is not None and general.RESERVED.isdisjoint(names)


def _taken(digests: Collection[str], waiting: dict[str, _Parts]) -> JsonObject:
    """What is disclosed of these digests, by name, taken from what is `waiting`."""
    found = [waiting.pop(one) for one in digests if one in waiting]
    claims = {name: value for _, name, value in found}
    if len(claims) != len(found):
        raise NameCollision("a claim is disclosed beside another of its name")
    return claims


_ENVELOPE = frozenset({general.DIGESTS, general.ALGORITHM})


def _digests(level: JsonObject) -> tuple[str, ...]:
    found = level.get(general.DIGESTS)
    if not isinstance(found, list) or not all(map(is_digest, found)):
        raise MalformedSdJwt("_sd is not a list of digests")
    return tuple(found)


def _inside(value: JsonObject) -> tuple[str, ...]:
    if value.keys() != {general.DIGESTS}:
        raise MalformedSdJwt("an object is hidden in part")
    return _digests(value)


def _require_once(digests: Collection[str]) -> None:
    if len(set(digests)) != len(digests):
        raise BadDisclosure("a digest stands twice")


def _require_plain(values: JsonObject | list[JsonValue]) -> None:
    """Refuse reserved names at any depth."""
    if isinstance(values, dict) and not general.RESERVED.isdisjoint(values):
        raise NameCollision("a claim has a reserved name")
    for value in values.values() if isinstance(values, dict) else values:
        if isinstance(value, (dict, list)):
            _require_plain(value)

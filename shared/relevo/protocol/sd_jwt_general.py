"""Selective disclosure as RFC 9901 has it, for whatever others issue; what nodes exchange is narrower (`sd_jwt`).

    <issuer-signed JWT> ~ <disclosure> ~ … ~ [<key-binding JWT>]

A disclosure is base64url of `[salt, name, value]`, named by its digest in an object's `_sd`, or of `[salt, value]`,
named by `{"...": digest}` in a list; at any depth, in the open or within other disclosures. `_sd_alg` is sha-256 where
it is absent; sha-384 and sha-512 are understood, others refused. A list element that is not disclosed is left out.

Narrower than the RFC allows: JSON that can be read in two ways (`relevo.protocol.strict_json`), base64url that is not
canonical, an `_sd` that is no list of texts, and `...` beside other members or outside a list are refused.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from relevo.errors import WireError
from relevo.protocol import base64url, strict_json
from relevo.protocol.strict_json import JsonObject, JsonValue

if TYPE_CHECKING:
    from typing import Self

DIGESTS, ALGORITHM, ELEMENT = "_sd", "_sd_alg", "..."
RESERVED = frozenset({DIGESTS, ALGORITHM, ELEMENT})
_PLACES = frozenset({DIGESTS, ELEMENT})
"""Members that say where something is hidden."""
HASHES: Mapping[str, Callable[[bytes], hashlib._Hash]] = {
    "sha-256": hashlib.sha256,
    "sha-384": hashlib.sha384,
    "sha-512": hashlib.sha512,
}
_SALT_BYTES = 16


class MalformedSdJwt(WireError):
    """A text or payload is not an SD-JWT, or not one of our profile."""

    code = "malformed-sd-jwt"
    final = True


class BadDisclosure(WireError):
    """A disclosure is malformed, or the JWT does not vouch for it exactly once."""

    code = "bad-disclosure"
    final = True


class NameCollision(WireError):
    """A claim's name is reserved or stands twice."""

    code = "claim-name-collision"
    final = True


@dataclass(frozen=True, kw_only=True)
class Disclosure:
    """One disclosure, parsed; of a list element where `name` is None."""

    text: str
    salt: str
    name: str | None
    value: JsonValue

    @classmethod
    def parse(cls, text: str) -> Self:
        """The disclosure in `text`; raises `BadDisclosure` unless it is `[salt, name, value]` or `[salt, value]`."""
        match parts(text):
            case [str(salt), str(name), value]:
                return cls(text=text, salt=salt, name=name, value=value)
            case [str(salt), value]:
                return cls(text=text, salt=salt, name=None, value=value)
        raise BadDisclosure("a disclosure is not salt, name and value")


Disclosed: TypeAlias = "tuple[str | None, JsonValue]"
"""Name and value of a disclosure; of a list element where the name is None."""


@dataclass(frozen=True, kw_only=True)
class Veiled:
    """An object to issue: `shown` in the open, each member of `hidden` as a disclosure; filled with decoys.

    `multiple` is what the number of digests is rounded up to.
    """

    hidden: Mapping[str, Issuable]
    shown: Mapping[str, Issuable] = field(default_factory=dict)
    multiple: int = 1


@dataclass(frozen=True)
class HiddenElement:
    """An element of a list to issue, as a disclosure of its own."""

    value: Issuable


Issuable: TypeAlias = "JsonValue | Veiled | HiddenElement | Sequence[Issuable] | Mapping[str, Issuable]"


def conceal(claims: Veiled) -> tuple[JsonObject, tuple[str, ...]]:
    """The payload to sign and all disclosures, each before those within it; digests are SHA-256.

    Raises:
        NameCollision: if a name is reserved or stands in both `hidden` and `shown`.
    """
    disclosures: list[str] = []
    payload = _conceal_object(claims, disclosures)
    return {**payload, ALGORITHM: "sha-256"}, tuple(disclosures)


def reveal(payload: JsonObject, disclosures: Iterable[Disclosure]) -> JsonObject:
    """The processed payload (RFC 9901, section 7.1, steps 3 to 5); signatures and times are not looked at.

    Raises:
        MalformedSdJwt, BadDisclosure, NameCollision: if the disclosures are not exactly the issuer's.
    """
    algorithm = digest_algorithm(payload)
    given = list(disclosures)
    waiting = {digest(one.text, algorithm): (one.name, one.value) for one in given}
    if len(waiting) != len(given):
        raise BadDisclosure("a disclosure is given twice")
    walk = _Walk(waiting)
    claims = walk.object({name: value for name, value in payload.items() if name != ALGORITHM})
    if walk.left:
        raise BadDisclosure("the JWT does not vouch for a disclosure")
    claims.pop(ALGORITHM, None)
    return claims


def digest(text: str, algorithm: str = "sha-256") -> str:
    """The digest of the ASCII of a text, as base64url (RFC 9901, sections 4.2.3 and 4.3.1)."""
    return base64url.encode(HASHES[algorithm](text.encode()).digest())


def digest_algorithm(payload: JsonObject) -> str:
    """The hash that `_sd_alg` names; raises `MalformedSdJwt` if we do not know it."""
    named = payload.get(ALGORITHM, "sha-256")
    if not isinstance(named, str) or named not in HASHES:
        raise MalformedSdJwt("_sd_alg is none of sha-256, sha-384 and sha-512")
    return named


def digests_in(level: JsonObject) -> tuple[str, ...]:
    """What stands in an object's `_sd`, none if it has none."""
    found = level.get(DIGESTS, [])
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise MalformedSdJwt("_sd is not a list of digests")
    return tuple(found)


def split_bound(text: str) -> tuple[str, tuple[str, ...], str]:
    """JWT, disclosures and key-binding JWT (empty if there is none) of `jwt~…~` (RFC 9901, section 4).

    Raises:
        MalformedSdJwt: if there is no JWT or no tilde.
    """
    jwt, *disclosures = text.split("~")
    if not jwt or not disclosures:
        raise MalformedSdJwt("not a JWT and disclosures, each closed by a tilde")
    return jwt, tuple(disclosures[:-1]), disclosures[-1]


class _Walk:
    """One way through a payload, taking from what is `left` what is found and remembering every digest."""

    def __init__(self, waiting: dict[str, Disclosed]) -> None:
        self.left = waiting
        self._seen: set[str] = set()

    def object(self, level: JsonObject) -> JsonObject:
        if ELEMENT in level:
            raise NameCollision("`...` stands elsewhere than alone in an element of a list")
        claims = {name: self._value(value) for name, value in level.items() if name != DIGESTS}
        for one in digests_in(level):
            if (found := self._take(one)) is None:
                continue
            name, value = found
            if name is None:
                raise BadDisclosure("an element of a list is disclosed as a member")
            if name in _PLACES or name in claims:
                raise NameCollision("a claim is disclosed beside another of its name, or its name is reserved")
            claims[name] = self._value(value)
        return claims

    def _value(self, value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            return self.object(value)
        return self._list(value) if isinstance(value, list) else value

    def _list(self, items: list[JsonValue]) -> list[JsonValue]:
        kept: list[JsonValue] = []
        for item in items:
            named = item.get(ELEMENT) if isinstance(item, dict) and len(item) == 1 else None
            if isinstance(named, str):
                kept += self._element(named)
            else:
                kept.append(self._value(item))
        return kept

    def _element(self, named: str) -> list[JsonValue]:
        if (found := self._take(named)) is None:
            return []
        name, value = found
        if name is not None:
            raise BadDisclosure("a member is disclosed as an element of a list")
        return [self._value(value)]

    def _take(self, one: str) -> Disclosed | None:
        if one in self._seen:
            raise BadDisclosure("a digest stands twice")
        self._seen.add(one)
        return self.left.pop(one, None)


def _conceal(value: Issuable, out: list[str]) -> object:
    if isinstance(value, str):
        return value
    if isinstance(value, Veiled):
        return _conceal_object(value, out)
    if isinstance(value, Mapping):
        return {free(name): _conceal(content, out) for name, content in value.items()}
    if isinstance(value, HiddenElement):
        return {ELEMENT: _disclose([], value.value, out)}
    if isinstance(value, (list, tuple)):
        return [_conceal(item, out) for item in value]
    return value


def _conceal_object(value: Veiled, out: list[str]) -> JsonObject:
    if value.shown.keys() & value.hidden.keys():
        raise NameCollision("a claim is both open and hidden")
    shown = {free(name): _conceal(content, out) for name, content in value.shown.items()}
    digests = [_disclose([free(name)], content, out) for name, content in value.hidden.items()]
    return {**shown, DIGESTS: _with_decoys(digests, value.multiple)}


def _disclose(name: list[str], value: Issuable, out: list[str]) -> str:
    """Put the disclosure and those within it into `out`; its digest."""
    salt = base64url.encode(secrets.token_bytes(_SALT_BYTES))
    within: list[str] = []
    if isinstance(value, str):
        text = base64url.encode(strict_json.dump_whole([salt, *name, value]))
    else:
        text = base64url.encode(strict_json.dump([salt, *name, _conceal(value, within)]))
    out += [text, *within]
    return digest(text)


def _with_decoys(digests: Collection[str], multiple: int) -> list[str]:
    missing = -len(digests) % multiple if digests else multiple
    decoys = [base64url.digest(secrets.token_bytes(32)) for _ in range(missing)]
    return sorted([*digests, *decoys])


def free(name: str) -> str:
    """`name`, unless it is reserved (`NameCollision`)."""
    if name in RESERVED:
        raise NameCollision("a claim has a reserved name")
    return name


def parts(disclosure: str) -> JsonValue:
    """The JSON that a disclosure spells; raises `BadDisclosure` unless it is base64url of strict JSON."""
    try:
        return strict_json.load_value(base64url.decode(disclosure))
    except (base64url.NotBase64url, strict_json.MalformedJson) as error:
        raise BadDisclosure("a disclosure is not base64url of JSON") from error

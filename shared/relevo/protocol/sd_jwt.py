"""Facts signed once, of which any part can be shown later (SD-JWT, RFC 9901), in one narrow profile.

    <issuer-signed JWT> ~ <disclosure> ~ <disclosure> ~ … ~

The JWT's payload has the open claims, `_sd_alg` (always `sha-256`) and `_sd`: digests in sorted order. Each hidden
member is one disclosure, `[salt of 128 bits, name, value]`. Where its value is an object, the value is `{"_sd": […]}`
and each field inside is a disclosure of its own; no deeper. Decoys fill the top level to a multiple of 16 digests and
each object to a multiple of 8, so that neither a member nor a number of fields shows.

Reading refuses whatever RFC 9901, section 7.1, refuses, and what this profile never writes: hidden array elements,
digests deeper than two levels, objects that are hidden in part. So what is read was disclosed field by field or not
at all.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relevo.errors import WireError
from relevo.protocol import base64url, jws, strict_json
from relevo.protocol.claims import is_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from relevo.protocol.keys import Signer
    from relevo.protocol.strict_json import JsonObject, JsonValue

TYP = "relevo+sd-jwt"
TOP_LEVEL, INSIDE = 16, 8
"""Digests come in multiples of these."""

_DIGESTS, _ALGORITHM, _ELEMENT = "_sd", "_sd_alg", "..."
_RESERVED = frozenset({_DIGESTS, _ALGORITHM, _ELEMENT})
_SALT_BYTES = 16
_SALT = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]")  # 128 bits, then four that must be zero


class MalformedSdJwt(WireError):
    """A text or payload is not an SD-JWT of our profile."""

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
class Issued:
    """An issuer-signed JWT and disclosures that belong to it."""

    jwt: str
    disclosures: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Disclosure:
    """One disclosure, parsed."""

    text: str
    name: str
    value: JsonValue

    @classmethod
    def parse(cls, text: str) -> Disclosure:
        """The disclosure in `text`.

        Raises:
            BadDisclosure: unless it is canonical base64url of `[salt of 128 bits, name, value]`.
            NameCollision: if the name is reserved.
        """
        match _parts(text):
            case [str(salt), str(name), value] if _SALT.fullmatch(salt):
                return cls(text=text, name=_free(name), value=value)
        raise BadDisclosure("a disclosure is not salt, name and value")

    @property
    def digest(self) -> str:
        """SHA-256 of the ASCII of its text (RFC 9901, section 4.2.3)."""
        return base64url.digest(self.text.encode())

    @property
    def inside(self) -> tuple[str, ...]:
        """The digests of the fields inside, if the value is an object."""
        if not isinstance(self.value, dict):
            return ()
        if set(self.value) != {_DIGESTS}:
            raise MalformedSdJwt("an object is hidden in part")
        return _digests(self.value)


def issue(
    open_claims: Mapping[str, JsonValue], hidden: Mapping[str, JsonValue], *, key: Signer, typ: str = TYP
) -> Issued:
    """`open_claims` for everybody and `hidden` member by member, signed as one.

    Raises:
        NameCollision: if a name is reserved or stands in both.
    """
    if open_claims.keys() & hidden.keys():
        raise NameCollision("a claim is both open and hidden")
    _require_plain(dict(open_claims))
    members = [_disclose(name, value) for name, value in hidden.items()]
    digests = _with_decoys((disclosures[0] for disclosures in members), TOP_LEVEL)
    payload = {**open_claims, _ALGORITHM: "sha-256", _DIGESTS: digests}
    flat = tuple(disclosure for disclosures in members for disclosure in disclosures)
    return Issued(jwt=jws.sign(strict_json.dump(payload), key, typ), disclosures=flat)


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
    waiting = _by_digest(disclosures)
    digests, claims = _top_level(payload)
    members = _take(digests, waiting)
    inner = [member.inside for member in members]
    _require_once([*digests, *(digest for inside in inner for digest in inside)])
    for member, inside in zip(members, inner, strict=True):
        fields = {field.name: _require_plain(field.value) for field in _unique(_take(inside, waiting))}
        _add(claims, member.name, fields if isinstance(member.value, dict) else _require_plain(member.value))
    if waiting:
        raise BadDisclosure("the JWT does not vouch for a disclosure")
    return claims


def serialise(issued: Issued) -> str:
    """`jwt~disclosure~…~` (RFC 9901, section 4)."""
    return "".join(f"{part}~" for part in (issued.jwt, *issued.disclosures))


def split(text: str) -> Issued:
    """The parts of `jwt~disclosure~…~`, nothing verified.

    Raises:
        MalformedSdJwt: if the text does not end with a tilde.
    """
    jwt, *disclosures = text.removesuffix("~").split("~")
    if not jwt or not text.endswith("~"):
        raise MalformedSdJwt("not a JWT and disclosures, each closed by a tilde")
    return Issued(jwt=jwt, disclosures=tuple(disclosures))


def _disclose(name: str, value: JsonValue) -> list[str]:
    """The disclosure of a member, then those of the fields inside it."""
    _require_plain(value)
    if not isinstance(value, dict):
        return [_written(name, value)]
    fields = [_written(field, content) for field, content in value.items()]
    return [_written(name, {_DIGESTS: _with_decoys(fields, INSIDE)}), *fields]


def _written(name: str, value: object) -> str:
    salt = base64url.encode(secrets.token_bytes(_SALT_BYTES))
    return base64url.encode(strict_json.dump([salt, _free(name), value]))


def _with_decoys(disclosures: Iterable[str], multiple: int) -> list[str]:
    digests = [base64url.digest(text.encode()) for text in disclosures]
    missing = -len(digests) % multiple if digests else multiple
    decoys = [base64url.digest(secrets.token_bytes(32)) for _ in range(missing)]
    return sorted(digests + decoys)


def _parts(disclosure: str) -> JsonValue:
    try:
        return strict_json.load_value(base64url.decode(disclosure))
    except (base64url.NotBase64url, strict_json.MalformedJson) as error:
        raise BadDisclosure("a disclosure is not base64url of JSON") from error


def _by_digest(disclosures: Sequence[str]) -> dict[str, Disclosure]:
    parsed = [Disclosure.parse(text) for text in disclosures]
    waiting = {disclosure.digest: disclosure for disclosure in parsed}
    if len(waiting) != len(parsed):
        raise BadDisclosure("a disclosure is given twice")
    return waiting


def _top_level(payload: JsonObject) -> tuple[tuple[str, ...], JsonObject]:
    if payload.get(_ALGORITHM) != "sha-256":
        raise MalformedSdJwt("_sd_alg is not sha-256")
    claims = {name: value for name, value in payload.items() if name not in {_DIGESTS, _ALGORITHM}}
    _require_plain(claims)
    return _digests(payload), claims


def _digests(level: JsonObject) -> tuple[str, ...]:
    found = level.get(_DIGESTS)
    if not isinstance(found, list) or not all(is_digest(item) for item in found):
        raise MalformedSdJwt("_sd is not a list of digests")
    return tuple(found)


def _take(digests: Iterable[str], waiting: dict[str, Disclosure]) -> list[Disclosure]:
    return [waiting.pop(digest) for digest in digests if digest in waiting]


def _require_once(digests: Sequence[str]) -> None:
    if len(set(digests)) != len(digests):
        raise BadDisclosure("a digest stands twice")


def _unique(fields: list[Disclosure]) -> list[Disclosure]:
    if len({field.name for field in fields}) != len(fields):
        raise NameCollision("a field is disclosed twice")
    return fields


def _add(claims: JsonObject, name: str, value: JsonValue) -> None:
    if name in claims:
        raise NameCollision("a claim is disclosed beside another of its name")
    claims[name] = value


def _free(name: str) -> str:
    if name in _RESERVED:
        raise NameCollision("a claim has a reserved name")
    return name


def _require_plain(value: JsonValue) -> JsonValue:
    """`value`, if no reserved name stands in it at any depth."""
    if isinstance(value, dict):
        for name, content in value.items():
            _free(name)
            _require_plain(content)
    elif isinstance(value, list):
        for item in value:
            _require_plain(item)
    return value

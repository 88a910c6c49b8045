"""The part of a person's data that an organisation was given, as a file that it can verify with no node near.

    {"format": "relevo-part-v1", "organisation": "ge:dabruneba/shelter", "service": "safe-housing", "thread": …,
     "given_at": 1795338000, "nonce": …, "presentations": [text, …]}

Each presentation shows fields of one message that the host signed, bound by the origin to this organisation and this
occasion (`relevo.protocol.presentation`): its `aud` is `organisation`, its `nonce` the one of the file, and its `iat`
lies within a minute of `given_at`, however long ago that is. What is shown of two messages never overlaps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from relevo.clock import seconds
from relevo.errors import WireError
from relevo.protocol import jws, sd_jwt, strict_json
from relevo.protocol.claims import Claims, WrongIssuer, require_not_future
from relevo.protocol.presentation import verify_presentation

if TYPE_CHECKING:
    from datetime import datetime

    from relevo.protocol.strict_json import JsonObject, JsonValue
    from relevo.protocol.trust import Trust

FORMAT = "relevo-part-v1"
MAX_BYTES = 4_000_000
MAX_PRESENTATIONS = 100
_MOMENT = timedelta(minutes=1)
_MEMBERS = ("format", "organisation", "service", "thread", "given_at", "nonce", "presentations")


class PartMalformed(WireError):
    """A file is not the part of a profile, or contradicts itself."""

    code = "part-malformed"
    advice = "Ask the node for the file again; `part export` writes it."


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part as it was given; nothing in it is verified yet."""

    organisation: str
    service: str
    thread: str
    given_at: datetime
    nonce: str
    presentations: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class VerifiedPart:
    """What a part shows, and the node that signed it."""

    signed_by: str
    thread: str
    classes: dict[str, dict[str, JsonValue]]


def write_part(part: Part) -> bytes:
    """The bytes of the file."""
    return strict_json.dump(
        {
            "format": FORMAT,
            "organisation": part.organisation,
            "service": part.service,
            "thread": part.thread,
            "given_at": seconds(part.given_at),
            "nonce": part.nonce,
            "presentations": list(part.presentations),
        }
    )


def read_part(raw: bytes) -> Part:
    """The part in a file, its form checked and nothing else.

    Raises:
        PartMalformed: if it is not of this form.
    """
    try:
        return _part(Claims.of(strict_json.load(raw, limit=MAX_BYTES), _MEMBERS, "the file"))
    except PartMalformed:
        raise
    except WireError as error:
        raise PartMalformed(f"not a part: {error.detail}", field=error.field) from error


def verify_part(part: Part, *, trust: Trust, at: datetime) -> VerifiedPart:
    """What a part shows, if one node signed all of it and it was given to this organisation on this occasion.

    Raises:
        PartMalformed: if it holds nothing, or what is shown overlaps or belongs to another referral.
        FromTheFuture: if it was given later than `at`.
        WrongIssuer: if a key is another node's than the one that a message names, or two nodes signed.
        WireError: as `verify_presentation`.
    """
    require_not_future(part.given_at, at, "a part")
    shown = [_verified(text, part, trust) for text in part.presentations]
    issuers = {str(claims["iss"]) for claims in shown}
    if len(issuers) != 1:
        raise PartMalformed("a part is signed by one node") if not issuers else WrongIssuer()
    if any(claims.get("thread") != part.thread for claims in shown):
        raise PartMalformed("what is shown belongs to another referral", field="thread")
    classes: dict[str, dict[str, JsonValue]] = {}
    for claims in shown:
        for name, fields in claims.items():
            if isinstance(fields, dict) and name not in _OPEN:
                if name in classes:
                    raise PartMalformed("a data class is shown twice", field=name)
                classes[name] = fields
    return VerifiedPart(signed_by=issuers.pop(), thread=part.thread, classes=classes)


_OPEN = frozenset({"cnf", "step"})


def _verified(text: str, part: Part, trust: Trust) -> JsonObject:
    claims = verify_presentation(
        text, key_for=trust.key_named, aud=part.organisation, nonce=part.nonce, at=part.given_at, max_age=_MOMENT
    )
    if trust.node_of(jws.key_id(text.partition("~")[0], sd_jwt.TYP)) != claims.get("iss"):
        raise WrongIssuer("the key is another node's than the one that the message names")
    return claims


def _part(claims: Claims) -> Part:
    if claims.members["format"] != FORMAT:
        raise PartMalformed("the file is of another format", field="format")
    texts = claims.members["presentations"]
    if not isinstance(texts, list) or len(texts) > MAX_PRESENTATIONS:
        raise PartMalformed("presentations are a list", field="presentations")
    words = {name: claims.text(name) for name in ("organisation", "service", "nonce")}
    found = tuple(text for text in texts if isinstance(text, str))
    if len(found) != len(texts):
        raise PartMalformed("a presentation is text", field="presentations")
    return Part(**words, thread=claims.uuid("thread"), given_at=claims.moment("given_at"), presentations=found)

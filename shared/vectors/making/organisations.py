"""Vectors about showing a part of signed content to somebody else: presentation, and the part of an organisation."""

from __future__ import annotations

from collections.abc import Iterator

from relevo.protocol import base64url, strict_json
from relevo.protocol.sd_jwt import Disclosure, Issued
from vectors.making import parties
from vectors.making.cases import Json, Vectors, bad, good, vectors
from vectors.making.parties import (
    CONTENT,
    DAY,
    HIDDEN,
    HOST,
    HOST_SAYS,
    NOW,
    ORIGIN,
    STRANGER,
    issued,
    open_claims,
    signed,
)
from vectors.making.tampering import spoilt

SHELTER, NONCE = "ci:accueil/shelter", "v3ctors-nonce"
SHOWN = ("identity-min", "contact")


def files() -> Iterator[Vectors]:
    """All of them."""
    keys = [HOST.signing.public.jwk]
    given = {"keys": keys, "aud": SHELTER, "nonce": NONCE, "at": NOW + 60, "max_age": 300}
    yield vectors(
        "presentation", "A part of content with a key-binding JWT (RFC 9901, 4.3).", _presentations(), **given
    )
    yield vectors("part", "What an organisation was given, as a file.", _parts(), statements=[HOST_SAYS], at=NOW + 60)


def kept(content: Issued, *names: str) -> tuple[str, ...]:
    """The disclosures of these members and of all fields in them."""
    parsed = [Disclosure.parse(text) for text in content.disclosures]
    members = [one for one in parsed if one.name in names and one.inside]
    inside = {digest for one in members for digest in one.inside}
    return tuple(one.text for one in parsed if one in members or one.digest in inside)


def presented(content: Issued = CONTENT, names: tuple[str, ...] = SHOWN, **changes: Json) -> str:
    """A presentation; claims of its key-binding JWT changed, None takes one away, `key` signs instead."""
    shown = "".join(f"{part}~" for part in (content.jwt, *kept(content, *names)))
    key = changes.pop("key", ORIGIN.presentation)
    typ = changes.pop("typ", "kb+jwt")
    claims = {"iat": NOW, "aud": SHELTER, "nonce": NONCE, "sd_hash": base64url.digest(shown.encode()), **changes}
    return shown + signed({name: value for name, value in claims.items() if value is not None}, key, typ)


def _presentations() -> Iterator[Json]:
    told = {**open_claims(), **{name: HIDDEN[name] for name in SHOWN}}
    yield good("two classes", told, text=presented())
    yield good("nothing but the open claims", open_claims(), text=presented(names=()))
    yield bad("for another receiver", "wrong-audience", text=presented(aud="ci:accueil/other"))
    yield bad("for another occasion", "presentation-stale", text=presented(nonce="another"))
    yield bad("too old", "presentation-stale", text=presented(), at=NOW + 301)
    yield bad("dated ahead", "from-the-future", text=presented(iat=NOW + 361))
    whole = presented()
    shown, _, token = whole.rpartition("~")
    less = "~".join(shown.split("~")[:-1]) + "~" + token
    yield bad("a disclosure taken away", "presentation-changed", text=less)
    extra = next(text for text in kept(CONTENT, "needs"))
    yield bad("a disclosure added", "presentation-changed", text=f"{shown}~{extra}~{token}")
    yield bad("no key-binding JWT", "presentation-unbound", text=shown + "~")
    yield bad("a key-binding JWT of somebody else", "bad-signature", text=presented(key=STRANGER.presentation))
    yield bad("a key-binding JWT of the issuer", "bad-signature", text=presented(key=HOST.signing))
    yield bad("a key-binding JWT that was changed", "bad-signature", text=spoilt(whole))
    yield bad("a key-binding JWT for another purpose", "wrong-type", text=presented(typ="relevo-receipt+jwt"))
    yield bad("no nonce", "malformed-claims", text=presented(nonce=None))
    yield bad("a claim too many", "malformed-claims", text=presented(exp=NOW + DAY))
    bare = {name: value for name, value in open_claims().items() if name != "cnf"}
    yield bad("content without cnf", "presentation-unbound", text=presented(issued(bare)))
    more = issued(open_claims(cnf={"jwk": ORIGIN.presentation.public.jwk, "kid": "x"}))
    yield bad("a cnf with a member too many", "presentation-unbound", text=presented(more))


def _part(*texts: str, **changes: Json) -> str:
    members = {
        "format": "relevo-part-v1",
        "organisation": SHELTER,
        "service": "safe-housing",
        "thread": parties.THREAD,
        "given_at": NOW,
        "nonce": NONCE,
        "presentations": list(texts),
        **changes,
    }
    return strict_json.dump(members).decode()


def _parts() -> Iterator[Json]:
    told = {"signed_by": "es:retorno", "organisation": SHELTER, "classes": {name: HIDDEN[name] for name in SHOWN}}
    yield good("one message", told, file=_part(presented()))
    apart = _part(presented(names=("contact",)), presented(names=("identity-min",)))
    yield good("two messages", told, file=apart)
    yield bad("one class twice", "part-malformed", file=_part(presented(), presented(names=("contact",))))
    yield bad("nothing", "part-malformed", file=_part())
    yield bad("of another referral", "part-malformed", file=_part(presented(), thread=parties.JTI))
    yield bad("for another organisation", "wrong-audience", file=_part(presented(), organisation="ci:accueil/other"))
    yield bad("for another occasion", "presentation-stale", file=_part(presented(), nonce="another"))
    yield bad("another format", "part-malformed", file=_part(presented(), format="relevo-part-v2"))
    yield bad("a member too many", "part-malformed", file=_part(presented(), note="x"))
    yield bad("a thread that is no UUID", "part-malformed", file=_part(presented(), thread="1"))
    yield bad("a presentation that is no text", "part-malformed", file=_part(presented(), presentations=[1]))
    yield bad("101 presentations", "part-malformed", file=_part(*[""] * 101))
    yield bad("signed by a stranger", "key-unknown", file=_part(presented(issued(key=STRANGER.signing))))
    named = issued(open_claims(iss="ci:accueil"))
    yield bad("in another node's name", "wrong-issuer", file=_part(presented(named)))
    yield bad("no JSON", "part-malformed", file="relevo-part-v1")

"""Vectors about what is said and sealed: SD-JWT, basis, terms, sealing, whole envelopes, steps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from relevo.protocol import base64url, strict_json
from relevo.protocol.keys import DecryptionKey
from relevo.protocol.sd_jwt import Issued
from vectors.making import parties
from vectors.making.cases import Json, Vectors, bad, good, vectors
from vectors.making.parties import (
    CONTENT,
    HIDDEN,
    HOST,
    ORIGIN,
    ORIGIN_ID,
    SOP,
    STRANGER,
    TERMS,
    disclosure,
    issued,
    open_claims,
    signed,
)
from vectors.making.tampering import payload_of, spoilt

TYP = "relevo+sd-jwt"


def files() -> Iterator[Vectors]:
    """All of them."""
    keys = [HOST.signing.public.jwk]
    yield vectors("sd-jwt", "Content with any of its disclosures (RFC 9901).", _sd_jwts(), typ=TYP, keys=keys)
    yield vectors("basis", "The commitment to a consent or an exception.", _bases())
    yield vectors("terms", "The one form of a basis record.", _terms())
    seed = ORIGIN.encryption.seed.hex()
    yield vectors("sealed", "HPKE with padding (RFC 9180).", _seals(), seed=seed)
    yield vectors("step", "What the claims of a message say.", _steps())


def _text(content: Issued, *disclosures: str) -> str:
    return "".join(f"{part}~" for part in (content.jwt, *disclosures))


def _with(payload: Json, *disclosures: str) -> str:
    return _text(Issued(jwt=signed(payload, HOST.signing, TYP), disclosures=()), *disclosures)


def _sd_jwts() -> Iterator[Json]:
    every, claims = CONTENT.disclosures, open_claims()
    yield good("every disclosure", {**claims, **HIDDEN}, text=_text(CONTENT, *every))
    yield good("in another order", {**claims, **HIDDEN}, text=_text(CONTENT, *reversed(every)))
    yield good("no disclosure", claims, text=_text(CONTENT))
    whole = {text: base64url.decode(text) for text in every}
    contact = next(text for text, raw in whole.items() if b'"contact",{"_sd"' in raw)
    language = next(text for text, raw in whole.items() if b'"language","fr"' in raw)
    yield good(
        "a class and one field of it", {**claims, "contact": {"language": "fr"}}, text=_text(CONTENT, contact, language)
    )
    yield good("a class without its fields", {**claims, "contact": {}}, text=_text(CONTENT, contact))
    yield bad("a field without its class", "bad-disclosure", text=_text(CONTENT, language))
    yield bad("a disclosure twice", "bad-disclosure", text=_text(CONTENT, contact, contact))
    foreign = disclosure("foreign", "contact", "an invention")
    yield bad("a disclosure that nobody signed", "bad-disclosure", text=_text(CONTENT, foreign))
    yield from _misshapen_disclosures()
    yield from _misshapen_payloads()
    yield bad("no tilde at the end", "malformed-sd-jwt", text=_text(CONTENT, *every)[:-1])
    yield bad("an empty disclosure", "bad-disclosure", text=CONTENT.jwt + "~~")
    yield bad("nothing but a tilde", "malformed-sd-jwt", text="~")
    yield bad("a signature that was changed", "bad-signature", text=spoilt(CONTENT.jwt) + "~")
    yield bad("of a stranger", "key-unknown", text=_text(issued(key=STRANGER.signing)))
    receipt = signed(payload_of(CONTENT.jwt), HOST.signing, "relevo-receipt+jwt")
    yield bad("signed for another purpose", "wrong-type", text=receipt + "~")


def _vouched(text: str, **more: Json) -> Json:
    return {**open_claims(), "_sd_alg": "sha-256", "_sd": [base64url.digest(text.encode())], **more}


def _misshapen_disclosures() -> Iterator[Json]:
    salt = base64url.encode(parties.stretch("salt/misshapen", 16))
    shapes: dict[str, tuple[str, Json]] = {
        "a short salt": ("bad-disclosure", [salt[:20], "note", 1]),
        "a salt of 120 bits": ("bad-disclosure", [base64url.encode(bytes(15)), "note", 1]),
        "a salt of 136 bits": ("bad-disclosure", [base64url.encode(bytes(17)), "note", 1]),
        "an array element": ("bad-disclosure", [salt, "note"]),
        "four parts": ("bad-disclosure", [salt, "note", 1, 2]),
        "a name that is no text": ("bad-disclosure", [salt, 7, 1]),
        "an object": ("bad-disclosure", {"salt": salt}),
        "the name _sd": ("claim-name-collision", [salt, "_sd", ["x"]]),
        "the name _sd_alg": ("claim-name-collision", [salt, "_sd_alg", "sha-256"]),
        "the name ...": ("claim-name-collision", [salt, "...", "x"]),
        "the name of an open claim": ("claim-name-collision", [salt, "kind", "closed"]),
        "an object that is hidden in part": ("malformed-sd-jwt", [salt, "contact", {"_sd": [], "number": "1"}]),
        "an object in the open": ("malformed-sd-jwt", [salt, "contact", {"number": "1"}]),
        "a hidden element of a list": ("claim-name-collision", [salt, "services", [{"...": SOP}]]),
    }
    for name, (error, shape) in shapes.items():
        text = base64url.encode(strict_json.dump(shape))
        yield bad(f"a disclosure: {name}", error, text=_with(_vouched(text), text))
    for name, raw in {"a name twice inside": b'["' + salt.encode() + b'","a",{"b":1,"b":2}]', "no JSON": b"["}.items():
        text = base64url.encode(raw)
        yield bad(f"a disclosure: {name}", "bad-disclosure", text=_with(_vouched(text), text))
    one = disclosure("colliding/1", "note", 1)
    two = disclosure("colliding/2", "note", 2)
    both = _vouched(one, _sd=[base64url.digest(text.encode()) for text in (one, two)])
    yield bad("one name in two disclosures", "claim-name-collision", text=_with(both, one, two))


def _misshapen_payloads() -> Iterator[Json]:
    one = disclosure("vouched", "note", 1)
    digest = base64url.digest(one.encode())
    shapes: dict[str, tuple[str, dict[str, Any]]] = {
        "sha-512": ("malformed-sd-jwt", {"_sd_alg": "sha-512"}),
        "no _sd_alg": ("malformed-sd-jwt", {"_sd_alg": None}),
        "_sd that is no list": ("malformed-sd-jwt", {"_sd": digest}),
        "a digest that is none": ("malformed-sd-jwt", {"_sd": [digest, "short"]}),
        "a digest twice": ("bad-disclosure", {"_sd": [digest, digest]}),
        "digests inside an open claim": ("claim-name-collision", {"cnf": {"_sd": [digest]}}),
        "a hidden element in the open": ("claim-name-collision", {"aud": [{"...": digest}]}),
    }
    for name, (error, changes) in shapes.items():
        payload = {one: value for one, value in _vouched(one, **changes).items() if value is not None}
        yield bad(f"a payload: {name}", error, text=_with(payload, one))


def _bases() -> Iterator[Json]:
    record, salt = b'{"purpose":"reintegration-assistance"}', bytes(range(32))
    for kind in ("consent", "exception"):
        committed = base64url.digest(b"relevo-basis-v1\0" + salt + record)
        yield good(f"of a {kind}", f"{kind}:{committed}", kind=kind, record=record.hex(), salt=salt.hex())
    empty = base64url.digest(b"relevo-basis-v1\0" + salt)
    yield good("an empty record", f"consent:{empty}", kind="consent", record="", salt=salt.hex())
    yield bad("a salt of 31 bytes", "malformed-basis", kind="consent", record=record.hex(), salt=salt[:-1].hex())
    yield bad("a salt of 33 bytes", "malformed-basis", kind="consent", record=record.hex(), salt=(salt + b"\0").hex())


EXCEPTION: Json = {
    "classes": ["identity-min", "travel"],
    "expires_at": "2026-11-25T09:00:00Z",
    "purpose": "reintegration-assistance",
    "raised_at": "2026-11-22T09:00:00Z",
    "reason": "life-at-risk",
    "receiver": ORIGIN_ID,
}
ATTESTED = {"body": "Colegio (invented)", "date": "2026-11-21", "name": "Dr. Sample", "number": "1"}
WITHHELD: Json = {"withhold": [{"from_whom": "family members", "what": "psychosocial needs"}]}


def _compact(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode().hex()


def _terms() -> Iterator[Json]:
    yield good("a consent", True, kind="consent", record=_compact(TERMS))
    yield good("a consent that withholds", True, kind="consent", record=_compact({**TERMS, **WITHHELD}))
    named = {**TERMS, "organisation": "ci:accueil/shelter"}
    yield good("a consent to one organisation", True, kind="consent", record=_compact(named))
    yield bad(
        "classes out of order",
        "class-invalid",
        kind="consent",
        record=_compact({**TERMS, "classes": ["needs", "contact"]}),
    )
    yield bad("an empty withhold", "class-invalid", kind="consent", record=_compact({**TERMS, "withhold": []}))
    yield bad("white space", "class-invalid", kind="consent", record=json.dumps(TERMS, sort_keys=True).encode().hex())
    yield bad(
        "a reason for what is withheld", "class-invalid", kind="consent", record=_compact({**TERMS, "why": "fear"})
    )
    less = {name: value for name, value in TERMS.items() if name != "expires_on"}
    yield bad("no end", "class-invalid", kind="consent", record=_compact(less))
    yield good("an exception", True, kind="exception", record=_compact(EXCEPTION))
    yield good("an exception that withholds", True, kind="exception", record=_compact({**EXCEPTION, **WITHHELD}))
    attested = {**EXCEPTION, "attestation": ATTESTED}
    yield good("an exception with an attestation", True, kind="exception", record=_compact(attested))
    local = {**EXCEPTION, "raised_at": "2026-11-22T10:00:00+01:00"}
    yield bad("a moment with another offset", "exception-invalid", kind="exception", record=_compact(local))
    yield bad(
        "an empty withhold of an exception",
        "exception-invalid",
        kind="exception",
        record=_compact({**EXCEPTION, "withhold": []}),
    )
    yield bad(
        "an unknown reason", "exception-invalid", kind="exception", record=_compact({**EXCEPTION, "reason": "haste"})
    )
    yield bad(
        "who raised it", "exception-invalid", kind="exception", record=_compact({**EXCEPTION, "raised_by": "ana"})
    )


def _seals() -> Iterator[Json]:
    place = "relevo-seal-v1\na\nb\nc"
    for name, raw in {"nothing": b"", "a byte": b"\xff", "a kilobyte": parties.stretch("plaintext", 1024)}.items():
        sealed = parties.sealed_once(raw, ORIGIN.encryption, place)
        yield good(name, raw.hex(), sealed=sealed.hex(), info=place)
    curve = DecryptionKey(parties.stretch("an X25519 key", 32))
    short = parties.sealed_once(b"\xff", curve, place)
    yield good("a byte, X25519", "ff", sealed=short.hex(), info=place, seed=curve.seed.hex())
    yield bad(
        "X25519, enc of zeros",
        "decryption-failed",
        sealed=(bytes(32) + short[32:]).hex(),
        info=place,
        seed=curve.seed.hex(),
    )
    yield bad("sealed with the other suite", "decryption-failed", sealed=short.hex(), info=place)
    yield bad("in another place", "decryption-failed", sealed=sealed.hex(), info=place + "d")
    yield bad("without a place", "decryption-failed", sealed=sealed.hex(), info="")
    yield bad(
        "under another key", "decryption-failed", sealed=sealed.hex(), info=place, seed=HOST.encryption.seed.hex()
    )
    for name, at in {"in ML-KEM": 0, "in X25519": 1100, "in the ciphertext": 1120, "in the tag": -1}.items():
        flipped = bytearray(sealed)
        flipped[at] ^= 1
        yield bad(f"a bit {name}", "decryption-failed", sealed=flipped.hex(), info=place)
    yield bad("cut by a byte", "decryption-failed", sealed=sealed[:-1].hex(), info=place)
    yield bad("enc alone", "decryption-failed", sealed=sealed[:1120].hex(), info=place)
    yield bad("nothing at all", "decryption-failed", sealed="", info=place)


def _said(name: str, **words: Json) -> Json:
    return {"step": {"name": name, "by": "intake", **words}}


def _steps() -> Iterator[Json]:
    given: Json = {"kind": "answered", "speaker": "origin"}
    told = {"step": "declined", "by": "intake", "classes": []}
    yield good("declined", told, claims={**open_claims(), **_said("declined", reason="no-capacity")}, **given)
    framed = {**_said("accepted"), "after": parties.JTI, "seen": parties.JTI}
    yield good("accepted, after and having seen", {**told, "step": "accepted"}, claims=framed, **given)
    referral = {"step": "requested", "by": "counsellor", "classes": ["consent", "contact", "identity-min", "needs"]}
    yield good("requested", referral, claims={**open_claims(), **HIDDEN}, kind="requested", speaker="host")
    yield bad("by the wrong side", "step-unknown", claims=_said("accepted"), kind="answered", speaker="host")
    yield bad("under another kind", "step-unknown", claims=_said("accepted"), kind="reported", speaker="origin")
    yield bad("an unknown step", "step-unknown", claims=_said("teleported"), **given)
    yield bad("no step", "malformed-content", claims=open_claims(), **given)
    yield bad("a step without a role", "malformed-content", claims={"step": {"name": "accepted"}}, **given)
    yield bad("a step by somebody", "malformed-content", claims={"step": {"name": "accepted", "by": "Ana"}}, **given)
    yield bad("a word too many", "step-invalid", claims=_said("accepted", since="monday"), **given)
    yield bad("a reason that is none", "step-invalid", claims=_said("declined", reason="whim"), **given)
    yield bad("other, without words", "step-invalid", claims=_said("declined", reason="other"), **given)
    yield bad(
        "a data class too many", "excess-data", claims={**_said("accepted"), "contact": {"language": "fr"}}, **given
    )
    yield bad("an unknown data class", "excess-data", claims={**_said("accepted"), "religion": {"name": "x"}}, **given)
    unknown = {**HIDDEN, "contact": {**HIDDEN["contact"], "tribe": "x"}}
    yield bad("an unknown field", "excess-data", claims=unknown, kind="requested", speaker="host")
    yield bad("after that is no identifier", "malformed-content", claims={**_said("accepted"), "after": "1"}, **given)
    flat = {**HIDDEN, "contact": "+225"}
    yield bad("a data class that is no object", "malformed-content", claims=flat, kind="requested", speaker="host")

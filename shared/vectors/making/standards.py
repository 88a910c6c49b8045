"""Vectors in the width of the standards: HPKE without padding, JWS and SD-JWT as others write them."""

from __future__ import annotations

from collections.abc import Iterator

from relevo.protocol import base64url, strict_json
from relevo.protocol.keys import DecryptionKey, SigningKey
from vectors.making import parties
from vectors.making.cases import Json, Vectors, bad, good, vectors
from vectors.making.parties import HOST, NOW, ORIGIN, STRANGER
from vectors.making.tampering import spoilt, with_header

KEY = HOST.signing
CURVE = DecryptionKey(parties.stretch("an X25519 key", 32))
ENC = {"X-Wing": 1120, "X25519": 32}


def files() -> Iterator[Vectors]:
    """All of them."""
    yield vectors("hpke-open", "HPKE alone, base mode, single shot, no aad (RFC 9180).", _hpke())
    yield vectors(
        "jws-general", "JWS and JWK of others (RFC 7515, 7517, 8037).", _jws(), typ="example+jwt", jwk=KEY.public.jwk
    )
    given = {"typ": "example+sd-jwt", "jwk": KEY.public.jwk, "at": NOW}
    yield vectors("sd-jwt-general", "SD-JWT of others (RFC 9901).", _sd_jwts(), **given)


def _hpke() -> Iterator[Json]:
    for key in (ORIGIN.encryption, CURVE):
        sealed = parties.encrypted_once(b"invented", key, "place")
        enc, ciphertext = sealed[: ENC[key.suite]], sealed[ENC[key.suite] :]
        given = {"suite": key.suite, "seed": key.seed.hex(), "info": b"place".hex()}
        whole = {**given, "enc": enc.hex(), "ciphertext": ciphertext.hex()}
        yield good(f"{key.suite}: a plaintext", b"invented".hex(), **whole)
        yield bad(f"{key.suite}: another info", "decryption-failed", **{**whole, "info": ""})
        flipped = bytes([ciphertext[0] ^ 1]) + ciphertext[1:]
        yield bad(f"{key.suite}: a bit of ciphertext", "decryption-failed", **{**whole, "ciphertext": flipped.hex()})
        other = bytes([enc[0] ^ 1]) + enc[1:]
        yield bad(f"{key.suite}: a bit of enc", "decryption-failed", **{**whole, "enc": other.hex()})
        yield bad(f"{key.suite}: no tag", "decryption-failed", **{**whole, "ciphertext": ciphertext[:-16].hex()})
    yield bad("X25519: enc of zeros", "decryption-failed", **{**whole, "enc": bytes(32).hex()})


def _token(key: SigningKey = KEY, payload: Json = None, **header: Json) -> str:
    members = {"alg": "Ed25519", "typ": "example+jwt", **header}
    kept = {name: value for name, value in members.items() if value is not None}
    return with_header(strict_json.dump(kept), strict_json.dump(payload or {"a": 1}), key)


def _jws() -> Iterator[Json]:
    said = b'{"a":1}'.hex()
    yield good("alg Ed25519", said, token=_token())
    yield good("alg EdDSA", said, token=_token(alg="EdDSA"))
    yield good("typ as media type, in capitals", said, token=_token(typ="application/EXAMPLE+jwt"))
    unknown: Json = {"cty": "json", "kid": "theirs", "x-note": 1}
    yield good("header members that nobody knows", said, token=_token(**unknown))
    yield good("a JWK with more members", said, token=_token(), jwk={**KEY.public.jwk, "kid": "theirs", "use": "sig"})
    yield bad("a JWK for encryption", "unfit-key", token=_token(), jwk={**KEY.public.jwk, "use": "enc"})
    yield bad("a private JWK", "unfit-key", token=_token(), jwk={**KEY.public.jwk, "d": "AA"})
    faults: dict[str, Json] = {
        "alg none": {"alg": "none"},
        "alg HS256": {"alg": "HS256"},
        "no alg": {"alg": None},
        "a jwk": {"jwk": STRANGER.signing.public.jwk},
        "a jku": {"jku": "https://node.example/keys"},
        "an x5c": {"x5c": []},
        "crit": {"crit": ["x-note"], "x-note": 1},
        "b64 false": {"b64": False, "crit": ["b64"]},
    }
    yield from (bad(name, "malformed-jws", token=_token(**change)) for name, change in faults.items())
    yield bad("another typ", "wrong-type", token=_token(typ="other+jwt"))
    yield bad("no typ", "wrong-type", token=_token(typ=None))
    yield bad("another key", "bad-signature", token=_token(STRANGER.signing))
    yield bad("a signature that was changed", "bad-signature", token=spoilt(_token()))


def _sd_jwts() -> Iterator[Json]:
    salt = base64url.encode(parties.stretch("salt/standards", 16))

    def hidden(*parts: Json) -> str:
        return base64url.encode(strict_json.dump([salt, *parts]))

    def issued(payload: Json, *disclosures: str) -> str:
        token = _token(payload=payload, typ="example+sd-jwt")
        return "".join(f"{part}~" for part in (token, *disclosures))

    element, claim = hidden("DE"), hidden("family_name", "Sample")
    deep = hidden("address", {"_sd": [base64url.digest(hidden("street", "x").encode())], "country": "DE"})
    listed = {"nationalities": [{"...": base64url.digest(element.encode())}, "FR"]}
    one = {"_sd": [base64url.digest(claim.encode())], "_sd_alg": "sha-256"}
    under = {"_sd": [base64url.digest(deep.encode())]}
    yield good("a hidden claim", {"family_name": "Sample"}, text=issued(one, claim))
    yield good("without _sd_alg", {"family_name": "Sample"}, text=issued({"_sd": one["_sd"]}, claim))
    yield good("a hidden element", {"nationalities": ["DE", "FR"]}, text=issued(listed, element))
    yield good("a hidden element that stays hidden", {"nationalities": ["FR"]}, text=issued(listed))
    shown = {"address": {"country": "DE", "street": "x"}}
    yield good("an object hidden in part, recursively", shown, text=issued(under, deep, hidden("street", "x")))
    yield bad("a claim of which nothing is signed", "bad-disclosure", text=issued(listed, claim))
    yield bad("an inner claim without the outer", "bad-disclosure", text=issued(under, hidden("street", "x")))
    yield bad("an algorithm that nobody knows", "malformed-sd-jwt", text=issued({**one, "_sd_alg": "md5"}, claim))
    clash = issued({**one, "family_name": "Other"}, claim)
    yield bad("a claim beside another of its name", "claim-name-collision", text=clash)
    yield bad("past its end", "token-out-of-time", text=issued({**one, "exp": NOW}, claim))
    yield bad("before its beginning", "token-out-of-time", text=issued({**one, "nbf": NOW + 1}, claim))
    yield bad("not bound, though it must be", "presentation-unbound", text=issued(one, claim), **OCCASION)


OCCASION = {"aud": "a verifier", "nonce": "an occasion", "max_age": 300}

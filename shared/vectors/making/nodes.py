"""Vectors about keys and nodes: which keys are fit, statements and their chain, proof of possession."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from relevo.protocol import base64url
from relevo.protocol.fingerprint import fingerprint_of
from relevo.protocol.keys import DecryptionKey
from relevo.protocol.statement import next_statement, read_statement, statement_digest
from vectors.making import parties
from vectors.making.cases import Json, Vectors, bad, good, vectors
from vectors.making.parties import AT, DAY, HOST, HOST_ID, HOST_SAYS, NOW, ORIGIN, ORIGIN_ID, STRANGER, signed
from vectors.making.tampering import changed, payload_of, spoilt

P = 2**255 - 19
RFC8037 = {
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
}
"""RFC 8037, appendix A.2 and A.3."""
RFC8032 = (
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", ""),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72"),
)
"""RFC 8032, section 7.1, tests 1 and 2: public key and message."""
RFC8032_SIGNATURES = (
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
)
UNFIT = {
    "of order 1": (1).to_bytes(32, "little"),
    "of order 2": (P - 1).to_bytes(32, "little"),
    "of order 4": bytes(32),
    "of order 4, with the sign": bytes(31) + b"\x80",
    "of order 8": bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    "not canonical": (P + 3).to_bytes(32, "little"),
    "not canonical, and of order 1": (P + 1).to_bytes(32, "little"),
    "no point": (2).to_bytes(32, "little"),
    "of 31 bytes": bytes(31),
    "of 33 bytes": bytes(33),
}


def files() -> Iterator[Vectors]:
    """All of them."""
    yield vectors("jwk", "Public signing keys as JWK (RFC 8037), and their thumbprint (RFC 7638).", _jwks())
    yield vectors("ed25519-verify", "Signatures as such, under keys that are fit and others (RFC 8032).", _ed25519())
    yield vectors("encryption-key", "Public encryption keys as they stand in a statement.", _encryption_keys())
    yield vectors("statement", "What a node says about itself, under its own root key.", _statements(), at=NOW)
    yield vectors("statement-chain", "Later versions of a statement.", _chains(), standing=HOST_SAYS, at=NOW + 31 * DAY)
    keys = ORIGIN.to_object()
    yield vectors("challenge", "Answering a challenge to prove possession.", _challenges(), keys=keys, node=ORIGIN_ID)
    given = {"statement": parties.ORIGIN_SAYS, "asker": HOST_ID, "nonce": _nonce().hex(), "at": NOW + 5}
    yield vectors("possession", "Taking the answer to a challenge.", _possessions(), **given)


def _jwks() -> Iterator[Json]:
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": RFC8037["x"]}
    yield good("the key of RFC 8037, A.2, and its thumbprint of A.3", _fit(RFC8037["x"], RFC8037["kid"]), jwk=jwk)
    own = HOST.signing.public
    yield good("a key of the invented host", {"kid": own.kid, "public": own.raw.hex()}, jwk=own.jwk)
    for name, raw in UNFIT.items():
        yield bad(f"a key {name}", "unfit-key", jwk={**jwk, "x": base64url.encode(raw)})
    yield bad("a private key", "unfit-key", jwk={**jwk, "d": RFC8037["x"]})
    yield bad("a kid inside", "unfit-key", jwk={**jwk, "kid": RFC8037["kid"]})
    yield bad("another curve", "unfit-key", jwk={**jwk, "crv": "X25519"})
    yield bad("another type", "unfit-key", jwk={**jwk, "kty": "EC"})
    yield bad("x is missing", "unfit-key", jwk={"kty": "OKP", "crv": "Ed25519"})
    yield bad("x is no text", "unfit-key", jwk={**jwk, "x": 7})
    yield bad("x with padding", "not-base64url", jwk={**jwk, "x": jwk["x"] + "="})
    yield bad("a text", "unfit-key", jwk=RFC8037["x"])


def _fit(x: str, kid: str) -> Json:
    return {"kid": kid, "public": base64url.decode(x).hex()}


def _ed25519() -> Iterator[Json]:
    for number, ((public, message), signature) in enumerate(zip(RFC8032, RFC8032_SIGNATURES, strict=True), start=1):
        given = {"public": public, "message": message, "signature": signature}
        yield good(f"RFC 8032, 7.1, test {number}", True, **given)
        yield bad(f"test {number} over another message", "bad-signature", **{**given, "message": message + "00"})
        other = RFC8032[number % 2][0]
        yield bad(f"test {number} under another key", "bad-signature", **{**given, "public": other})
        half = bytes.fromhex(signature)
        order = 2**252 + 27742317777372353535851937790883648493
        beyond = half[:32] + (int.from_bytes(half[32:], "little") + order).to_bytes(32, "little")
        yield bad(f"test {number} with S beyond the order", "bad-signature", **{**given, "signature": beyond.hex()})
    yield bad("63 bytes", "bad-signature", **{**given, "signature": signature[:-2]})
    yield bad("65 bytes", "bad-signature", **{**given, "signature": signature + "00"})
    for name, raw in UNFIT.items():
        every = (1).to_bytes(32, "little") + bytes(32)
        yield bad(f"a key {name}", "unfit-key", public=raw.hex(), message="6d", signature=every.hex())


def _encryption_keys() -> Iterator[Json]:
    key = ORIGIN.encryption.public.written
    raw = ORIGIN.encryption.public.raw
    yield good("an X-Wing key", True, key=key)
    curve = DecryptionKey(parties.stretch("an X25519 key", 32)).public.written
    yield good("an X25519 key", True, key=curve)
    yield bad("an X25519 key that calls itself X-Wing", "unfit-key", key={**curve, "suite": "X-Wing"})
    yield bad("an X-Wing key that calls itself X25519", "unfit-key", key={**key, "suite": "X25519"})
    yield bad("an X25519 key of zeros", "unfit-key", key=_written(bytes(32), "X25519"))
    yield bad("an X25519 key of order 2", "unfit-key", key=_written((P - 1).to_bytes(32, "little"), "X25519"))
    yield bad("the kid of another key", "unfit-key", key={**key, "kid": HOST.encryption.kid})
    yield bad("an unknown suite", "unfit-key", key={**key, "suite": "P-256"})
    yield bad("no suite", "unfit-key", key={name: value for name, value in key.items() if name != "suite"})
    yield bad("a member too many", "unfit-key", key={**key, "use": "enc"})
    yield bad("cut by a byte", "unfit-key", key={**key, "public": base64url.encode(raw[:-1])})
    yield bad("an X25519 half of zeros", "unfit-key", key=_written(raw[:1184] + bytes(32)))
    yield bad("an X25519 half of order 2", "unfit-key", key=_written(raw[:1184] + (P - 1).to_bytes(32, "little")))
    yield bad("a coefficient of ML-KEM beyond the modulus", "unfit-key", key=_written(b"\xff" * 3 + raw[3:]))


def _written(raw: bytes, suite: str = "X-Wing") -> Json:
    kid = base64url.digest(b"relevo-encryption-key-v1\0" + suite.encode() + b"\0" + raw)
    return {"kid": kid, "suite": suite, "public": base64url.encode(raw)}


STATEMENT_FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "a node id in upper case": ("malformed-claims", {"node_id": "ES:retorno"}),
    "no name": ("malformed-claims", {"name": ""}),
    "version 0": ("malformed-claims", {"version": 0}),
    "version 2 without the one before": ("unfit-statement", {"version": 2}),
    "version 1 with one before": ("unfit-statement", {"prev": parties.SOP}),
    "91 days": ("unfit-statement", {"exp": NOW + 91 * DAY}),
    "an end before its beginning": ("unfit-statement", {"exp": NOW - 1}),
    "no signing key": ("unfit-statement", {"signing": []}),
    "no encryption key": ("unfit-statement", {"encryption": []}),
    "a key in two roles": ("unfit-statement", {"presentation": HOST.signing.public.jwk}),
    "the root as witness": ("unfit-statement", {"witness": HOST.root.public.jwk}),
    "a member too many": ("malformed-claims", {"jku": "https://node.example/keys"}),
    "a member too few": ("malformed-claims", {"contacts": None}),
    "an endpoint without TLS": ("unfit-endpoint", {"endpoint": "http://host.example"}),
    "an endpoint with a user name": ("unfit-endpoint", {"endpoint": "https://a:b@host.example"}),
    "contacts that are no list": ("malformed-claims", {"contacts": "duty officer"}),
    "21 contacts": ("malformed-claims", {"contacts": ["duty officer"] * 21}),
    "a public authority that is 1": ("malformed-claims", {"public_authority": 1}),
    "a small-order presentation key": (
        "unfit-key",
        {"presentation": {"kty": "OKP", "crv": "Ed25519", "x": base64url.encode(bytes(32))}},
    ),
}


def _statements() -> Iterator[Json]:
    yield good("version 1", _says(HOST_SAYS), token=HOST_SAYS)
    yield good("on its last second", _says(HOST_SAYS), token=HOST_SAYS, at=NOW + 90 * DAY - 1)
    yield bad("on its end", "statement-expired", token=HOST_SAYS, at=NOW + 90 * DAY)
    yield good("long over, as evidence", _says(HOST_SAYS), token=HOST_SAYS, at=None)
    yield good("300 seconds ahead", _says(HOST_SAYS), token=HOST_SAYS, at=NOW - 300)
    yield bad("301 seconds ahead", "from-the-future", token=HOST_SAYS, at=NOW - 301)
    for name, (error, changes) in STATEMENT_FAULTS.items():
        yield bad(name, error, token=changed(HOST_SAYS, HOST.root, **changes))
    periods = payload_of(HOST_SAYS)["signing"]
    disordered = [{**periods[0], "use_from": periods[0]["use_until"] + 1}]
    yield bad("a period out of order", "unfit-statement", token=changed(HOST_SAYS, HOST.root, signing=disordered))
    twice = [*periods, *periods]
    yield bad("a signing key twice", "unfit-statement", token=changed(HOST_SAYS, HOST.root, signing=twice))
    yield bad("33 signing keys", "malformed-claims", token=changed(HOST_SAYS, HOST.root, signing=periods * 33))
    when = [{**periods[0], "invalid_from": "yesterday"}]
    yield bad(
        "an invalid_from that is no moment", "malformed-claims", token=changed(HOST_SAYS, HOST.root, signing=when)
    )
    stolen = changed(HOST_SAYS, HOST.root, signing=[{**periods[0], "invalid_from": NOW + 1}])
    yield good("a signing key that was stolen", _says(stolen), token=stolen)
    yield bad("an endorsement that is no text", "malformed-claims", token=changed(HOST_SAYS, HOST.root, endorsement=7))
    yield bad("signed by another root", "bad-signature", token=changed(HOST_SAYS, STRANGER.root))
    yield bad("signed by its own signing key", "bad-signature", token=changed(HOST_SAYS, HOST.signing))
    yield bad("a signature that was changed", "bad-signature", token=spoilt(HOST_SAYS))
    manifest = signed(payload_of(HOST_SAYS), HOST.root, "relevo-envelope+jwt")
    yield bad("signed for another purpose", "wrong-type", token=manifest)


def _says(token: str, root: str = HOST.root.kid) -> Json:
    payload, found = payload_of(token), fingerprint_of(read_statement(token, at=None))
    return {
        "node_id": payload["node_id"],
        "version": payload["version"],
        "root": root,
        "signing": [HOST.signing.kid],
        "encryption": [HOST.encryption.kid],
        "words": " ".join(found.words),
        "digits": " ".join(found.digits),
    }


def _chains() -> Iterator[Json]:
    second = next_statement(HOST_SAYS, HOST, at=AT.replace(day=30))
    third = next_statement(second, HOST, at=AT.replace(month=12, day=10))
    yield good("the next version", _says(second), later=[second])
    yield good("two at once", _says(third), later=[second, third])
    yield bad("one left out", "statement-chain-broken", later=[third])
    yield bad("in the wrong order", "statement-chain-broken", later=[third, second])
    yield bad("the same again", "statement-chain-broken", later=[HOST_SAYS])
    yield bad("nothing", "statement-chain-broken", later=[])
    yield bad("of another root", "statement-chain-broken", later=[_other_root(second)])
    yield from _new_roots(second)
    yield bad("of another node", "statement-chain-broken", later=[changed(second, HOST.root, node_id=ORIGIN_ID)])
    yield bad("another prev", "statement-chain-broken", later=[changed(second, HOST.root, prev=parties.SOP)])
    leap = changed(second, HOST.root, version=3)
    yield bad("a version passed over", "statement-chain-broken", later=[leap])
    back = changed(second, HOST.root, iat=NOW - 1, exp=NOW + DAY)
    yield bad("dated before the one that stands", "statement-chain-broken", later=[back])
    yield bad("over by now", "statement-expired", later=[second], at=NOW + 200 * DAY)
    forked = changed(third, HOST.root, prev=statement_digest(HOST_SAYS))
    yield bad("that names another version before", "statement-chain-broken", later=[second, forked])


def _other_root(token: str, endorsement: str | None = None) -> str:
    payload = {**payload_of(token), "root": STRANGER.root.public.jwk, "endorsement": endorsement}
    return signed(payload, STRANGER.root, "relevo-statement+jwt")


def _new_roots(second: str) -> Iterator[Json]:
    """A root that takes the place of another: both sign, and a person decides."""
    payload = payload_of(second)
    said = {"node_id": HOST_ID, "prev": payload["prev"], "root": STRANGER.root.public.jwk, "iat": payload["iat"]}
    endorsed = _other_root(second, signed(said, HOST.root, "relevo-root+jwt"))
    told = _says(endorsed, STRANGER.root.kid)
    yield good("a new root, endorsed and confirmed", told, later=[endorsed], new_root=True)
    yield bad("a new root that nobody confirmed", "root-changed", later=[endorsed])
    faults = {
        "not endorsed": None,
        "endorsed by itself": signed(said, STRANGER.root, "relevo-root+jwt"),
        "endorsed by a signing key": signed(said, HOST.signing, "relevo-root+jwt"),
        "endorsed for another purpose": signed(said, HOST.root, "relevo-statement+jwt"),
        "endorsed after another version": signed({**said, "prev": parties.SOP}, HOST.root, "relevo-root+jwt"),
        "endorsed at another moment": signed({**said, "iat": NOW}, HOST.root, "relevo-root+jwt"),
        "of which another root is endorsed": signed(
            {**said, "root": ORIGIN.root.public.jwk}, HOST.root, "relevo-root+jwt"
        ),
    }
    for name, token in faults.items():
        later = [_other_root(second, token)]
        yield bad(f"a new root {name}", "statement-chain-broken", later=later, new_root=True)


def _nonce() -> bytes:
    return parties.stretch("possession nonce", 16)


def _challenge(**changes: Json) -> Json:
    kem = ORIGIN.encryption.kid
    place = f"relevo-possession-v1\n{HOST_ID}\n{ORIGIN_ID}\n{kem}"
    sealed = parties.sealed_once(_nonce(), ORIGIN.encryption, place)
    return {"asker": HOST_ID, "node": ORIGIN_ID, "kem": kem, "sealed": base64url.encode(sealed), **changes}


def _answer(**changes: Json) -> Json:
    nonce_digest = base64url.digest(b"relevo-possession-v1\0" + _nonce())
    return {"iss": ORIGIN_ID, "aud": HOST_ID, "iat": NOW, "nonce_digest": nonce_digest, **changes}


def _challenges() -> Iterator[Json]:
    token = signed(_answer(), ORIGIN.signing, "relevo-possession+jwt")
    yield good("a challenge", token, challenge=_challenge(), at=NOW)
    yield bad("for another node", "wrong-audience", challenge=_challenge(node="gn:passage"), at=NOW)
    yield bad("for another key", "possession-unproven", challenge=_challenge(kem=HOST.encryption.kid), at=NOW)
    yield bad("from another asker", "decryption-failed", challenge=_challenge(asker="gn:passage"), at=NOW)
    yield bad("a member too many", "malformed-claims", challenge=_challenge(nonce="AA"), at=NOW)
    yield bad("sealed bytes cut short", "decryption-failed", challenge=_challenge(sealed="AAAA"), at=NOW)


def _possessions() -> Iterator[Json]:
    def answer(typ: str = "relevo-possession+jwt", **changes: Json) -> str:
        return signed(_answer(**changes), ORIGIN.signing, typ)

    yield good("the answer", True, token=answer())
    yield bad("to another asker", "wrong-audience", token=answer(aud="gn:passage"))
    yield bad("about another nonce", "possession-unproven", token=answer(nonce_digest=parties.SOP))
    yield bad("of another node", "wrong-issuer", token=answer(iss=HOST_ID))
    yield bad("dated ahead", "from-the-future", token=answer(iat=NOW + 400))
    yield bad("dated before the key was in use", "key-out-of-period", token=answer(iat=NOW - 301))
    yield bad("signed by a key that is not stated", "key-unknown", token=changed(answer(), STRANGER.signing))
    yield bad("signed by the root", "key-unknown", token=changed(answer(), ORIGIN.root))
    yield bad("signed for another purpose", "wrong-type", token=answer("relevo-receipt+jwt"))
    yield bad("a signature that was changed", "bad-signature", token=spoilt(answer()))

"""Vectors about what is signed for years: the JWS itself, manifest, receipt, summary, signature under a SOP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from relevo.protocol import base64url, strict_json
from vectors.making import parties
from vectors.making.cases import Json, Vectors, bad, good, vectors
from vectors.making.parties import (
    CONTENT,
    DAY,
    HOST,
    HOST_ID,
    NOW,
    ORIGIN,
    ORIGIN_ID,
    SOP,
    SOP_TEXT,
    STATEMENTS,
    STRANGER,
    STRANGER_ID,
    signed,
)
from vectors.making.tampering import changed, payload_of, spoilt, with_header, with_payload

TYP = "relevo-receipt+jwt"
NOTHING = ""
PAYLOAD = {"hello": "world"}
HEADER = {"alg": "Ed25519", "kid": HOST.signing.kid, "typ": TYP}


def files() -> Iterator[Vectors]:
    """All of them."""
    keys = [HOST.signing.public.jwk, ORIGIN.signing.public.jwk]
    yield vectors("jws", "The one profile of JWS (RFC 7515, 9864).", _jws(), typ=TYP, keys=keys)
    shared: Json = {"statements": STATEMENTS, "at": NOW + 60}
    yield vectors("manifest", "The open, signed half of an envelope.", _manifests(), **shared)
    yield vectors("receipt", "The receiver's signed word.", _receipts(), manifest=manifest(), **shared)
    yield vectors("summary", "How far a stream has come.", _summaries(), **shared)
    given = {"text": SOP_TEXT, "iss": HOST_ID, "aud": ORIGIN_ID, "keys": keys}
    yield vectors("sop-signature", "A node's signature under a procedure.", _sop_signatures(), **given)


HEADERS: dict[str, tuple[str, Json]] = {
    "alg none": ("malformed-jws", {"alg": "none"}),
    "alg EdDSA, the name before RFC 9864": ("malformed-jws", {"alg": "EdDSA"}),
    "alg HS256": ("malformed-jws", {"alg": "HS256"}),
    "alg in lower case": ("malformed-jws", {"alg": "ed25519"}),
    "a jwk": ("malformed-jws", {"jwk": STRANGER.signing.public.jwk}),
    "a jku": ("malformed-jws", {"jku": "https://node.example/keys"}),
    "an x5u": ("malformed-jws", {"x5u": "https://node.example/chain"}),
    "an x5c": ("malformed-jws", {"x5c": ["AA=="]}),
    "crit": ("malformed-jws", {"crit": ["exp"], "exp": 1}),
    "b64 false": ("malformed-jws", {"b64": False, "crit": ["b64"]}),
    "cty": ("malformed-jws", {"cty": "json"}),
    "a kid that is no text": ("malformed-jws", {"kid": 7}),
    "another typ": ("wrong-type", {"typ": "relevo-summary+jwt"}),
    "typ JWT": ("wrong-type", {"typ": "JWT"}),
    "the typ as media type": ("wrong-type", {"typ": f"application/{TYP}"}),
    "an unknown kid": ("key-unknown", {"kid": STRANGER.signing.kid}),
    "the kid of another key": ("bad-signature", {"kid": ORIGIN.signing.kid}),
}


def _jws() -> Iterator[Json]:
    payload, key = strict_json.dump(PAYLOAD), HOST.signing
    token = signed(PAYLOAD, key, TYP)
    head, body, signature = token.split(".")
    yield good("a token", payload.hex(), token=token)
    yield good("a payload that is no JSON", "00ff", token=with_payload(token, b"\x00\xff", key))
    spaced = json.dumps(dict(reversed(HEADER.items())), indent=1).encode()
    yield good("a header in another order, with white space", payload.hex(), token=with_header(spaced, payload, key))
    for name, (error, change) in HEADERS.items():
        yield bad(name, error, token=with_header(strict_json.dump({**HEADER, **change}), payload, key))
    for name in HEADER:
        less = {one: value for one, value in HEADER.items() if one != name}
        yield bad(f"no {name}", "malformed-jws", token=with_header(strict_json.dump(less), payload, key))
    twice = strict_json.dump(HEADER)[:-1] + b',"alg":"none"}'
    yield bad("alg twice", "malformed-json", token=with_header(twice, payload, key))
    long = strict_json.dump({**HEADER, "kid": "a" * 2000})
    yield bad("a header of more than 1024 bytes", "malformed-json", token=with_header(long, payload, key))
    yield bad("a header that is a list", "malformed-json", token=with_header(b"[]", payload, key))
    yield bad("a signature that was changed", "bad-signature", token=spoilt(token))
    yield bad("a payload that was changed", "bad-signature", token=f"{head}.{body[:-1]}A.{signature}")
    yield bad("no signature", "bad-signature", token=f"{head}.{body}.")
    yield bad("two parts", "malformed-jws", token=f"{head}.{body}")
    yield bad("four parts", "malformed-jws", token=f"{token}.")
    yield bad("five parts, as in JWE", "malformed-jws", token=f"{token}..")
    yield bad("padding in a part", "not-base64url", token=f"{token}==")
    yield bad("a space behind it", "not-base64url", token=f"{token} ")
    yield bad("JSON serialisation", "malformed-jws", token=json.dumps({"payload": body, "signature": signature}))
    yield bad("nothing", "malformed-jws", token=NOTHING)


def manifest(**changes: Json) -> str:
    """The sample manifest, with members changed; None takes one away."""
    sealed = parties.sealed_once(
        parties.plaintext(CONTENT, parties.BASIS),
        ORIGIN.encryption,
        parties.info(parties.message_of(CONTENT), ORIGIN.encryption.kid),
    )
    token: str = parties.envelope_of(parties.message_of(CONTENT), sealed)["manifest"]
    return changed(token, HOST.signing, **changes) if changes else token


MANIFEST_FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "an unknown kind": ("kind-unknown", {"kind": "teleported"}),
    "a kind that is no word": ("malformed-claims", {"kind": "Requested!"}),
    "a jti of version 4": ("malformed-claims", {"jti": parties.THREAD}),
    "a jti in upper case": ("malformed-claims", {"jti": parties.JTI.upper()}),
    "a thread that is no UUID": ("malformed-claims", {"thread": "1"}),
    "a SOP that is no digest": ("malformed-claims", {"sop": "latest"}),
    "a basis of an unknown kind": ("malformed-claims", {"basis": f"trust:{SOP}"}),
    "a basis without commitment": ("malformed-claims", {"basis": "consent"}),
    "no content": ("malformed-claims", {"content": None}),
    "epoch 0": ("malformed-claims", {"epoch": 0}),
    "seq 0": ("malformed-claims", {"seq": 0}),
    "seq as text": ("malformed-claims", {"seq": "1"}),
    "seq with a fraction": ("malformed-claims", {"seq": 1.0}),
    "seq true": ("malformed-claims", {"seq": True}),
    "a kem that is no digest": ("malformed-claims", {"kem": "newest"}),
    "a member too many": ("malformed-claims", {"priority": "high"}),
    "a receiver that is no node": ("malformed-claims", {"aud": "https://origin.example"}),
    "a list of receivers": ("malformed-claims", {"aud": [ORIGIN_ID]}),
    "the name of another node": ("wrong-issuer", {"iss": ORIGIN_ID}),
    "the name of a node that is not registered": ("wrong-issuer", {"iss": STRANGER_ID}),
    "dated 301 seconds ahead": ("from-the-future", {"iat": NOW + 361}),
    "signed before its key was in use": ("key-out-of-period", {"iat": NOW - 301}),
    "signed after its key was in use": ("key-out-of-period", {"iat": NOW + 91 * DAY}),
}


def _manifests() -> Iterator[Json]:
    token = manifest()
    yield good("a manifest", _read(token), token=token)
    node = manifest(kind="node", sop="none", basis="none")
    yield good("between nodes, under nothing", _read(node), token=node)
    resting = manifest(basis=f"exception:{SOP}")
    yield good("under an exception", _read(resting), token=resting)
    ahead = manifest(iat=NOW + 360)
    yield good("dated 300 seconds ahead", _read(ahead), token=ahead)
    yield good("on the last second that its key verifies", _read(token), token=token, at=NOW + 270 * DAY)
    statement = payload_of(parties.HOST_SAYS)
    stolen = [{**statement["signing"][0], "invalid_from": NOW + 60}]
    warned = [changed(parties.HOST_SAYS, HOST.root, signing=stolen), parties.ORIGIN_SAYS]
    yield good("a second before its key was stolen", _read(token), token=token, at=NOW + 59, statements=warned)
    yield bad("since its key was stolen", "key-compromised", token=token, statements=warned)
    yield bad("a second later", "key-out-of-period", token=token, at=NOW + 270 * DAY + 1)
    for name, (error, changes) in MANIFEST_FAULTS.items():
        late = {"at": NOW + 92 * DAY} if "after its key" in name else {}
        yield bad(name, error, token=manifest(**changes), **late)
    yield bad("signed by a stranger", "key-unknown", token=changed(token, STRANGER.signing))
    yield bad("signed by the root", "key-unknown", token=changed(token, HOST.root))
    yield bad("signed by the presentation key", "key-unknown", token=changed(token, HOST.presentation))
    yield bad("a signature that was changed", "bad-signature", token=spoilt(token))
    twice = strict_json.dump(payload_of(token))[:-1] + b',"aud":"gn:passage"}'
    yield bad("a member twice", "malformed-json", token=with_payload(token, twice, HOST.signing))
    yield bad("a receipt in its place", "wrong-type", token=signed(payload_of(token), HOST.signing, TYP))


def _read(token: str) -> Json:
    payload = payload_of(token)
    names = ("iss", "aud", "jti", "thread", "kind", "sop", "basis", "content")
    message = json.dumps({name: payload[name] for name in names}, separators=(",", ":")).encode()
    return {
        "digest": base64url.digest(token.encode()),
        "identity": base64url.digest(message),
        "kid": HOST.signing.kid,
        "epoch": payload["epoch"],
        "seq": payload["seq"],
    }


DUE = [{"duty": "answer", "by": ORIGIN_ID, "at": NOW + DAY}]
RECEIPT_FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "for another manifest": ("receipt-mismatch", {"of": SOP}),
    "for another message": ("receipt-mismatch", {"jti": "01a2027b-d680-7c1e-8a4b-000000000000"}),
    "for another sender": ("receipt-mismatch", {"aud": STRANGER_ID}),
    "by the sender itself": ("wrong-issuer", {"iss": HOST_ID}),
    "neither stored nor refused": ("malformed-claims", {"disposition": "queued"}),
    "stored with a code": ("malformed-claims", {"code": "excess-data"}),
    "refused without a code": ("malformed-claims", {"disposition": "refused"}),
    "due that is no list": ("malformed-claims", {"due": None}),
    "due by nobody": ("malformed-claims", {"due": [{**DUE[0], "by": "somebody"}]}),
    "65 due times": ("malformed-claims", {"due": DUE * 65}),
    "a due time with a member too many": ("malformed-claims", {"due": [{**DUE[0], "why": "sop"}]}),
    "a member too many": ("malformed-claims", {"seen_by": "intake"}),
    "dated ahead": ("from-the-future", {"received_at": NOW + 361}),
}


def _receipts() -> Iterator[Json]:
    base = {"iss": ORIGIN_ID, "aud": HOST_ID, "of": base64url.digest(manifest().encode()), "jti": parties.JTI}
    stored = {**base, "disposition": "stored", "code": None, "received_at": NOW + 30, "due": DUE}
    told = {name: stored[name] for name in ("disposition", "code", "received_at", "due")}
    token = signed(stored, ORIGIN.signing, TYP)
    yield good("stored", told, token=token)
    refused: Json = {"disposition": "refused", "code": "excess-data", "due": []}
    yield good("refused", {**told, **refused}, token=changed(token, ORIGIN.signing, **refused))
    for name, (error, changes) in RECEIPT_FAULTS.items():
        kept = {**stored, **changes}
        yield bad(name, error, token=signed(kept, ORIGIN.signing, TYP))
    yield bad("signed by the sender", "wrong-issuer", token=changed(token, HOST.signing))
    yield bad("signed by a stranger", "key-unknown", token=changed(token, STRANGER.signing))
    yield bad("a signature that was changed", "bad-signature", token=spoilt(token))
    blanks = strict_json.dump(stored).replace(b"{", b"{" + b" " * 12_288, 1)
    yield bad("mostly blanks", "malformed-jws", token=with_payload(token, blanks, ORIGIN.signing))
    yield bad("a summary in its place", "wrong-type", token=signed(stored, ORIGIN.signing, "relevo-summary+jwt"))


SUMMARY_FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "a gap that ends at the high water": ("malformed-claims", {"gaps": [[5, 7]]}),
    "a gap that begins at 0": ("malformed-claims", {"gaps": [[0, 1]]}),
    "a gap turned round": ("malformed-claims", {"gaps": [[4, 2]]}),
    "gaps out of order": ("malformed-claims", {"gaps": [[5, 5], [2, 3]]}),
    "gaps that touch": ("malformed-claims", {"gaps": [[2, 3], [4, 5]]}),
    "a gap of three numbers": ("malformed-claims", {"gaps": [[2, 3, 4]]}),
    "a gap of truths": ("malformed-claims", {"gaps": [[True, True]]}),
    "1001 gaps": ("malformed-claims", {"high_water": 9999, "gaps": [[n, n] for n in range(2, 2004, 2)]}),
    "epoch 0": ("malformed-claims", {"epoch": 0}),
    "a high water below 0": ("malformed-claims", {"high_water": -1}),
    "by another node than its signer": ("wrong-issuer", {"iss": HOST_ID}),
}


def _summaries() -> Iterator[Json]:
    told: Json = {"epoch": 1, "high_water": 7, "gaps": [[2, 3], [5, 5]]}
    payload = {"iss": ORIGIN_ID, "aud": HOST_ID, **told, "iat": NOW}
    token = signed(payload, ORIGIN.signing, "relevo-summary+jwt")
    yield good("two gaps", told, token=token)
    nothing: Json = {"high_water": 0, "gaps": []}
    yield good("nothing yet", {**told, **nothing}, token=changed(token, ORIGIN.signing, **nothing))
    for name, (error, changes) in SUMMARY_FAULTS.items():
        yield bad(name, error, token=changed(token, ORIGIN.signing, **changes))
    yield bad("a signature that was changed", "bad-signature", token=spoilt(token))
    yield bad("a receipt in its place", "wrong-type", token=signed(payload, ORIGIN.signing, TYP))


def _sop_signatures() -> Iterator[Json]:
    token = signed({"iss": HOST_ID, "aud": ORIGIN_ID, "sop": SOP, "iat": NOW}, HOST.signing, "relevo-sop+jwt")
    yield good("a signature", NOW, token=token)
    yield bad("under another text", "sop-changed", token=token, text=SOP_TEXT + "\n")
    yield bad(
        "under the same text with other line ends", "sop-changed", token=token, text=SOP_TEXT.replace("\n", "\r\n")
    )
    yield bad("towards another node", "wrong-audience", token=changed(token, HOST.signing, aud=STRANGER_ID))
    yield bad("of another node", "wrong-issuer", token=changed(token, HOST.signing, iss=STRANGER_ID))
    yield bad("without a date", "malformed-claims", token=changed(token, HOST.signing, iat=None))
    yield bad("a member too many", "malformed-claims", token=changed(token, HOST.signing, version=1))
    yield bad("signed by a stranger", "key-unknown", token=changed(token, STRANGER.signing))
    yield bad("a signature that was changed", "bad-signature", token=spoilt(token))
    yield bad("a receipt in its place", "wrong-type", token=signed(payload_of(token), HOST.signing, TYP))

"""Vectors about one HTTP request between nodes, and its answer (RFC 9421, RFC 9530)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

from relevo.protocol import base64url
from relevo.protocol.keys import SigningKey
from vectors.making import parties
from vectors.making.cases import Json, Vectors, bad, good, vectors
from vectors.making.parties import HOST, NOW, ORIGIN, STRANGER

URL = "https://origin.example/relevo/federation/v1/envelopes"
BODY, ANSWER = '{"envelopes":[]}', '{"results":[],"summary":""}'
NONCE = base64url.encode(parties.stretch("hop nonce", 16))
COVERED = ('"@method"', '"@target-uri"', '"content-type"', '"content-digest"')
ANSWERED = (
    '"@status"',
    '"content-type"',
    '"content-digest"',
    *(f"{name};req" for name in (*COVERED, '"signature"')),
)


def files() -> Iterator[Vectors]:
    """All of them."""
    asked: Json = {"method": "POST", "target_uri": URL, "body": BODY, "at": NOW}
    yield vectors("hop-request", "A signed request.", _requests(), keys=[HOST.signing.public.jwk], **asked)
    request = {"method": "POST", "target_uri": URL, "headers": headers(), "body": BODY}
    given = {"status": 200, "body": ANSWER, "request": request, "at": NOW}
    yield vectors("hop-answer", "A signed answer.", _answers(), keys=[ORIGIN.signing.public.jwk], **given)


def parameters(**changes: Json) -> Json:
    """The parameters of a signature, in the order in which they are written; None takes one away."""
    whole = {"created": NOW, "keyid": HOST.signing.kid, "expires": NOW + 300, "nonce": NONCE, "tag": "relevo-v1"}
    return {name: value for name, value in {**whole, **changes}.items() if value is not None}


def digest(body: str) -> str:
    """The field Content-Digest."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()}:"


def _values(body: str) -> dict[str, str]:
    return {
        '"@method"': "POST",
        '"@target-uri"': URL,
        '"content-type"': "application/json",
        '"content-digest"': digest(body),
    }


def _signed(values: dict[str, str], covered: tuple[str, ...], given: Json, key: SigningKey) -> dict[str, str]:
    """Signature fields, written by hand from RFC 9421, section 2.5."""
    written = "".join(
        f';{name}="{value}"' if isinstance(value, str) else f";{name}={value}" for name, value in given.items()
    )
    said = f"({' '.join(covered)}){written}"
    base = "\n".join([*(f"{name}: {values[name]}" for name in covered), f'"@signature-params": {said}'])
    signature = base64.b64encode(key.sign(base.encode())).decode()
    return {"signature-input": f"relevo={said}", "signature": f"relevo=:{signature}:"}


def headers(
    covered: tuple[str, ...] = COVERED, *, key: SigningKey = HOST.signing, body: str = BODY, **changes: Json
) -> dict[str, str]:
    """The header fields of the sample request, signed, with parameters changed."""
    values = _values(body)
    fields = {"content-type": values['"content-type"'], "content-digest": values['"content-digest"']}
    return {**fields, **_signed(values, covered, parameters(**changes), key)}


def _requests() -> Iterator[Json]:
    told = {"kid": HOST.signing.kid, "nonce": NONCE}
    yield good("a request", told, headers=headers())
    yield good("with its components in another order", told, headers=headers(COVERED[::-1]))
    yield good("with header names in upper case", told, headers={k.upper(): v for k, v in headers().items()})
    other = {name: value.replace("relevo=", "sig1=", 1) for name, value in headers().items()}
    yield good("under another label", told, headers=other)
    yield good("120 seconds ago", told, headers=headers(), at=NOW + 120)
    yield good("120 seconds ahead", told, headers=headers(), at=NOW - 120)
    yield bad("121 seconds ago", "hop-skew", headers=headers(), at=NOW + 121)
    yield bad("121 seconds ahead", "hop-skew", headers=headers(), at=NOW - 121)
    yield bad("past its own end", "hop-expired", headers=headers(expires=NOW + 10), at=NOW + 11)
    yield bad("no signature", "hop-unsigned", headers=_less("signature"))
    yield bad("no signature input", "hop-unsigned", headers=_less("signature-input"))
    yield bad("no digest", "hop-wrong-profile", headers=_less("content-digest"))
    yield bad("no content type", "hop-wrong-profile", headers=_less("content-type"))
    yield bad("another body", "hop-digest-mismatch", headers=headers(), body=BODY + " ")
    yield bad("another method", "hop-bad-signature", headers=headers(), method="PUT")
    yield bad("another address", "hop-bad-signature", headers=headers(), target_uri=URL.replace("origin", "other"))
    yield bad("another content type", "hop-bad-signature", headers={**headers(), "content-type": "text/plain"})
    yield bad("a list as content type", "hop-wrong-profile", headers={**headers(), "content-type": "a/b, c/d"})
    yield bad("the digest of another body", "hop-bad-signature", headers={**headers(), "content-digest": digest("")})
    yield bad("a digest in SHA-512", "hop-wrong-profile", headers={**headers(), "content-digest": "sha-512=:AA==:"})
    both = f"{digest(BODY)}, {digest(BODY)}"
    yield bad("two digests", "hop-wrong-profile", headers={**headers(), "content-digest": both})
    yield bad("a field twice, in two cases", "hop-wrong-profile", headers={**headers(), "Content-Digest": digest(BODY)})
    yield bad("signed by another key", "hop-bad-signature", headers=headers(key=ORIGIN.signing))
    yield bad("signed by a stranger", "key-unknown", headers=headers(key=STRANGER.signing, keyid=STRANGER.signing.kid))
    for left_out in COVERED:
        less = tuple(name for name in COVERED if name != left_out)
        yield bad(f"{left_out} not covered", "hop-wrong-profile", headers=headers(less))
    yield bad("a component twice", "hop-wrong-profile", headers=headers((*COVERED, COVERED[0])))
    for name, change in _PARAMETERS.items():
        yield bad(name, "hop-wrong-profile", headers=headers(**change))
    one = headers()
    double = {
        name: f"{one[name]}, {one[name].replace('relevo=', 'other=', 1)}" for name in ("signature", "signature-input")
    }
    yield bad("two signatures", "hop-wrong-profile", headers={**one, **double})
    yield bad("fields that are no structured fields", "hop-wrong-profile", headers={**one, "signature-input": "relevo"})


_PARAMETERS: dict[str, Json] = {
    "no created": {"created": None},
    "no expires": {"expires": None},
    "no nonce": {"nonce": None},
    "no keyid": {"keyid": None},
    "no tag": {"tag": None},
    "another tag": {"tag": "relevo-v2"},
    "an alg": {"alg": "ed25519"},
    "301 seconds of life": {"expires": NOW + 301},
    "an end before its beginning": {"expires": NOW - 1},
    "created as text": {"created": str(NOW)},
    "a nonce of 120 bits": {"nonce": base64url.encode(bytes(15))},
    "a nonce with padding": {"nonce": NONCE + "=="},
}


def _less(name: str) -> dict[str, str]:
    return {one: value for one, value in headers().items() if one != name}


def answer(
    covered: tuple[str, ...] = ANSWERED, *, key: SigningKey = ORIGIN.signing, request: Json = None, **changes: Json
) -> dict[str, str]:
    """The header fields of the sample answer, signed for the sample request."""
    asked = request or headers()
    values = {'"@status"': "200", **{name: value for name, value in _values(ANSWER).items() if name in ANSWERED}}
    values |= {f"{name};req": value for name, value in _values(BODY).items()}
    values['"signature";req'] = asked["signature"]
    fields = {"content-type": "application/json", "content-digest": digest(ANSWER)}
    given = parameters(**{"keyid": key.kid, **changes})
    return {**fields, **_signed(values, covered, given, key)}


def _answers() -> Iterator[Json]:
    yield good("an answer", True, headers=answer())
    yield bad(
        "to another request", "hop-bad-signature", headers=answer(request=headers(nonce=base64url.encode(bytes(16))))
    )
    yield bad("with another status", "hop-bad-signature", headers=answer(), status=202)
    yield bad("with another body", "hop-digest-mismatch", headers=answer(), body=ANSWER + " ")
    yield bad("that does not cover its request", "hop-wrong-profile", headers=answer(ANSWERED[:3]))
    yield bad("that does not cover the signature of its request", "hop-wrong-profile", headers=answer(ANSWERED[:-1]))
    yield bad(
        "not signed", "hop-unsigned", headers={"content-type": "application/json", "content-digest": digest(ANSWER)}
    )
    yield bad("signed by a stranger", "key-unknown", headers=answer(key=STRANGER.signing))
    yield bad(
        "signed by another key than it names",
        "hop-bad-signature",
        headers=answer(key=STRANGER.signing, keyid=ORIGIN.signing.kid),
    )
    yield bad("121 seconds ago", "hop-skew", headers=answer(), at=NOW + 121)
    yield bad("with another tag", "hop-wrong-profile", headers=answer(tag="relevo-v2"))

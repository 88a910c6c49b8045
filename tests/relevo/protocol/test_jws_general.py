"""Tokens and keys of others: the examples of RFC 8037, and what no message may choose."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from relevo.errors import WireError
from relevo.protocol import base64url, jws
from relevo.protocol.jws_general import key_of_jwk, verify
from relevo.protocol.keys import SigningKey
from relevo.protocol.strict_json import JsonObject

# RFC 8037, appendix A: the key (A.1, A.2), its thumbprint (A.3), a signature (A.4) and its validation (A.5).
KEY = SigningKey(base64url.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"))
JWK: JsonObject = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
A_4 = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)
# RFC 7515, appendix A.5: an unsecured JWS.
UNSECURED = (
    "eyJhbGciOiJub25lIn0."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
)
TYP, PAYLOAD = "example+jwt", b'{"a":1}'


def token(**header: object) -> str:
    """A token with any header, honestly signed over it."""
    first = json.dumps({"alg": "Ed25519", "typ": TYP, **header}).encode()
    signed = f"{base64url.encode(first)}.{base64url.encode(PAYLOAD)}"
    return f"{signed}.{base64url.encode(KEY.sign(signed.encode()))}"


def test_the_key_of_rfc_8037_is_read_and_has_its_thumbprint() -> None:
    key = key_of_jwk(JWK)
    assert key == KEY.public
    assert key.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_signature_of_rfc_8037_holds_and_its_token_has_no_purpose() -> None:
    signed, _, signature = A_4.rpartition(".")
    KEY.public.verify(base64url.decode(signature), signed.encode())
    with pytest.raises(jws.WrongType):
        verify(A_4, KEY.public, typ=TYP)


READ = {
    "the name of RFC 9864": {},
    "the older name": {"alg": "EdDSA"},
    "a kid, whatever it is": {"kid": "key-1"},
    "a member that nobody knows": {"http://example.com/known": True},
    "a type in capitals": {"typ": "EXAMPLE+JWT"},
    "a whole media type": {"typ": "application/example+jwt"},
}


@pytest.mark.parametrize("header", READ.values(), ids=READ)
def test_a_token_is_read_with(header: JsonObject) -> None:
    assert verify(token(**header), KEY.public, typ=TYP) == PAYLOAD


REFUSED: dict[str, tuple[Callable[[], str], str]] = {
    "no algorithm": (lambda: token(alg="none"), "malformed-jws"),
    "an unsecured JWS of RFC 7515": (lambda: UNSECURED, "malformed-jws"),
    "a secret for an algorithm": (lambda: token(alg="HS256"), "malformed-jws"),
    "another curve": (lambda: token(alg="Ed448"), "malformed-jws"),
    "an algorithm that is no text": (lambda: token(alg=["Ed25519"]), "malformed-jws"),
    "a key of its own": (lambda: token(jwk=JWK), "malformed-jws"),
    "a key to be fetched": (lambda: token(jku="https://x.example/keys"), "malformed-jws"),
    "a certificate to be fetched": (lambda: token(x5u="https://x.example/chain"), "malformed-jws"),
    "a certificate": (lambda: token(x5c=["AA"]), "malformed-jws"),
    "a certificate by its digest": (lambda: token(**{"x5t#S256": "AA"}), "malformed-jws"),
    "an extension that must be known": (lambda: token(crit=["exp"], exp=1), "malformed-jws"),
    "a payload that is not encoded": (lambda: token(b64=False), "malformed-jws"),
    "another purpose": (lambda: token(typ="other+jwt"), "wrong-type"),
    "a purpose that is no text": (lambda: token(typ=1), "wrong-type"),
    "two parts": (lambda: token().rpartition(".")[0], "malformed-jws"),
    "padding": (lambda: token() + "=", "not-base64url"),
    "white space": (lambda: token() + "\n", "not-base64url"),
    "another spelling of the last character": (lambda: token()[:-1] + other_spelling(token()[-1]), "not-base64url"),
    "another signature": (lambda: token().rpartition(".")[0] + "." + base64url.encode(bytes(64)), "bad-signature"),
}


def other_spelling(last: str) -> str:
    """The next character: the same bytes where unused bits are not looked at."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return alphabet[alphabet.index(last) + 1]


@pytest.mark.parametrize(("make", "code"), REFUSED.values(), ids=REFUSED)
def test_a_token_is_refused_with(make: Callable[[], str], code: str) -> None:
    with pytest.raises(WireError) as refused:
        verify(make(), KEY.public, typ=TYP)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "more", [{"kid": "1", "use": "sig"}, {"key_ops": ["verify"]}, {"alg": "EdDSA"}, {"example": 1}], ids=str
)
def test_a_jwk_may_also_say(more: JsonObject) -> None:
    assert key_of_jwk({**JWK, **more}) == KEY.public


@pytest.mark.parametrize(
    "changes",
    [
        {"d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"},
        {"use": "enc"},
        {"key_ops": ["sign"]},
        {"key_ops": "verify"},
        {"alg": "ES256"},
        {"crv": "X25519"},
        {"kty": "EC"},
        {"x": None},
    ],
    ids=str,
)
def test_a_jwk_is_unfit_that_says(changes: JsonObject) -> None:
    with pytest.raises(WireError) as refused:
        key_of_jwk({**JWK, **changes})
    assert refused.value.code == "unfit-key"


def test_what_is_no_object_is_no_jwk() -> None:
    with pytest.raises(WireError):
        key_of_jwk("x")


# RFC 7638, section 3.1: the key whose thumbprint the RFC works out. It is of RSA, which no node has, so that the figure
# for ours is that of RFC 8037, appendix A.3.
RFC_7638 = {
    "kty": "RSA",
    "n": (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3okn"
        "jhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6q"
        "MQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awap"
        "JzKnqDKgw"
    ),
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}


@pytest.mark.parametrize("alg", ["RS256", "Ed25519"])
def test_the_key_of_rfc_7638_is_not_of_our_kind_whatever_it_says(alg: str) -> None:
    with pytest.raises(WireError) as refused:
        key_of_jwk({**RFC_7638, "alg": alg})
    assert refused.value.code == "unfit-key"

"""One profile of JWS: everything else is refused before anything is believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relevo.errors import WireError
from relevo.protocol import base64url, jws
from relevo.protocol.keys import SigningKey
from relevo.protocol.strict_json import JsonObject, dump
from support.wire_pair import HOST, HOST_ID, payload_of, statement_token

KEY, TYP, PAYLOAD = HOST.signing, "relevo-test+jwt", b'{"a":1}'
TOKEN = jws.sign(PAYLOAD, KEY, TYP)
HEADER = f'{{"alg":"Ed25519","kid":"{KEY.kid}","typ":"{TYP}"}}'


def headed(header: str) -> str:
    """The token with another header, signed with it."""
    head = f"{base64url.encode(header.encode())}.{base64url.encode(PAYLOAD)}"
    return f"{head}.{base64url.encode(KEY.sign(head.encode()))}"


def opened(token: str, typ: str = TYP) -> bytes:
    return jws.verify(token, lambda _kid: KEY.public, typ)


REFUSED = {
    "no signature at all": (headed(HEADER.replace("Ed25519", "none")), "malformed-jws"),
    "an algorithm of another kind": (headed(HEADER.replace("Ed25519", "HS256")), "malformed-jws"),
    "the older name of the algorithm": (headed(HEADER.replace("Ed25519", "EdDSA")), "malformed-jws"),
    "a key of its own": (headed(HEADER[:-1] + ',"jwk":{}}'), "malformed-jws"),
    "a key to be fetched": (headed(HEADER[:-1] + ',"jku":"https://x.example"}'), "malformed-jws"),
    "an extension": (headed(HEADER[:-1] + ',"crit":["b64"],"b64":false}'), "malformed-jws"),
    "no kid": (headed('{"alg":"Ed25519","typ":"relevo-test+jwt"}'), "malformed-jws"),
    "a kid that is no text": (headed(HEADER.replace(f'"{KEY.kid}"', "1")), "malformed-jws"),
    "an algorithm named twice": (headed(HEADER[:-1] + ',"alg":"none"}'), "malformed-json"),
    "a header that is a list": (headed("[]"), "malformed-json"),
    "two parts": (TOKEN.rpartition(".")[0], "malformed-jws"),
    "four parts": (TOKEN + ".", "malformed-jws"),
    "too many characters": (TOKEN + "A" * jws.MAX_CHARACTERS, "malformed-jws"),
    "another purpose": (jws.sign(PAYLOAD, KEY, "relevo-other+jwt"), "wrong-type"),
    "padding": (TOKEN + "=", "not-base64url"),
    "another spelling of the payload": (TOKEN.replace("." + base64url.encode(PAYLOAD), ".eyJhIjoxfR"), "not-base64url"),
    "another key": (jws.sign(PAYLOAD, HOST.root, TYP), "bad-signature"),
    "an empty signature": (TOKEN.rpartition(".")[0] + ".", "bad-signature"),
    "nothing": ("", "malformed-jws"),
}


@pytest.mark.parametrize(("token", "code"), REFUSED.values(), ids=REFUSED)
def test_refused_is(token: str, code: str) -> None:
    with pytest.raises(WireError) as refused:
        opened(token)
    assert refused.value.code == code


@pytest.mark.parametrize("typ", jws.MOST)
def test_no_token_is_longer_than_its_kind(typ: str) -> None:
    blanks = PAYLOAD.replace(b"{", b"{" + b" " * jws.MOST[typ])
    with pytest.raises(jws.MalformedJws):
        opened(jws.sign(blanks, KEY, typ), typ)


SAID, LAST, LONGEST = payload_of(statement_token(HOST_ID, HOST)), 253402214400, "xx:" + "x" * 32
FULLEST: dict[str, JsonObject] = {
    "relevo-statement+jwt": {
        **SAID,
        "signing": SAID["signing"] * 32,
        "encryption": SAID["encryption"] * 32,
        "contacts": ["\U0001f600" * 2000] * 20,
        "name": "\U0001f600" * 120,
        "endpoint": "https://" + "x" * 1992,
        "endorsement": "x" * 2000,
    },
    "relevo-receipt+jwt": {
        **dict.fromkeys(("iss", "aud", "of"), "x" * 43),
        "jti": "x" * 36,
        "disposition": "refused",
        "code": "x" * 64,
        "received_at": LAST,
        "due": [{"duty": "x" * 64, "by": LONGEST, "at": LAST}] * 64,
    },
    "relevo-summary+jwt": {
        "iss": LONGEST,
        "aud": LONGEST,
        "epoch": 1 << 52,
        "high_water": 1 << 52,
        "gaps": [[1 << 52, 1 << 52]] * 1000,
        "iat": LAST,
    },
    "relevo-stream+jwt": {
        "iss": LONGEST,
        "aud": LONGEST,
        "of": "received",
        **dict.fromkeys(("epoch", "from", "to"), 1 << 52),
        "more": False,
        "places": [[1 << 52, "x" * 36, "x" * 43, "x" * 43]] * 500,
        "iat": LAST,
    },
}


@pytest.mark.parametrize("typ", FULLEST)
def test_the_fullest_of_each_kind_fits(typ: str) -> None:
    assert len(jws.sign(dump(FULLEST[typ]), KEY, typ)) <= jws.MOST[typ]


def test_what_was_signed_is_given_back_in_the_same_bytes() -> None:
    assert opened(TOKEN) == PAYLOAD
    assert jws.key_id(TOKEN, TYP) == KEY.kid


def test_the_same_bytes_make_the_same_token() -> None:
    assert jws.sign(PAYLOAD, SigningKey(KEY.seed), TYP) == TOKEN


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("Aa0-_.~"))
def test_no_character_can_be_changed(place: int, character: str) -> None:
    changed = TOKEN[:place] + character + TOKEN[place + 1 :]
    if changed != TOKEN:
        with pytest.raises(WireError):
            opened(changed)

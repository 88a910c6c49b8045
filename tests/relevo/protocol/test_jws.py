"""One profile of JWS: everything else is refused before anything is believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relevo.errors import WireError
from relevo.protocol import base64url, jws
from relevo.protocol.keys import SigningKey
from support.wire_pair import HOST

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

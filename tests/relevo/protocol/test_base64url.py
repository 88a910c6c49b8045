"""Base64url has one spelling for any bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relevo.protocol.base64url import NotBase64url, decode, digest, digests, encode

REFUSED = {
    "padding": "Zg==",
    "padding in the middle": "Zg==Zg",
    "the other alphabet": "+/+/",
    "white space around": " Zg",
    "a newline at the end": "Zg\n",
    "a length that no bytes have": "Zgaaa",
    "trailing bits that are not zero": "Zh",
    "a letter beyond ASCII": "Zé",
    "a lone surrogate": "Z\ud800",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_refused_is(text: str) -> None:
    with pytest.raises(NotBase64url):
        decode(text)


@given(st.binary(max_size=70))
def test_what_is_encoded_decodes(raw: bytes) -> None:
    assert decode(encode(raw)) == raw


@given(st.text(alphabet="ABab01-_+/= \n", max_size=8))
def test_a_text_that_decodes_is_the_only_spelling(text: str) -> None:
    try:
        raw = decode(text)
    except NotBase64url:
        return
    assert encode(raw) == text


def test_the_digest_of_nothing_is_the_known_figure() -> None:
    assert digest(b"") == "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"


@given(st.lists(st.binary(max_size=3), max_size=5))
def test_digests_are_the_digest_of_each(raws: list[bytes]) -> None:
    assert digests(raws) == [digest(raw) for raw in raws]

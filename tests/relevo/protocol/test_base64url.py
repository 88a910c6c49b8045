"""Base64url has one spelling for any bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relevo.protocol.base64url import NotBase64url, decode, decode_all, digest, digests, encode

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
    for texts in ([text], ["Zg", text], [text, "Zm8", "Zm9v"]):
        with pytest.raises(NotBase64url):
            decode_all(texts)


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


def each_alone(texts: list[str]) -> list[bytes]:
    """What `decode` gives for each; no text is empty."""
    if not all(texts):
        raise NotBase64url("a value is empty")
    return [decode(text) for text in texts]


TEXTS = st.text(alphabet="ABQgab01-_", min_size=1, max_size=8) | st.text(alphabet="ABab01-_+/=é \n", max_size=8)


@given(st.lists(TEXTS, max_size=4))
def test_texts_decode_together_as_each_does_alone(texts: list[str]) -> None:
    try:
        raws = each_alone(texts)
    except NotBase64url:
        with pytest.raises(NotBase64url):
            decode_all(texts)
    else:
        assert decode_all(texts) == raws


def test_the_digest_of_nothing_is_the_known_figure() -> None:
    assert digest(b"") == "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"


@given(st.lists(st.binary(max_size=3), max_size=5))
def test_digests_are_the_digest_of_each(raws: list[bytes]) -> None:
    assert digests(raws) == [digest(raw) for raw in raws]

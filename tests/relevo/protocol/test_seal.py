"""Sealing: only one key, only in one place, and of a length that says little."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relevo.protocol.seal import BadPadding, Undecipherable, open_sealed, pad, padme_length, seal, unpad
from support.wire_pair import HOST, ORIGIN

KEY, INFO = ORIGIN.encryption, b"relevo-test"
SEALED = seal(b"invented", KEY.public, INFO)

PADME = {
    0: 0,
    1: 1,
    2: 2,
    4: 4,
    7: 7,
    8: 8,
    9: 10,
    16: 16,
    17: 18,
    100: 104,
    1000: 1024,
    1025: 1088,
    65_536: 65_536,
    65_537: 67_584,
    1_000_000: 1_015_808,
}

BADLY_PADDED = {
    "a byte of padding that is not zero": pad(bytes(5))[:-1] + b"\1",
    "a zero too many": pad(b"text") + b"\0",
    "a zero too few": pad(bytes(5))[:-1],
    "a length beyond the end": b"\0\0\0\xff" + bytes(4),
    "a length below the payload": b"\0\0\0\2" + b"text",
    "no room for a length": b"\0\0",
    "nothing": b"",
}

CHANGED = {
    "the first byte": bytes([SEALED[0] ^ 1]) + SEALED[1:],
    "the last byte": SEALED[:-1] + bytes([SEALED[-1] ^ 1]),
    "the end": SEALED[:-1],
    "the length": SEALED + b"\0",
    "everything": b"",
}


@pytest.mark.parametrize(("length", "padded"), PADME.items())
def test_padme_rounds(length: int, padded: int) -> None:
    assert padme_length(length) == padded


@given(st.integers(1, 1 << 24))
def test_padme_adds_at_most_an_eighth_and_never_takes_away(length: int) -> None:
    padded = padme_length(length)
    assert length <= padded <= length * 1.12
    assert padme_length(padded) == padded


@given(st.binary(max_size=300))
def test_what_is_padded_unpads(payload: bytes) -> None:
    assert unpad(pad(payload)) == payload


@pytest.mark.parametrize("padded", BADLY_PADDED.values(), ids=BADLY_PADDED)
def test_padding_is_refused_that_has(padded: bytes) -> None:
    with pytest.raises(BadPadding) as refused:
        unpad(padded)
    assert (refused.value.code, refused.value.wire_code) == ("bad-padding", "unreadable")


@settings(max_examples=20)
@given(st.binary(max_size=2000))
def test_what_is_sealed_opens(plaintext: bytes) -> None:
    assert open_sealed(seal(plaintext, KEY.public, INFO), KEY, INFO) == plaintext


@pytest.mark.parametrize("sealed", CHANGED.values(), ids=CHANGED)
def test_sealed_bytes_do_not_open_after_a_change_of(sealed: bytes) -> None:
    with pytest.raises(Undecipherable) as refused:
        open_sealed(sealed, KEY, INFO)
    assert (refused.value.code, refused.value.wire_code) == ("decryption-failed", "unreadable")


def test_sealed_bytes_do_not_open_in_another_place() -> None:
    with pytest.raises(Undecipherable):
        open_sealed(SEALED, KEY, INFO + b"x")


def test_sealed_bytes_do_not_open_under_another_key() -> None:
    with pytest.raises(Undecipherable):
        open_sealed(SEALED, HOST.encryption, INFO)


def test_the_same_text_is_never_sealed_to_the_same_bytes() -> None:
    assert seal(b"invented", KEY.public, INFO) != SEALED


def test_two_texts_of_one_size_class_are_sealed_to_one_length() -> None:
    assert len(seal(bytes(1000), KEY.public, INFO)) == len(seal(bytes(1019), KEY.public, INFO)) == 1120 + 1024 + 16

"""Sealing: only one key, only in one place, and of a length that says little."""

from __future__ import annotations

import math

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given, settings
from hypothesis import strategies as st

from relevo.protocol.keys import DecryptionKey
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


CURVE = DecryptionKey(bytes(range(32)))


def test_an_x25519_key_seals_and_opens_and_no_other_key_does() -> None:
    sealed = seal(b"invented", CURVE.public, INFO)
    assert len(sealed) == 32 + 12 + 16
    assert open_sealed(sealed, CURVE, INFO) == b"invented"
    for key in (KEY, DecryptionKey(bytes(32))):
        with pytest.raises(Undecipherable):
            open_sealed(sealed, key, INFO)


@pytest.mark.parametrize("sealed", [b"", bytes(31), bytes(32), bytes(60)], ids=len)
def test_what_was_never_sealed_does_not_open_under_x25519(sealed: bytes) -> None:
    with pytest.raises(Undecipherable):
        open_sealed(sealed, CURVE, INFO)


@given(st.integers(1, 1 << 32))
def test_padme_is_the_formula_of_its_paper(length: int) -> None:
    exponent = math.floor(math.log2(length))
    kept = math.floor(math.log2(exponent)) + 1 if exponent else 0
    unit = 1 << max(exponent - kept, 0)
    assert padme_length(length) == -(-length // unit) * unit


# RFC 9180, appendix A.1.1.1: base mode of DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, sequence number 0.
# The appendix has no vector with AES-256-GCM; tests/interop holds that against another implementation.
A_1_1 = {
    "skRm": "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
    "pkRm": "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
    "enc": "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
    "info": "4f6465206f6e2061204772656369616e2055726e",
    "aad": "436f756e742d30",
    "ct": "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a",
    "pt": "4265617574792069732074727574682c20747275746820626561757479",
}


def test_the_library_opens_what_rfc_9180_sealed() -> None:
    vector = {name: bytes.fromhex(value) for name, value in A_1_1.items()}
    key = DecryptionKey(vector["skRm"])
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
    sealed = vector["enc"] + vector["ct"]
    decrypt = openssl.hpke._decrypt_with_aad  # noqa: SLF001 - the vectors have an aad, which the public call has not
    opened = decrypt(suite, sealed, key.private, vector["info"], vector["aad"])
    assert (opened, key.public.raw) == (vector["pt"], vector["pkRm"])

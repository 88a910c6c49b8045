"""Edge cases of Ed25519 and X25519, each with the one answer that every node gives."""

from __future__ import annotations

import pytest

from relevo.errors import WireError
from relevo.protocol.keys import EncryptionKey, UnfitKey, VerifyKey
from support.eddsa_edges import EDGES, Verdict


def verdict(message: str, key: str, signature: str) -> str:
    try:
        VerifyKey(bytes.fromhex(key)).verify(bytes.fromhex(signature), bytes.fromhex(message))
    except WireError as refused:
        return refused.code
    return "holds"


@pytest.mark.parametrize(("message", "key", "signature", "expected"), EDGES.values(), ids=EDGES)
def test_ours_says_of(message: str, key: str, signature: str, expected: Verdict) -> None:
    assert verdict(message, key, signature) == expected


# Low-order points of Curve25519 and other spellings of them (RFC 7748, section 6.1; Bernstein, "A state-of-the-art
# Diffie-Hellman function", cr.yp.to/ecdh.html#validate).
LOW_ORDER = {
    "0": "00" * 32,
    "1": "01" + "00" * 31,
    "of order 8": "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "the other of order 8": "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "p - 1": "ec" + "ff" * 30 + "7f",
    "p": "ed" + "ff" * 30 + "7f",
    "p + 1": "ee" + "ff" * 30 + "7f",
}


@pytest.mark.parametrize("point", LOW_ORDER.values(), ids=LOW_ORDER)
def test_an_x25519_key_is_unfit_that_is(point: str) -> None:
    with pytest.raises(UnfitKey):
        EncryptionKey(bytes.fromhex(point))
    with pytest.raises(UnfitKey):
        EncryptionKey(bytes(1184) + bytes.fromhex(point))

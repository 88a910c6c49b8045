"""A signature holds exactly where OpenSSL says so, however it was made."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from relevo.protocol.ed25519 import holds, unfit
from support.eddsa_edges import EDGES
from support.edwards import BASE, ORDER, PRIME, SMALL, add, at, scalar, times, written
from support.wire_pair import HOST

PUBLIC = HOST.signing.public.raw
DATA = b"a referral"
SIGNED = HOST.signing.sign(DATA)
SECRET, NONCE = scalar(b"secret"), scalar(b"nonce")


def openssl(key: bytes, signature: bytes, data: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, data)
    except InvalidSignature:
        return False
    return True


def with_s(signature: bytes, more: int) -> bytes:
    return signature[:32] + (int.from_bytes(signature[32:], "little") + more).to_bytes(32, "little")


def made(secret: int, nonce: int, key: bytes, commitment: bytes, data: bytes) -> bytes:
    """The signature with which the equation holds but for what `key` and `commitment` have of small order."""
    return commitment + ((nonce + scalar(commitment, key, data) * secret) % ORDER).to_bytes(32, "little")


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.data())
def test_of_honest_and_of_damaged_signatures_both_say_the_same(seed: bytes, data: bytes, draw: st.DataObject) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    key, signature = private.public_key().public_bytes_raw(), private.sign(data)
    assert holds(key, signature, data)
    parts = [bytearray(key), bytearray(signature), bytearray(data)]
    whole = [(part, place) for part in parts for place in range(len(part))]
    part, place = draw.draw(st.sampled_from(whole))
    part[place] ^= 1 << draw.draw(st.integers(0, 7))
    damaged_key, damaged, other = map(bytes, parts)
    assert holds(damaged_key, damaged, other) == openssl(damaged_key, damaged, other)


def beside(scalar_of_it: int) -> list[bytes]:
    """The point of this scalar with each of the points of small order added."""
    plain = times(scalar_of_it, BASE)
    return [written(add(plain, one)) for one in SMALL]


def of_odd_points() -> Iterator[tuple[bytes, bytes, bytes]]:
    for secret, nonce in ((SECRET, NONCE), (SECRET, 0), (0, NONCE), (0, 0)):
        for key, commitment in product(beside(secret), beside(nonce)):
            for data in (b"one", b"two"):
                yield key, made(secret, nonce, key, commitment, data), data


def test_of_points_of_small_and_of_mixed_order_both_say_the_same() -> None:
    said = {one: openssl(*one) for one in of_odd_points()}
    assert {one: holds(*one) for one in said} == said
    assert len(said) // 16 < sum(said.values()) < len(said) // 4  # one in eight holds without the cofactor, all with it


def beyond_the_prime() -> Iterator[bytes]:
    for y in range(19):
        for odd in (0, 1):
            if (point := at(y, odd)) is not None:
                yield written(point, beyond=PRIME)


def test_of_points_in_a_second_spelling_both_say_the_same() -> None:
    for spelled in beyond_the_prime():
        for key, commitment in ((PUBLIC, spelled), (spelled, SIGNED[:32]), (spelled, spelled)):
            for rest in (bytes(32), SIGNED[32:]):
                assert holds(key, commitment + rest, DATA) == openssl(key, commitment + rest, DATA)


@pytest.mark.parametrize(("message", "key", "signature", "_expected"), EDGES.values(), ids=EDGES)
def test_both_say_the_same_of(message: str, key: str, signature: str, _expected: str) -> None:
    given_parts = bytes.fromhex(key), bytes.fromhex(signature), bytes.fromhex(message)
    assert holds(*given_parts) == openssl(*given_parts)


REFUSED = {
    "a signature with L added to S": (with_s(SIGNED, ORDER), DATA),
    "a signature with L added to S as often as there is room": (with_s(SIGNED, 14 * ORDER), DATA),
    "a signature without its last byte, which the data begins with": (SIGNED[:63], SIGNED[63:] + DATA),
    "a signature that goes on with the data": (SIGNED + DATA[:1], DATA[1:]),
    "no signature, and all of it in the data": (b"", SIGNED + DATA),
}


@pytest.mark.parametrize(("signature", "data"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_hold_is(signature: bytes, data: bytes) -> None:
    assert not holds(PUBLIC, signature, data)


UNFIT = {
    "of no bytes": (b"", "32 bytes"),
    "of 33 bytes": (PUBLIC + b"\0", "32 bytes"),
    "of small order": (written(SMALL[1]), "small order"),
    "in a second spelling": (next(beyond_the_prime()), "not canonical"),
    "not on the curve": (next(written((0, y)) for y in range(2, 99) if at(y) is None), "not a point"),
}


@pytest.mark.parametrize(("key", "why"), UNFIT.values(), ids=UNFIT)
def test_unfit_is_a_key_that_is(key: bytes, why: str) -> None:
    assert why in (unfit(key) or "")


def test_a_key_of_mixed_order_is_fit() -> None:
    assert unfit(beside(SECRET)[3]) is None

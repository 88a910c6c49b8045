"""A peer proves that both its private keys are its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from relevo.errors import WireError
from relevo.protocol.keyring import KeyRing
from relevo.protocol.possession import answer_challenge, challenge_for, check_possession
from support.wire_pair import (
    AT,
    HOST,
    HOST_ID,
    ORIGIN,
    ORIGIN_ID,
    STRANGER,
    STRANGER_ID,
    TRUST,
    resign,
    ring,
    spoilt,
    statement,
)

NONCE = bytes(range(16))
STATEMENT = TRUST.statement(ORIGIN_ID)
CHALLENGE = challenge_for(STATEMENT, asker=HOST_ID, nonce=NONCE)
ANSWER = answer_challenge(CHALLENGE, ORIGIN, ORIGIN_ID, AT)


def check(token: str, *, asker: str = HOST_ID, nonce: bytes = NONCE) -> None:
    check_possession(token, STATEMENT, asker=asker, nonce=nonce, at=AT)


UNANSWERED: dict[str, tuple[Callable[[], str], str]] = {
    "for another node": (lambda: answer_challenge(CHALLENGE, ORIGIN, STRANGER_ID, AT), "wrong-audience"),
    "for another encryption key": (
        lambda: answer_challenge(CHALLENGE, STRANGER, ORIGIN_ID, AT),
        "possession-unproven",
    ),
    "whose asker was changed": (
        lambda: answer_challenge({**CHALLENGE, "asker": STRANGER_ID}, ORIGIN, ORIGIN_ID, AT),
        "decryption-failed",
    ),
    "with a member too many": (
        lambda: answer_challenge({**CHALLENGE, "more": "x"}, ORIGIN, ORIGIN_ID, AT),
        "malformed-claims",
    ),
    "that is none": (lambda: answer_challenge([], ORIGIN, ORIGIN_ID, AT), "malformed-claims"),
}

UNPROVEN: dict[str, tuple[Callable[[], object], str]] = {
    "the nonce is another": (lambda: check(ANSWER, nonce=bytes(16)), "possession-unproven"),
    "the asker is another": (lambda: check(ANSWER, asker=STRANGER_ID), "wrong-audience"),
    "the signing key is another": (
        lambda: check(answer_challenge(CHALLENGE, replace(ORIGIN, signing=STRANGER.signing), ORIGIN_ID, AT)),
        "key-unknown",
    ),
    "it names another node": (lambda: check(resign(ANSWER, ORIGIN.signing, iss=STRANGER_ID)), "wrong-issuer"),
    "it is dated ahead": (
        lambda: check(answer_challenge(CHALLENGE, ORIGIN, ORIGIN_ID, AT + timedelta(hours=1))),
        "from-the-future",
    ),
    "it was signed before the key was in use": (
        lambda: check(answer_challenge(CHALLENGE, ORIGIN, ORIGIN_ID, AT - timedelta(hours=1))),
        "key-out-of-period",
    ),
    "a byte has changed": (lambda: check(spoilt(ANSWER)), "bad-signature"),
    "it has a member too many": (lambda: check(resign(ANSWER, ORIGIN.signing, more=1)), "malformed-claims"),
}


def test_the_owner_of_both_keys_proves_it() -> None:
    check(ANSWER)


@pytest.mark.parametrize(("make", "code"), UNANSWERED.values(), ids=UNANSWERED)
def test_unanswered_is_a_challenge(make: Callable[[], str], code: str) -> None:
    with pytest.raises(WireError) as refused:
        make()
    assert refused.value.code == code


@pytest.mark.parametrize(("ask", "code"), UNPROVEN.values(), ids=UNPROVEN)
def test_an_answer_proves_nothing_if(ask: Callable[[], object], code: str) -> None:
    with pytest.raises(WireError) as refused:
        ask()
    assert refused.value.code == code


def test_a_node_that_cannot_open_the_seal_cannot_answer() -> None:
    without = replace(ORIGIN, encryption=ring("somebody else").encryption)
    with pytest.raises(WireError) as refused:
        answer_challenge({**CHALLENGE, "kem": without.encryption.kid}, without, ORIGIN_ID, AT)
    assert refused.value.code == "decryption-failed"


def test_a_nonce_has_16_bytes() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        challenge_for(STATEMENT, asker=HOST_ID, nonce=b"short")


def test_the_asker_keys_are_not_needed_to_ask() -> None:
    assert HOST.signing.kid not in str(CHALLENGE)


def test_a_peer_with_an_x25519_key_proves_it_too() -> None:
    keys = KeyRing.generate("X25519")
    known = statement(ORIGIN_ID, keys)
    challenge = challenge_for(known, asker=HOST_ID, nonce=NONCE)
    check_possession(answer_challenge(challenge, keys, ORIGIN_ID, AT), known, asker=HOST_ID, nonce=NONCE, at=AT)

"""Whose key it is, when it was in use, and until when its word is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from relevo.errors import WireError
from relevo.protocol.keyring import KeyRing
from relevo.protocol.keys import SigningKey
from relevo.protocol.statement import next_statement, read_statement
from relevo.protocol.trust import Trust
from support.wire_pair import (
    AT,
    HOST,
    HOST_ID,
    ORIGIN,
    ORIGIN_ID,
    STRANGER,
    STRANGER_ID,
    TRUST,
    ring,
    statement,
    statement_token,
)

DAY = timedelta(days=1)
KID = HOST.signing.kid
assert isinstance(HOST.root, SigningKey)
ROOT: SigningKey = HOST.root


def key_at(iat_days: float, at_days: float) -> Callable[[], object]:
    return lambda: TRUST.signing_key(HOST_ID, KID, iat=AT + iat_days * DAY, at=AT + at_days * DAY)


FOUND: dict[str, Callable[[], object]] = {
    "signed and come at once": key_at(0, 0),
    "signed at the end of use": key_at(90, 90),
    "come at the end of verification": key_at(90, 270),
}

REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "signed before the key was in use": (key_at(-0.01, 0), "key-out-of-period"),
    "signed after its use": (key_at(90.01, 91), "key-out-of-period"),
    "come after its verification": (key_at(90, 270.01), "key-out-of-period"),
    "a key that the node does not have": (
        lambda: TRUST.signing_key(HOST_ID, ORIGIN.signing.kid, iat=AT, at=AT),
        "key-unknown",
    ),
    "a root instead of a signing key": (
        lambda: TRUST.signing_key(HOST_ID, HOST.root.kid, iat=AT, at=AT),
        "key-unknown",
    ),
    "a node that is not registered": (
        lambda: TRUST.signing_key(STRANGER_ID, STRANGER.signing.kid, iat=AT, at=AT),
        "peer-unknown",
    ),
    "a presentation key of nobody": (lambda: TRUST.presentation_key(STRANGER_ID), "peer-unknown"),
    "a kid of nobody": (lambda: TRUST.node_of(STRANGER.signing.kid), "key-unknown"),
    "sealing to nobody": (lambda: TRUST.encryption_key(STRANGER_ID, AT), "peer-unknown"),
    "sealing under an expired statement": (
        lambda: TRUST.encryption_key(ORIGIN_ID, AT + 90 * DAY),
        "statement-expired",
    ),
    "a statement with a key of another node": (
        lambda: TRUST.admit(statement(STRANGER_ID, replace(STRANGER, signing=HOST.signing))),
        "key-claimed-twice",
    ),
    "a statement with a root of another node": (
        lambda: TRUST.admit(statement(STRANGER_ID, replace(STRANGER, log=ROOT))),
        "key-claimed-twice",
    ),
}


@pytest.mark.parametrize("ask", FOUND.values(), ids=FOUND)
def test_a_key_is_found_for_what_was(ask: Callable[[], object]) -> None:
    assert ask() == HOST.signing.public


@pytest.mark.parametrize(("ask", "code"), REFUSED.values(), ids=REFUSED)
def test_refused_is(ask: Callable[[], object], code: str) -> None:
    with pytest.raises(WireError) as refused:
        ask()
    assert (refused.value.code, refused.value.final) == (code, False)


def test_a_kid_leads_to_its_node() -> None:
    assert TRUST.node_of(KID) == HOST_ID
    assert TRUST.key_named(KID) == HOST.signing.public
    assert TRUST.presentation_key(ORIGIN_ID) == ORIGIN.presentation.public


def test_content_is_sealed_to_the_newest_key() -> None:
    new = replace(ORIGIN, encryption=ring("origin, later").encryption)
    token = next_statement(statement_token(ORIGIN_ID, ORIGIN), new, at=AT + DAY)
    later = TRUST.admit(read_statement(token, at=AT + DAY))
    assert TRUST.encryption_key(ORIGIN_ID, AT) == ORIGIN.encryption.public
    assert later.encryption_key(ORIGIN_ID, AT + DAY) == new.encryption.public


def test_admitting_a_statement_leaves_the_trust_before_as_it_was() -> None:
    wider = TRUST.admit(statement(STRANGER_ID, STRANGER))
    assert set(wider.statements) == {HOST_ID, ORIGIN_ID, STRANGER_ID}
    assert set(TRUST.statements) == {HOST_ID, ORIGIN_ID}


def test_a_key_that_two_nodes_list_is_still_the_one_that_signed() -> None:
    thief: KeyRing = replace(STRANGER, signing=HOST.signing)
    crowded = Trust({STRANGER_ID: statement(STRANGER_ID, thief), **TRUST.statements})
    assert crowded.signing_key(HOST_ID, KID, iat=AT, at=AT) == HOST.signing.public

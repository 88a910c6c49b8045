"""The open half: every claim has its form, and only the sender's key signs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from relevo.clock import seconds
from relevo.errors import WireError
from relevo.protocol import jws, strict_json
from relevo.protocol.key_periods import EARLY
from relevo.protocol.manifest import KINDS, manifest_digest, read_manifest
from relevo.protocol.strict_json import JsonValue
from relevo.protocol.trust import Trust
from support.wire_pair import (
    AT,
    HOST,
    HOST_ID,
    ORIGIN,
    ORIGIN_ID,
    SOP,
    STRANGER,
    STRANGER_ID,
    THREAD,
    TRUST,
    payload_of,
    resign,
    send,
    statement,
)

SENT = send()
TOKEN = SENT.envelope.manifest


def changed(**members: JsonValue) -> Callable[[], str]:
    return lambda: resign(TOKEN, HOST.signing, **members)


REFUSED: dict[str, tuple[Callable[[], str], str]] = {
    "of a kind that is not known": (changed(kind="rumour"), "kind-unknown"),
    "of a kind that is no word": (changed(kind="Requested"), "malformed-claims"),
    "from no node": (changed(iss="retorno"), "malformed-claims"),
    "to no node": (changed(aud=""), "malformed-claims"),
    "whose jti is random": (changed(jti=THREAD), "malformed-claims"),
    "whose thread is no UUID": (changed(thread="1"), "malformed-claims"),
    "whose SOP is no digest": (changed(sop="sop-1"), "malformed-claims"),
    "whose SOP is null": (lambda: jws.sign(null_sop(), HOST.signing, "relevo-envelope+jwt"), "malformed-claims"),
    "whose basis is a word": (changed(basis="consent"), "malformed-claims"),
    "whose basis is of another kind": (changed(basis=f"habit:{SOP}"), "malformed-claims"),
    "whose content is no digest": (changed(content="x"), "malformed-claims"),
    "of epoch 0": (changed(epoch=0), "malformed-claims"),
    "of seq 0": (changed(seq=0), "malformed-claims"),
    "whose seq is true": (changed(seq=True), "malformed-claims"),
    "whose seq is a fraction": (changed(seq=1.5), "malformed-claims"),
    "whose time is a text": (changed(iat="now"), "malformed-claims"),
    "whose kem is no digest": (changed(kem="x"), "malformed-claims"),
    "whose sealed is no digest": (changed(sealed="x"), "malformed-claims"),
    "with a member too many": (changed(replaces=THREAD), "malformed-claims"),
    "with a member too few": (changed(thread=None), "malformed-claims"),
    "dated more than five minutes ahead": (changed(iat=seconds(AT) + 301), "from-the-future"),
    "signed before the key was in use": (changed(iat=seconds(AT - EARLY) - 1), "key-out-of-period"),
    "signed by another registered node": (lambda: resign(TOKEN, ORIGIN.signing), "wrong-issuer"),
    "signed by nobody known": (lambda: resign(TOKEN, STRANGER.signing), "key-unknown"),
    "signed by the log key": (lambda: resign(TOKEN, HOST.log), "key-unknown"),
    "signed as a receipt": (
        lambda: jws.sign(strict_json.dump(payload_of(TOKEN)), HOST.signing, "relevo-receipt+jwt"),
        "wrong-type",
    ),
    "naming a node that is not registered": (changed(iss=STRANGER_ID), "wrong-issuer"),
    "that is a list": (lambda: jws.sign(b"[]", HOST.signing, "relevo-envelope+jwt"), "malformed-json"),
    "with a name twice": (
        lambda: jws.sign(b'{"iss":"x","iss":"y"}', HOST.signing, "relevo-envelope+jwt"),
        "malformed-json",
    ),
}


def null_sop() -> bytes:
    return strict_json.dump({**payload_of(TOKEN), "sop": None})


@pytest.mark.parametrize(("make", "code"), REFUSED.values(), ids=REFUSED)
def test_refused_is_a_manifest(make: Callable[[], str], code: str) -> None:
    token = make()
    with pytest.raises(WireError) as refused:
        read_manifest(token, trust=TRUST, at=AT)
    assert (refused.value.code, refused.value.final) == (code, False)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_the_table_is_known(kind: str) -> None:
    verified = read_manifest(resign(TOKEN, HOST.signing, kind=kind), trust=TRUST, at=AT)
    assert verified.manifest.message.kind == kind


def test_a_manifest_says_what_was_sent() -> None:
    verified = read_manifest(TOKEN, trust=TRUST, at=AT)
    assert verified.manifest.message == SENT.message
    assert (verified.manifest.iss, verified.manifest.iat) == (HOST_ID, AT)
    assert (verified.manifest.attempt.epoch, verified.manifest.attempt.seq) == (1, 1)
    assert verified.manifest.attempt.kem == ORIGIN.encryption.kid
    assert (verified.kid, verified.manifest.attempt.kid) == (HOST.signing.kid, HOST.signing.kid)
    assert (verified.token, verified.digest) == (TOKEN, manifest_digest(TOKEN))


def test_a_message_under_no_sop_says_none() -> None:
    verified = read_manifest(resign(TOKEN, HOST.signing, sop="none"), trust=TRUST, at=AT)
    assert verified.manifest.message.sop == "none"


def test_a_late_attempt_is_read_until_the_key_verifies_no_more() -> None:
    read_manifest(TOKEN, trust=TRUST, at=AT + timedelta(days=270))
    with pytest.raises(WireError) as refused:
        read_manifest(TOKEN, trust=TRUST, at=AT + timedelta(days=271))
    assert refused.value.code == "key-out-of-period"


def test_a_peer_that_lists_the_key_of_another_cannot_stop_its_messages() -> None:
    thief = statement(STRANGER_ID, replace(STRANGER, signing=HOST.signing))
    crowded = Trust({STRANGER_ID: thief, **TRUST.statements})
    assert read_manifest(TOKEN, trust=crowded, at=AT).manifest.iss == HOST_ID


IDENTITY = {
    "iss": ORIGIN_ID,
    "aud": STRANGER_ID,
    "jti": THREAD,
    "thread": SOP,
    "kind": "closed",
    "sop": "none",
    "basis": "none",
    "content": SOP,
}


@pytest.mark.parametrize("claim", IDENTITY)
def test_another_message_has_another_identity(claim: str) -> None:
    assert replace(SENT.message, **{claim: IDENTITY[claim]}).identity() != SENT.message.identity()


def test_the_identity_is_a_figure_that_others_can_compute() -> None:
    members = ("iss", "aud", "jti", "thread", "kind", "sop", "basis", "content")
    text = "{" + ",".join(f'"{name}":"{getattr(SENT.message, name)}"' for name in members) + "}"
    assert SENT.message.identity() == manifest_digest(text)

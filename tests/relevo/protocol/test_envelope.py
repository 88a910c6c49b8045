"""An envelope is opened by its receiver only, and only if nothing in it was changed or moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relevo.errors import WireError
from relevo.protocol import base64url, envelope, sd_jwt, strict_json
from relevo.protocol.basis import Basis
from relevo.protocol.envelope import Envelope, Opened, content_digest, open_envelope, read_manifest
from relevo.protocol.keys import SUITES, DecryptionKey
from relevo.protocol.sd_jwt import Issued
from relevo.protocol.seal import seal
from relevo.protocol.statement import next_statement, read_statement
from relevo.protocol.strict_json import JsonValue
from support.wire_pair import (
    AT,
    BASIS,
    HIDDEN,
    HOST,
    HOST_ID,
    JTI,
    ORIGIN,
    ORIGIN_ID,
    SOP,
    STRANGER_ID,
    THREAD,
    TRUST,
    content,
    open_claims,
    payload_of,
    receive,
    resign,
    ring,
    send,
    spoilt,
    statement_token,
)

SENT = send()
WHOLE = strict_json.dump(SENT.envelope.to_object())
DAY = timedelta(days=1)


def with_manifest(**changes: JsonValue) -> Envelope:
    return replace(SENT.envelope, manifest=resign(SENT.envelope.manifest, HOST.signing, **changes))


def with_plaintext(plaintext: bytes) -> Envelope:
    """The sample envelope with something else sealed in it, which its sender vouches for."""
    info = f"relevo-seal-v1\n{HOST_ID}\n{ORIGIN_ID}\n{JTI}\n1\n1\n{ORIGIN.encryption.kid}"
    sealed = seal(plaintext, ORIGIN.encryption.public, info.encode())
    return Envelope(manifest=with_manifest(sealed=base64url.digest(sealed)).manifest, sealed=sealed)


def with_parts(content_text: JsonValue, basis: JsonValue) -> Envelope:
    return with_plaintext(strict_json.dump({"content": content_text, "basis": basis}))


def flipped(raw: bytes, place: int) -> bytes:
    return raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]


def written(basis: Basis) -> dict[str, JsonValue]:
    salt, record = base64url.encode(basis.salt), base64url.encode(basis.record)
    return {"kind": basis.kind, "record": record, "salt": salt}


TEXT = sd_jwt.serialise(SENT.issued)
OPEN_CONTENT = partial(sd_jwt.issue, hidden=HIDDEN, key=HOST.signing)
OTHER_BASIS = Basis("consent", BASIS.record + b" ", BASIS.salt)


def test_the_receiver_reads_what_the_sender_said() -> None:
    opened = receive(SENT.envelope)
    assert opened.claims == {**open_claims(), **HIDDEN}
    assert (opened.issued, opened.basis) == (SENT.issued, BASIS)
    assert opened.verified.manifest.message == SENT.message
    assert opened.verified.digest == base64url.digest(SENT.envelope.manifest.encode())


def test_an_envelope_reads_back_from_its_written_form() -> None:
    assert Envelope.from_object(strict_json.load(WHOLE)) == SENT.envelope


def test_a_message_without_a_basis_says_so() -> None:
    opened = receive(send(basis=None).envelope)
    assert (opened.basis, opened.verified.manifest.message.basis) == (None, "none")


def test_what_was_sealed_is_not_opened_twice_alike_but_is_the_same_message() -> None:
    again = send(SENT.issued, seq=2, at=AT + DAY)
    first, second = receive(SENT.envelope), receive(again.envelope, at=AT + DAY)
    assert first.verified.digest != second.verified.digest
    assert first.verified.manifest.message.identity() == second.verified.manifest.message.identity()


def test_a_queued_message_arrives_though_its_keys_are_superseded() -> None:
    new = replace(HOST, signing=ring("host, later").signing)
    token = next_statement(statement_token(HOST_ID, HOST), new, at=AT + DAY)
    later = TRUST.admit(read_statement(token, at=AT + DAY))
    assert receive(SENT.envelope, at=AT + 200 * DAY, trust=later).claims["jti"] == JTI


REFUSED: dict[str, tuple[Callable[[], Envelope], str, str, bool]] = {
    # what is refused: envelope, our code, what the peer is told, whether a signed refusal is due
    "for another node": (lambda: with_manifest(aud=STRANGER_ID), "wrong-audience", "wrong-audience", False),
    "with another ciphertext": (
        lambda: replace(SENT.envelope, sealed=flipped(SENT.envelope.sealed, 1200)),
        "sealed-changed",
        "unreadable",
        False,
    ),
    "with a ciphertext moved from another seq": (
        lambda: with_manifest(seq=2),
        "decryption-failed",
        "unreadable",
        False,
    ),
    "with a ciphertext moved from another epoch": (
        lambda: with_manifest(epoch=2),
        "decryption-failed",
        "unreadable",
        False,
    ),
    "sealed to a key that is not ours": (
        lambda: with_manifest(kem=HOST.encryption.kid),
        "recipient-key-unknown",
        "key-unknown",
        False,
    ),
    "with a byte of the manifest changed": (
        lambda: replace(SENT.envelope, manifest=spoilt(SENT.envelope.manifest)),
        "bad-signature",
        "unreadable",
        False,
    ),
    "with another content than the manifest names": (
        lambda: with_parts(sd_jwt.serialise(content()), written(BASIS)),
        "content-mismatch",
        "content-mismatch",
        True,
    ),
    "whose content is of another thread": (
        lambda: send(content(thread=JTI)).envelope,
        "content-mismatch",
        "content-mismatch",
        True,
    ),
    "whose content is of another kind": (
        lambda: send(content(kind="closed")).envelope,
        "content-mismatch",
        "content-mismatch",
        True,
    ),
    "whose content has another jti": (
        lambda: send(content(jti=JTI[:-1] + "0")).envelope,
        "content-mismatch",
        "content-mismatch",
        True,
    ),
    "whose content is for another node": (
        lambda: send(content(aud=STRANGER_ID)).envelope,
        "content-mismatch",
        "content-mismatch",
        True,
    ),
    "whose content names another sender": (
        lambda: send(content(iss=ORIGIN_ID)).envelope,
        "wrong-issuer",
        "wrong-issuer",
        False,
    ),
    "whose content another registered node signed": (
        lambda: send(sd_jwt.issue(open_claims(iss=ORIGIN_ID), HIDDEN, key=ORIGIN.signing)).envelope,
        "content-mismatch",
        "content-mismatch",
        True,
    ),
    "whose content is bound to another key": (
        lambda: send(content(cnf={"jwk": HOST.presentation.public.jwk})).envelope,
        "content-mismatch",
        "content-mismatch",
        True,
    ),
    "whose content was changed after signing": (
        lambda: send(replace(SENT.issued, jwt=spoilt(SENT.issued.jwt))).envelope,
        "bad-signature",
        "unreadable",
        False,
    ),
    "whose content has an open claim too many": (
        lambda: send(content(more=1)).envelope,
        "malformed-plaintext",
        "malformed-plaintext",
        True,
    ),
    "whose content lacks an open claim": (
        lambda: send(OPEN_CONTENT({name: value for name, value in open_claims().items() if name != "cnf"})).envelope,
        "malformed-plaintext",
        "malformed-plaintext",
        True,
    ),
    "whose content is dated ahead": (
        lambda: send(content(iat=int(AT.timestamp()) + 301)).envelope,
        "from-the-future",
        "from-the-future",
        False,
    ),
    "with a disclosure that was not signed": (
        lambda: send(replace(SENT.issued, disclosures=content().disclosures)).envelope,
        "bad-disclosure",
        "bad-disclosure",
        True,
    ),
    "with another basis record": (
        lambda: with_parts(TEXT, written(OTHER_BASIS)),
        "basis-mismatch",
        "basis-mismatch",
        True,
    ),
    "with another kind of basis": (
        lambda: with_parts(TEXT, {**written(BASIS), "kind": "exception"}),
        "basis-mismatch",
        "basis-mismatch",
        True,
    ),
    "without the basis that the manifest names": (
        lambda: with_parts(TEXT, None),
        "basis-mismatch",
        "basis-mismatch",
        True,
    ),
    "with a basis of no known kind": (
        lambda: with_parts(TEXT, {**written(BASIS), "kind": "habit"}),
        "malformed-plaintext",
        "malformed-plaintext",
        True,
    ),
    "with a basis whose salt is short": (
        lambda: with_parts(TEXT, {**written(BASIS), "salt": "AAAA"}),
        "malformed-plaintext",
        "malformed-plaintext",
        True,
    ),
    "with a basis that is not base64url": (
        lambda: with_parts(TEXT, {**written(BASIS), "record": "?"}),
        "malformed-plaintext",
        "malformed-plaintext",
        True,
    ),
    "with a basis with a member too many": (
        lambda: with_parts(TEXT, {**written(BASIS), "more": "x"}),
        "malformed-plaintext",
        "malformed-plaintext",
        True,
    ),
    "with content that is no text": (
        lambda: with_parts(1, None),
        "malformed-plaintext",
        "malformed-plaintext",
        True,
    ),
    "with content that is no SD-JWT": (
        lambda: with_parts("content", None),
        "malformed-plaintext",
        "malformed-plaintext",
        True,
    ),
    "with something else than JSON sealed in it": (
        lambda: with_plaintext(b"\xff"),
        "malformed-plaintext",
        "malformed-plaintext",
        True,
    ),
    "with a member too many sealed in it": (
        lambda: with_plaintext(strict_json.dump({"content": TEXT, "basis": None, "more": 1})),
        "malformed-plaintext",
        "malformed-plaintext",
        True,
    ),
}


@pytest.mark.parametrize(("make", "code", "public", "final"), REFUSED.values(), ids=REFUSED)
def test_refused_is_an_envelope(make: Callable[[], Envelope], code: str, public: str, *, final: bool) -> None:
    sent = make()
    with pytest.raises(WireError) as refused:
        receive(sent)
    assert (refused.value.code, refused.value.wire_code, refused.value.final) == (code, public, final)


def test_an_envelope_is_not_opened_under_the_manifest_of_another() -> None:
    with pytest.raises(envelope.SealedChanged):
        open_envelope(
            SENT.envelope,
            read_manifest(send().envelope.manifest, trust=TRUST, at=AT),
            trust=TRUST,
            me=ORIGIN_ID,
            keys={ORIGIN.encryption.kid: ORIGIN.encryption},
            presentation=ORIGIN.presentation.public,
            at=AT,
        )


@pytest.mark.parametrize("suite", SUITES)
def test_an_envelope_opens_whatever_the_suite_of_its_receiver(suite: str) -> None:
    key = DecryptionKey.generate(suite)
    sent = envelope.seal_envelope(
        SENT.message, SENT.issued, BASIS, epoch=1, seq=1, at=AT, key=HOST.signing, recipient=key.public
    )
    opened = open_envelope(
        sent,
        read_manifest(sent.manifest, trust=TRUST, at=AT),
        trust=TRUST,
        me=ORIGIN_ID,
        keys={key.kid: key},
        presentation=ORIGIN.presentation.public,
        at=AT,
    )
    assert opened.issued == SENT.issued
    assert suite not in str(payload_of(sent.manifest))


def test_a_key_that_was_destroyed_opens_nothing() -> None:
    gone: dict[str, DecryptionKey] = {}
    with pytest.raises(envelope.RecipientKeyUnknown):
        open_envelope(
            SENT.envelope,
            read_manifest(SENT.envelope.manifest, trust=TRUST, at=AT),
            trust=TRUST,
            me=ORIGIN_ID,
            keys=gone,
            presentation=ORIGIN.presentation.public,
            at=AT,
        )


def seal_other() -> Envelope:
    return envelope.seal_envelope(
        SENT.message,
        SENT.issued,
        OTHER_BASIS,
        epoch=1,
        seq=1,
        at=AT,
        key=HOST.signing,
        recipient=ORIGIN.encryption.public,
    )


UNSEALED: dict[str, tuple[Callable[[], object], str]] = {
    "another content": (lambda: send(content=SOP), "content-mismatch"),
    "another basis": (seal_other, "basis-mismatch"),
}


@pytest.mark.parametrize(("make", "code"), UNSEALED.values(), ids=UNSEALED)
def test_nobody_seals_a_message_that_names(make: Callable[[], object], code: str) -> None:
    with pytest.raises(WireError) as refused:
        make()
    assert refused.value.code == code


WRITTEN_OTHERWISE: dict[str, JsonValue] = {
    "no object": [],
    "a member too many": {**SENT.envelope.to_object(), "more": 1},
    "no manifest": {"sealed": "AA"},
    "a manifest that is no text": {**SENT.envelope.to_object(), "manifest": 1},
    "sealed bytes that are no text": {**SENT.envelope.to_object(), "sealed": 1},
    "sealed bytes with padding": {**SENT.envelope.to_object(), "sealed": "AA=="},
}


@pytest.mark.parametrize("value", WRITTEN_OTHERWISE.values(), ids=WRITTEN_OTHERWISE)
def test_an_envelope_is_not_read_from(value: JsonValue) -> None:
    with pytest.raises(WireError) as refused:
        Envelope.from_object(value)
    assert refused.value.code in {"malformed-claims", "not-base64url"}


def opened_from(raw: bytes) -> Opened:
    return receive(Envelope.from_object(strict_json.load(raw)))


@settings(max_examples=60)
@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 7))
def test_any_flipped_bit_in_an_envelope_is_refused(place: int, bit: int) -> None:
    changed = WHOLE[:place] + bytes([WHOLE[place] ^ 1 << bit]) + WHOLE[place + 1 :]
    with pytest.raises(WireError):
        opened_from(changed)


def test_an_open_envelope_shows_nothing_of_the_person() -> None:
    assert opened_from(WHOLE).claims["identity-min"] == HIDDEN["identity-min"]
    payload = base64url.decode(SENT.envelope.manifest.split(".")[1])
    assert not [word for word in (b"given_names", b"medication", b"ES-0001") if word in WHOLE or word in payload]


def test_the_content_digest_covers_the_signed_part_only() -> None:
    bare = Issued(jwt=SENT.issued.jwt, disclosures=())
    assert content_digest(bare.jwt) == SENT.message.content == base64url.digest(bare.jwt.encode())
    assert THREAD not in SENT.message.content

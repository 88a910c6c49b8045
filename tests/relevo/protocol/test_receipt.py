"""A receipt answers exactly one message, in the receiver's own hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from relevo.clock import seconds
from relevo.errors import WireError
from relevo.protocol.key_periods import EARLY
from relevo.protocol.manifest import manifest_digest
from relevo.protocol.receipt import DueClaim, Receipt, read_receipt, require_answers, sign_receipt
from relevo.protocol.strict_json import JsonValue
from support.wire_pair import (
    AT,
    HOST,
    HOST_ID,
    JTI,
    ORIGIN,
    ORIGIN_ID,
    SOP,
    STRANGER,
    STRANGER_ID,
    THREAD,
    TRUST,
    resign,
    send,
    spoilt,
)

SENT = send()
OF = manifest_digest(SENT.envelope.manifest)
RECEIPT = Receipt(
    iss=ORIGIN_ID,
    aud=HOST_ID,
    of=OF,
    jti=JTI,
    disposition="stored",
    code=None,
    received_at=AT,
    due=(DueClaim(duty="answer-referral", by=ORIGIN_ID, at=AT + timedelta(days=10)),),
)
TOKEN = sign_receipt(RECEIPT, ORIGIN.signing)


def changed(**members: JsonValue) -> Callable[[], str]:
    return lambda: resign(TOKEN, ORIGIN.signing, **members)


def due(**members: JsonValue) -> Callable[[], str]:
    return changed(due=[{"duty": "answer-referral", "by": ORIGIN_ID, "at": 1, **members}])


REFUSED: dict[str, tuple[Callable[[], str], str]] = {
    "with a changed byte": (lambda: spoilt(TOKEN), "bad-signature"),
    "of another node": (lambda: resign(TOKEN, HOST.signing), "wrong-issuer"),
    "of a stranger": (lambda: resign(TOKEN, STRANGER.signing), "key-unknown"),
    "that is a manifest": (lambda: SENT.envelope.manifest, "wrong-type"),
    "dated ahead": (changed(received_at=seconds(AT) + 301), "from-the-future"),
    "dated before the key was in use": (changed(received_at=seconds(AT - EARLY) - 1), "key-out-of-period"),
    "for no digest": (changed(of="x"), "malformed-claims"),
    "for a jti that is none": (changed(jti=THREAD), "malformed-claims"),
    "that is perhaps stored": (changed(disposition="perhaps"), "malformed-claims"),
    "that is stored with a code": (changed(code="excess-data"), "malformed-claims"),
    "that is refused without a code": (changed(disposition="refused"), "malformed-claims"),
    "that is refused with a sentence": (changed(disposition="refused", code="Not now"), "malformed-claims"),
    "with a member too many": (changed(more=1), "malformed-claims"),
    "with a due time of no node": (due(by="somebody"), "malformed-claims"),
    "with a due time that is a text": (due(at="soon"), "malformed-claims"),
    "with a due time with a member too many": (due(more=1), "malformed-claims"),
    "with more due times than any SOP has": (changed(due=[{}] * 65), "malformed-claims"),
}

OTHERS: dict[str, Receipt] = {
    "another manifest": replace(RECEIPT, of=SOP),
    "another message": replace(RECEIPT, jti=JTI[:-1] + "0"),
    "the message of another sender": replace(RECEIPT, aud=STRANGER_ID),
    "another receiver": replace(RECEIPT, iss=STRANGER_ID),
}


def test_a_receipt_reads_back() -> None:
    assert read_receipt(TOKEN, trust=TRUST, at=AT) == RECEIPT


def test_a_refusal_reads_back_with_its_code() -> None:
    refusal = replace(RECEIPT, disposition="refused", code="excess-data", due=())
    assert read_receipt(sign_receipt(refusal, ORIGIN.signing), trust=TRUST, at=AT) == refusal


@pytest.mark.parametrize(("make", "code"), REFUSED.values(), ids=REFUSED)
def test_refused_is_a_receipt(make: Callable[[], str], code: str) -> None:
    token = make()
    with pytest.raises(WireError) as refused:
        read_receipt(token, trust=TRUST, at=AT)
    assert refused.value.code == code


def test_a_receipt_answers_what_was_sent() -> None:
    require_answers(RECEIPT, OF, SENT.message)


def test_a_receipt_may_answer_an_earlier_attempt() -> None:
    again = send(SENT.issued, seq=2)
    require_answers(RECEIPT, {manifest_digest(again.envelope.manifest), OF}, again.message)


@pytest.mark.parametrize("receipt", OTHERS.values(), ids=OTHERS)
def test_a_receipt_does_not_answer(receipt: Receipt) -> None:
    with pytest.raises(WireError) as refused:
        require_answers(receipt, OF, SENT.message)
    assert refused.value.code == "receipt-mismatch"


def test_a_part_of_a_digest_is_no_answer() -> None:
    with pytest.raises(WireError):
        require_answers(replace(RECEIPT, of=OF[:10]), OF, SENT.message)

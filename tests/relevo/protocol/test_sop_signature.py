"""Both sides sign the same bytes, each towards the other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from relevo.errors import WireError
from relevo.protocol import base64url
from relevo.protocol.sop_signature import sign_sop, sop_digest, verify_sop_signature
from support.wire_pair import AT, HOST, HOST_ID, ORIGIN, ORIGIN_ID, TRUST, resign, spoilt

TEXT = b"purpose = 'reintegration' # invented\n"
TOKEN = sign_sop(TEXT, HOST.signing, iss=HOST_ID, aud=ORIGIN_ID, at=AT)


def check(token: str = TOKEN, text: bytes = TEXT, *, iss: str = HOST_ID, aud: str = ORIGIN_ID) -> datetime:
    return verify_sop_signature(token, text, iss=iss, aud=aud, key_for=TRUST.key_named)


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "another text": (lambda: check(text=TEXT + b"\n"), "sop-changed"),
    "the same text with other line ends": (lambda: check(text=TEXT.replace(b"\n", b"\r\n")), "sop-changed"),
    "another signer": (lambda: check(iss=ORIGIN_ID), "wrong-issuer"),
    "another partner": (lambda: check(aud=HOST_ID), "wrong-audience"),
    "a digest changed after signing": (
        lambda: check(resign(TOKEN, ORIGIN.log, sop=sop_digest(b""))),
        "key-unknown",
    ),
    "a changed byte": (lambda: check(spoilt(TOKEN)), "bad-signature"),
    "a member too many": (lambda: check(resign(TOKEN, HOST.signing, more=1)), "malformed-claims"),
}


def test_a_signature_under_the_same_bytes_holds_and_says_when() -> None:
    assert check() == AT


def test_the_digest_is_over_the_exact_bytes() -> None:
    assert sop_digest(TEXT) == base64url.digest(TEXT)


@pytest.mark.parametrize(("ask", "code"), REFUSED.values(), ids=REFUSED)
def test_refused_is(ask: Callable[[], object], code: str) -> None:
    with pytest.raises(WireError) as refused:
        ask()
    assert refused.value.code == code

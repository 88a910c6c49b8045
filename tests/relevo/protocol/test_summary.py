"""A summary says how far a stream has come and what is missing in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from relevo.clock import seconds
from relevo.errors import WireError
from relevo.protocol.strict_json import JsonValue
from relevo.protocol.summary import Summary, read_summary, sign_summary
from support.wire_pair import AT, HOST, HOST_ID, ORIGIN, ORIGIN_ID, TRUST, resign, spoilt

SUMMARY = Summary(iss=ORIGIN_ID, aud=HOST_ID, epoch=1, high_water=9, gaps=((2, 2), (4, 7)), iat=AT)
TOKEN = sign_summary(SUMMARY, ORIGIN.signing)


def changed(**members: JsonValue) -> Callable[[], str]:
    return lambda: resign(TOKEN, ORIGIN.signing, **members)


REFUSED: dict[str, tuple[Callable[[], str], str]] = {
    "of another node": (lambda: resign(TOKEN, HOST.signing), "wrong-issuer"),
    "with a changed byte": (lambda: spoilt(TOKEN), "bad-signature"),
    "dated ahead": (changed(iat=seconds(AT) + 301), "from-the-future"),
    "of epoch 0": (changed(epoch=0), "malformed-claims"),
    "below nothing": (changed(high_water=-1), "malformed-claims"),
    "with a gap at the high water": (changed(gaps=[[9, 9]]), "malformed-claims"),
    "with a gap before the first": (changed(gaps=[[0, 1]]), "malformed-claims"),
    "with a gap that ends before it begins": (changed(gaps=[[3, 2]]), "malformed-claims"),
    "with gaps out of order": (changed(gaps=[[4, 5], [2, 2]]), "malformed-claims"),
    "with gaps that touch": (changed(gaps=[[2, 3], [4, 5]]), "malformed-claims"),
    "with a gap of one number": (changed(gaps=[[2]]), "malformed-claims"),
    "with a gap of true": (changed(gaps=[[True, 2]]), "malformed-claims"),
    "with too many gaps": (changed(gaps=[[1, 1]] * 1001), "malformed-claims"),
    "with a member too many": (changed(more=1), "malformed-claims"),
}


def test_a_summary_reads_back() -> None:
    assert read_summary(TOKEN, trust=TRUST, at=AT) == SUMMARY


def test_a_stream_that_has_not_begun_has_no_gaps() -> None:
    empty = Summary(iss=ORIGIN_ID, aud=HOST_ID, epoch=1, high_water=0, gaps=(), iat=AT)
    assert read_summary(sign_summary(empty, ORIGIN.signing), trust=TRUST, at=AT) == empty


@pytest.mark.parametrize(("make", "code"), REFUSED.values(), ids=REFUSED)
def test_refused_is_a_summary(make: Callable[[], str], code: str) -> None:
    token = make()
    with pytest.raises(WireError) as refused:
        read_summary(token, trust=TRUST, at=AT)
    assert refused.value.code == code

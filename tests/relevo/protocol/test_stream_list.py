"""A page of a stream says what one end of it has, place by place, and who says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from relevo.clock import seconds
from relevo.errors import WireError
from relevo.protocol.stream_list import Direction, Place, StreamList, read_stream_list, sign_stream_list
from relevo.protocol.strict_json import JsonValue
from support.wire_pair import AT, HOST, HOST_ID, JTI, ORIGIN, ORIGIN_ID, SOP, TRUST, resign, spoilt

LISTED = StreamList(
    iss=ORIGIN_ID,
    aud=HOST_ID,
    of=Direction.SENT,
    epoch=2,
    begin=3,
    end=9,
    more=True,
    places=(Place(seq=4, jti=JTI, manifest=SOP, receipt=None), Place(seq=7, jti=JTI, manifest=SOP, receipt=SOP)),
    iat=AT,
)
TOKEN = sign_stream_list(LISTED, ORIGIN.signing)


def changed(**members: JsonValue) -> Callable[[], str]:
    return lambda: resign(TOKEN, ORIGIN.signing, **members)


def places(*found: JsonValue) -> Callable[[], str]:
    return changed(places=list(found))


REFUSED: dict[str, tuple[Callable[[], str], str]] = {
    "of another node": (lambda: resign(TOKEN, HOST.signing), "wrong-issuer"),
    "with a changed byte": (lambda: spoilt(TOKEN), "bad-signature"),
    "dated ahead": (changed(iat=seconds(AT) + 301), "from-the-future"),
    "of a third direction": (changed(of="lost"), "malformed-claims"),
    "of epoch 0": (changed(epoch=0), "malformed-claims"),
    "from place 0": (changed(**{"from": 0}), "malformed-claims"),
    "with more that is not a truth": (changed(more=1), "malformed-claims"),
    "with a place before the range": (places([2, JTI, SOP, None]), "malformed-claims"),
    "with a place behind the range": (places([10, JTI, SOP, None]), "malformed-claims"),
    "with a place twice": (places([4, JTI, SOP, None], [4, JTI, SOP, None]), "malformed-claims"),
    "with places out of order": (places([5, JTI, SOP, None], [4, JTI, SOP, None]), "malformed-claims"),
    "with a place of three parts": (places([4, JTI, SOP]), "malformed-claims"),
    "with a place that is no list": (places(4), "malformed-claims"),
    "with a place of true": (places([True, JTI, SOP, None]), "malformed-claims"),
    "with a digest that is none": (places([4, JTI, "x", None]), "malformed-claims"),
    "with too many places": (changed(places=[4] * 501), "malformed-claims"),
    "with a member too many": (changed(extra=1), "malformed-claims"),
}


def test_it_is_read_as_it_was_signed() -> None:
    assert read_stream_list(TOKEN, trust=TRUST, at=AT) == LISTED


def test_one_without_places_is_one() -> None:
    empty = replace(LISTED, places=(), more=False)
    assert read_stream_list(sign_stream_list(empty, ORIGIN.signing), trust=TRUST, at=AT) == empty


@pytest.mark.parametrize(("made", "code"), REFUSED.values(), ids=REFUSED)
def test_refused_is_one(made: Callable[[], str], code: str) -> None:
    with pytest.raises(WireError) as refused:
        read_stream_list(made(), trust=TRUST, at=AT)
    assert refused.value.code == code

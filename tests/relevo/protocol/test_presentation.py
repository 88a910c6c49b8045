"""A part is shown to one receiver, on one occasion, by the one to whom it was given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from relevo.errors import WireError
from relevo.protocol import sd_jwt
from relevo.protocol.presentation import present, verify_presentation
from relevo.protocol.strict_json import JsonObject
from support.wire_pair import AT, HIDDEN, HOST, ORIGIN, STRANGER, TRUST, content, open_claims, resign

ISSUED, AUD, NONCE = content(), "org:casa-invented", "n-0S6_WzA2Mj"
KEEP = {"medication": None, "identity-min": {"reference", "languages"}}
SHOWN = present(ISSUED, KEEP, holder=ORIGIN.presentation, aud=AUD, nonce=NONCE, at=AT)
PART, _, BINDING = SHOWN.rpartition("~")


def check(text: str = SHOWN, *, aud: str = AUD, nonce: str = NONCE, at: datetime = AT) -> JsonObject:
    return verify_presentation(
        text, key_for=TRUST.key_named, aud=aud, nonce=nonce, at=at, max_age=timedelta(minutes=10)
    )


def fewer() -> str:
    return PART.rpartition("~")[0]


def unbound() -> str:
    issued = sd_jwt.issue({"iss": "es:retorno"}, HIDDEN, key=HOST.signing)
    return present(issued, {}, holder=ORIGIN.presentation, aud=AUD, nonce=NONCE, at=AT)


def test_only_the_kept_members_and_fields_show() -> None:
    person = HIDDEN["identity-min"]
    assert isinstance(person, dict)
    kept = {"reference": person["reference"], "languages": person["languages"]}
    assert check() == {**open_claims(), "medication": HIDDEN["medication"], "identity-min": kept}
    assert "given_names" not in SHOWN


def test_what_the_content_does_not_have_is_passed_over() -> None:
    shown = present(ISSUED, {"plan": None}, holder=ORIGIN.presentation, aud=AUD, nonce=NONCE, at=AT)
    assert check(shown) == open_claims()


def test_no_field_shows_an_empty_object() -> None:
    shown = present(ISSUED, {"medication": ()}, holder=ORIGIN.presentation, aud=AUD, nonce=NONCE, at=AT)
    assert check(shown) == {**open_claims(), "medication": {}}


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "another receiver": (lambda: check(aud="org:otra"), "wrong-audience"),
    "another occasion": (lambda: check(nonce="other"), "presentation-stale"),
    "too old": (lambda: check(at=AT + timedelta(minutes=11)), "presentation-stale"),
    "dated ahead": (lambda: check(at=AT - timedelta(minutes=6)), "from-the-future"),
    "less than the holder signed": (lambda: check(f"{fewer()}~{BINDING}"), "presentation-changed"),
    "more than the holder signed": (
        lambda: check(sd_jwt.serialise(ISSUED) + BINDING),
        "presentation-changed",
    ),
    "not bound by a holder": (lambda: check(f"{PART}~"), "presentation-unbound"),
    "not bound to a key": (lambda: check(unbound()), "presentation-unbound"),
    "nothing": (lambda: check(""), "presentation-unbound"),
    "shown by somebody else": (
        lambda: check(present(ISSUED, KEEP, holder=STRANGER.presentation, aud=AUD, nonce=NONCE, at=AT)),
        "bad-signature",
    ),
    "bound with a member too many": (
        lambda: check(f"{PART}~{resign(BINDING, ORIGIN.presentation, more=1)}"),
        "malformed-claims",
    ),
    "bound by something signed for another purpose": (lambda: check(f"{PART}~{ISSUED.jwt}"), "wrong-type"),
    "a fact that the issuer did not sign": (
        lambda: check(f"{PART}~{sd_jwt.issue({}, {'x': 1}, key=HOST.signing).disclosures[0]}~{BINDING}"),
        "bad-disclosure",
    ),
}


@pytest.mark.parametrize(("ask", "code"), REFUSED.values(), ids=REFUSED)
def test_refused_is_a_presentation_that_is(ask: Callable[[], object], code: str) -> None:
    with pytest.raises(WireError) as refused:
        ask()
    assert refused.value.code == code

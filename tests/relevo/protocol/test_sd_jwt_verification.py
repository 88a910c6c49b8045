"""An SD-JWT of somebody else: bound where a binding is asked for, in its time, by its issuer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from relevo.clock import seconds
from relevo.errors import WireError
from relevo.protocol import jws, sd_jwt_verification, strict_json
from relevo.protocol.key_binding import Occasion, bind
from relevo.protocol.sd_jwt_general import Veiled, conceal
from relevo.protocol.strict_json import JsonObject, JsonValue
from support.wire_pair import AT, HOST, ORIGIN, STRANGER

TYP, AUD, NONCE = "example+sd-jwt", "org:casa-invented", "n-0S6_WzA2Mj"
OCCASION = Occasion(aud=AUD, nonce=NONCE, at=AT, max_age=timedelta(minutes=10))
NOW = seconds(AT)


def text(**shown: JsonValue) -> str:
    payload, disclosures = conceal(Veiled(hidden={"given": "Awa (invented)"}, shown=shown))
    return "".join(f"{part}~" for part in (jws.sign(strict_json.dump(payload), HOST.signing, TYP), *disclosures))


def bound(key: str = "presentation") -> str:
    unbound = text(cnf={"jwk": ORIGIN.presentation.public.jwk})
    return bind(unbound, holder=getattr(ORIGIN, key), aud=AUD, nonce=NONCE, at=AT)


def verify(made: str) -> JsonObject:
    return sd_jwt_verification.verify(made, HOST.signing.public, typ=TYP, at=AT)


def verify_bound(made: str) -> JsonObject:
    return sd_jwt_verification.verify_bound(made, HOST.signing.public, typ=TYP, occasion=OCCASION)


def test_what_is_valid_shows() -> None:
    assert verify(text(nbf=NOW, exp=NOW + 1)) == {"given": "Awa (invented)", "nbf": NOW, "exp": NOW + 1}
    assert verify_bound(bound())["given"] == "Awa (invented)"


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "not valid yet": (lambda: verify(text(nbf=NOW + 1)), "token-out-of-time"),
    "no longer valid": (lambda: verify(text(exp=NOW)), "token-out-of-time"),
    "valid until a text": (lambda: verify(text(exp="tomorrow")), "token-out-of-time"),
    "valid until true": (lambda: verify(text(exp=True)), "token-out-of-time"),
    "bound where no binding is asked for": (lambda: verify(bound()), "malformed-sd-jwt"),
    "not bound where a binding is asked for": (lambda: verify_bound(text()), "presentation-unbound"),
    "bound to nobody": (
        lambda: verify_bound(bind(text(), holder=ORIGIN.presentation, aud=AUD, nonce=NONCE, at=AT)),
        "presentation-unbound",
    ),
    "bound by another key": (lambda: verify_bound(bound("signing")), "bad-signature"),
    "less than was bound": (lambda: verify_bound(without_disclosure(bound())), "presentation-changed"),
    "bound by itself": (lambda: verify_bound((made := text()) + made.partition("~")[0]), "presentation-unbound"),
    "of no text": (lambda: verify(""), "malformed-sd-jwt"),
    "a JWT alone": (lambda: verify(text().partition("~")[0]), "malformed-sd-jwt"),
    "of another issuer": (
        lambda: sd_jwt_verification.verify(text(), STRANGER.signing.public, typ=TYP, at=AT),
        "bad-signature",
    ),
}


def without_disclosure(made: str) -> str:
    jwt, _, binding = made.split("~")
    return f"{jwt}~{binding}"


@pytest.mark.parametrize(("ask", "code"), REFUSED.values(), ids=REFUSED)
def test_refused_is(ask: Callable[[], object], code: str) -> None:
    with pytest.raises(WireError) as refused:
        ask()
    assert refused.value.code == code

"""`jose`, `@sd-jwt/core` and `@hpke/core` of npm, held against ours in both directions."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from relevo.clock import seconds
from relevo.errors import WireError
from relevo.protocol import base64url, sd_jwt, sd_jwt_verification, strict_json
from relevo.protocol.key_binding import Occasion
from relevo.protocol.keys import SUITES, X_WING, DecryptionKey, SigningKey
from relevo.protocol.presentation import present
from relevo.protocol.receipt import Receipt, sign_receipt
from relevo.protocol.seal import decrypt, encrypt
from relevo.protocol.strict_json import JsonObject
from support.interop import Foreign, Refused
from support.wire_pair import (
    AT,
    HIDDEN,
    HOST,
    HOST_ID,
    ORIGIN,
    content,
    open_claims,
    payload_of,
    send,
    spoilt,
    statement_token,
)

AUD, NONCE, TYP = "org:casa-invented", "n-0S6_WzA2Mj", "example+sd-jwt"
PUBLIC = HOST.signing.public.jwk
THEIRS: JsonObject = {"given": "Awa (invented)", "address": {"town": "Abobo", "street": "7"}, "roles": ["a", "b"]}
FRAME: JsonObject = {"_sd": ["given", "address"], "address": {"_sd": ["town", "street"]}, "roles": {"_sd": [0, 1]}}


def private(key: SigningKey) -> JsonObject:
    return {**key.public.jwk, "d": base64url.encode(key.seed)}


def occasion(**changes: str) -> Occasion:
    return Occasion(**{"aud": AUD, "nonce": NONCE, **changes}, at=AT, max_age=timedelta(minutes=10))


def issued(foreign: Foreign, **more: object) -> str:
    claims = {"iss": "https://issuer.example", "iat": seconds(AT), **THEIRS, **more}
    return str(foreign.ask("issue", claims=claims, hidden=FRAME, typ=TYP, jwk=private(HOST.signing)))


SENT = send()
RECEIPT = sign_receipt(
    Receipt(
        iss=HOST_ID,
        aud="ci:accueil",
        of=SENT.message.content,
        jti=SENT.message.jti,
        disposition="stored",
        code=None,
        received_at=AT,
    ),
    HOST.signing,
)
SIGNED = {
    "a manifest": (SENT.envelope.manifest, HOST.signing),
    "a receipt": (RECEIPT, HOST.signing),
    "content": (SENT.issued.jwt, HOST.signing),
    "a statement": (statement_token(HOST_ID, HOST), HOST.root),
}


@pytest.mark.parametrize(("token", "key"), SIGNED.values(), ids=SIGNED)
def test_jose_verifies(foreign: Foreign, token: str, key: SigningKey) -> None:
    seen = foreign.ask("jws", token=token, jwk=key.public.jwk)
    assert strict_json.load(base64url.decode(seen["payload"])) == payload_of(token)
    assert seen["header"]["kid"] == key.kid == foreign.ask("thumbprint", jwk=key.public.jwk)


@pytest.mark.parametrize(("token", "key"), SIGNED.values(), ids=SIGNED)
def test_jose_refuses_after_a_change(foreign: Foreign, token: str, key: SigningKey) -> None:
    with pytest.raises(Refused, match="signature verification failed"):
        foreign.ask("jws", token=spoilt(token), jwk=key.public.jwk)


def test_sd_jwt_core_reads_our_content_as_we_do(foreign: Foreign) -> None:
    seen = foreign.ask("sdJwt", token=sd_jwt.serialise(content()), jwk=PUBLIC, at=seconds(AT))
    assert seen["payload"] == {**open_claims(), **HIDDEN}


def test_sd_jwt_core_verifies_our_presentation_and_its_binding(foreign: Foreign) -> None:
    shown = present(content(), {"medication": None}, holder=ORIGIN.presentation, aud=AUD, nonce=NONCE, at=AT)
    seen = foreign.ask("sdJwt", token=shown, jwk=PUBLIC, nonce=NONCE, at=seconds(AT))
    assert seen["payload"] == {**open_claims(), "medication": HIDDEN["medication"]}
    assert (seen["bound"]["aud"], seen["bound"]["nonce"]) == (AUD, NONCE)


def test_sd_jwt_core_refuses_our_presentation_on_another_occasion(foreign: Foreign) -> None:
    shown = present(content(), {}, holder=ORIGIN.presentation, aud=AUD, nonce=NONCE, at=AT)
    with pytest.raises(Refused):
        foreign.ask("sdJwt", token=shown, jwk=PUBLIC, nonce="another", at=seconds(AT))


def test_we_verify_what_sd_jwt_core_issues(foreign: Foreign) -> None:
    seen = sd_jwt_verification.verify(issued(foreign), HOST.signing.public, typ=TYP, at=AT)
    assert seen == {"iss": "https://issuer.example", "iat": seconds(AT), **THEIRS}


def bound(foreign: Foreign) -> str:
    token = issued(foreign, cnf={"jwk": {**ORIGIN.presentation.public.jwk, "use": "sig", "kid": "holder"}})
    binding = {"iat": seconds(AT), "aud": AUD, "nonce": NONCE}
    shown = {"address": {"town": True}, "roles": {"1": True}}
    return str(foreign.ask("present", token=token, shown=shown, binding=binding, jwk=private(ORIGIN.presentation)))


def test_we_verify_a_part_that_sd_jwt_core_presents(foreign: Foreign) -> None:
    seen = sd_jwt_verification.verify_bound(bound(foreign), HOST.signing.public, typ=TYP, occasion=occasion())
    assert (seen["address"], seen["roles"]) == ({"town": "Abobo"}, ["b"])
    assert "given" not in seen


REFUSED = {
    "for another receiver": (occasion(aud="org:otra"), TYP, "wrong-audience"),
    "on another occasion": (occasion(nonce="another"), TYP, "presentation-stale"),
    "of another type": (occasion(), "other+sd-jwt", "wrong-type"),
}


@pytest.mark.parametrize(("asked", "typ", "code"), REFUSED.values(), ids=REFUSED)
def test_we_refuse_their_part(foreign: Foreign, asked: Occasion, typ: str, code: str) -> None:
    with pytest.raises(WireError) as refused:
        sd_jwt_verification.verify_bound(bound(foreign), HOST.signing.public, typ=typ, occasion=asked)
    assert refused.value.code == code


INFO, PLAINTEXT, DRAFT_SEED = b"relevo-seal-v1\nes:retorno", b"invented", bytes(range(32))


def pair(suite: str) -> tuple[DecryptionKey, str]:
    """A key, and the same as their software takes it: the X-Wing draft keeps 32 bytes and expands them."""
    seed = hashlib.shake_256(DRAFT_SEED).digest(96) if suite == X_WING else DRAFT_SEED
    return DecryptionKey(seed), base64url.encode(DRAFT_SEED)


@pytest.mark.parametrize("suite", SUITES)
def test_hpke_opens_what_we_seal_with(foreign: Foreign, suite: str) -> None:
    key, theirs = pair(suite)
    sealed = encrypt(PLAINTEXT, key.public, INFO)
    opened = foreign.ask("open", name=suite, seed=theirs, info=base64url.encode(INFO), sealed=base64url.encode(sealed))
    assert base64url.decode(opened) == PLAINTEXT


@pytest.mark.parametrize("suite", SUITES)
def test_we_open_what_hpke_seals_with(foreign: Foreign, suite: str) -> None:
    key, _ = pair(suite)
    sealed = foreign.ask(
        "seal",
        name=suite,
        key=base64url.encode(key.public.raw),
        info=base64url.encode(INFO),
        plaintext=base64url.encode(PLAINTEXT),
    )
    assert decrypt(base64url.decode(sealed), key, INFO) == PLAINTEXT

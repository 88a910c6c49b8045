"""Subjects in the width of the standards, for vectors that nobody made for Relevo: HPKE, JWS, SD-JWT."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from relevo.protocol import jws_general, sd_jwt_verification
from relevo.protocol.key_binding import Occasion
from relevo.protocol.seal import decrypt
from relevo.vectors.given import InputMalformed

if TYPE_CHECKING:
    from relevo.protocol.strict_json import JsonValue
    from relevo.vectors.given import Input


def of_hpke(given: Input) -> JsonValue:
    """`suite`, `seed` of the key, `enc`, `ciphertext`, `info` (bytes) → the plaintext, nothing of it unpadded."""
    key = given.decryption_key("seed")
    if key.suite != given.text("suite"):
        raise InputMalformed("a seed is not of that suite", field="suite")
    return decrypt(given.raw("enc") + given.raw("ciphertext"), key, given.raw("info")).hex()


def of_jws(given: Input) -> JsonValue:
    """`token`, `typ`, `jwk`, which may have more members than ours → the payload."""
    key = jws_general.key_of_jwk(given.value("jwk"))
    return jws_general.verify(given.text("token"), key, typ=given.text("typ")).hex()


def of_sd_jwt(given: Input) -> JsonValue:
    """`text`, `typ`, `jwk`, `at`, and if it must be bound `aud`, `nonce`, `max_age` in seconds → the claims."""
    key, text, typ = jws_general.key_of_jwk(given.value("jwk")), given.text("text"), given.text("typ")
    if not given.is_given("nonce"):
        return sd_jwt_verification.verify(text, key, typ=typ, at=given.at())
    age = timedelta(seconds=given.number("max_age"))
    occasion = Occasion(aud=given.text("aud"), nonce=given.text("nonce"), at=given.at(), max_age=age)
    return sd_jwt_verification.verify_bound(text, key, typ=typ, occasion=occasion)

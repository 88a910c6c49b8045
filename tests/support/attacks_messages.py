"""What can be wrong with an envelope that a registered peer brings in a sound request."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace

from relevo.protocol import base64url, sd_jwt, strict_json
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.storage import peers
from support.enemy import NEEDLE, NEEDS, Attack, Enemy, forged, payload_replaced
from support.hand_made import asking, sealed_anew
from support.meddling import one_byte_changed, one_letter_changed


def _header(**members: JsonValue) -> Attack:
    return lambda enemy: enemy.bring(forged(enemy.envelope(), enemy.key, members))


def _claims(**claims: JsonValue) -> Attack:
    return lambda enemy: enemy.bring(forged(enemy.envelope(), enemy.key, None, **claims))


def _under(key: str) -> Attack:
    """A manifest under a key that the node had before."""
    return lambda enemy: enemy.bring(forged(enemy.envelope(), enemy.old[key], {"kid": enemy.old[key].kid}))


def _payload(old: bytes, new: bytes) -> Attack:
    return lambda enemy: enemy.bring(
        payload_replaced(enemy.envelope(), enemy.key, lambda payload: payload.replace(old, new, 1))
    )


def _spoilt(part: int) -> Attack:
    def attack(enemy: Enemy) -> str:
        envelope = enemy.envelope()
        parts = envelope.manifest.split(".")
        parts[part] = one_letter_changed(parts[part], 20)
        return enemy.bring(replace(envelope, manifest=".".join(parts)))

    return attack


def _disclosures(change: str) -> Attack:
    def changed(plaintext: JsonObject) -> JsonObject:
        jwt, *disclosures, _ = str(plaintext["content"]).split("~")
        stray = base64url.encode(strict_json.dump(["A" * 22, "skills", {"education": NEEDLE}]))
        found = {
            "twice": [*disclosures, disclosures[0]],
            "stray": [*disclosures, stray],
            "missing": disclosures[1:],
            "flood": [*disclosures, *[stray] * 5000],
            "many": [*disclosures, *[stray] * (sd_jwt.MAX_DISCLOSURES - len(disclosures))],
            "none": ["!"],
        }[change]
        return {**plaintext, "content": "~".join((jwt, *found, ""))}

    return lambda enemy: enemy.bring(sealed_anew(enemy.hand, enemy.written(), changed))


def _object(value: JsonValue) -> Attack:
    return lambda enemy: enemy.send(enemy.signed(strict_json.dump({"envelopes": [value]})))


def _changed_and_signed(enemy: Enemy) -> str:
    envelope = enemy.envelope()
    changed = one_byte_changed(envelope.sealed)
    return enemy.bring(replace(forged(envelope, enemy.key, None, sealed=base64url.digest(changed)), sealed=changed))


def _changed_byte(enemy: Enemy) -> str:
    envelope = enemy.envelope()
    return enemy.bring(replace(envelope, sealed=one_byte_changed(envelope.sealed)))


def _moved(enemy: Enemy) -> str:
    """The ciphertext of one attempt under the manifest of another place."""
    envelope = enemy.envelope()
    return enemy.bring(forged(envelope, enemy.key, None, seq=next(enemy.hand.places)))


def _swapped(enemy: Enemy) -> str:
    one, other = enemy.envelope(), enemy.envelope()
    return enemy.bring(replace(one, sealed=other.sealed))


def _other_content(enemy: Enemy) -> str:
    one, other = enemy.written(), enemy.written()
    return enemy.bring(sealed_anew(enemy.hand, replace(one, issued=other.issued), dict))


def _reused(enemy: Enemy) -> str:
    """Another message under the identifier of the one that was taken first."""
    last = enemy.hand.last
    assert last is not None
    return enemy.bring(enemy.hand.seal(enemy.written(jti=last)))


def _same_place(enemy: Enemy) -> str:
    """Another message at the place of the one that was taken first."""
    return enemy.bring(forged(enemy.envelope(), enemy.key, None, seq=1000))


def _as_statement(enemy: Enemy) -> str:
    envelope = enemy.envelope()
    with enemy.hand.sender.read() as work:
        return enemy.bring(replace(envelope, manifest=peers.latest_token(work.session, "es:retorno")))


def _as_content(enemy: Enemy) -> str:
    written = enemy.written()
    return enemy.bring(replace(enemy.hand.seal(written), manifest=written.issued.jwt))


def _hmac(enemy: Enemy) -> str:
    """The public key taken for a secret."""
    head, payload, _ = enemy.envelope().manifest.split(".")
    said = {**strict_json.load(base64url.decode(head)), "alg": "HS256"}
    body = f"{base64url.encode(strict_json.dump(said))}.{payload}"
    secret = base64url.decode(str(enemy.key.public.jwk["x"]))
    mac = hmac.new(secret, body.encode(), hashlib.sha256).digest()
    return enemy.bring(replace(enemy.envelope(), manifest=f"{body}.{base64url.encode(mac)}"))


def _bad_does_not_block_good(enemy: Enemy) -> str:
    good = enemy.hand.seal(enemy.fresh().write(asking()))
    return enemy.bring(replace(enemy.envelope(), sealed=b"x"), good, replace(enemy.envelope(), manifest="a.b.c"))


JWK: JsonObject = {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43}
MESSAGES: Mapping[str, tuple[Attack, str]] = {
    "alg none": (_header(alg="none"), "malformed-jws"),
    "alg ES256": (_header(alg="ES256"), "malformed-jws"),
    "alg EdDSA": (_header(alg="EdDSA"), "malformed-jws"),
    "alg HS256 with the public key": (_hmac, "malformed-jws"),
    "a key in the header": (_header(jwk=JWK), "malformed-jws"),
    "an address of keys": (_header(jku="http://169.254.169.254/keys"), "malformed-jws"),
    "an address of certificates": (_header(x5u="http://127.0.0.1/"), "malformed-jws"),
    "certificates": (_header(x5c=["AAAA"]), "malformed-jws"),
    "a critical extension": (_header(crit=["exp"], exp=1), "malformed-jws"),
    "a payload that is not encoded": (_header(b64=False, crit=["b64"]), "malformed-jws"),
    "a kid that is an address": (_header(kid="https://evil.example/key"), "key-unknown"),
    "another key than it names": (
        lambda enemy: enemy.bring(forged(enemy.envelope(), enemy.stranger.signing)),
        "unreadable",
    ),
    "the key of a stranger": (
        lambda enemy: enemy.bring(
            forged(enemy.envelope(), enemy.stranger.signing, {"kid": enemy.stranger.signing.kid})
        ),
        "key-unknown",
    ),
    "the receiver's own key and name": (
        lambda enemy: enemy.bring(
            forged(
                enemy.envelope(),
                enemy.hand.receiver.identity.keys.signing,
                {"kid": enemy.hand.receiver.identity.keys.signing.kid},
                iss="ci:accueil",
            )
        ),
        "key-unknown",
    ),
    "a key that is used no longer": (_under("retired"), "key-out-of-period"),
    "a key that was stolen": (_under("stolen"), "key-compromised"),
    "a receipt for a manifest": (_header(typ="relevo-receipt+jwt"), "wrong-type"),
    "a summary for a manifest": (_header(typ="relevo-summary+jwt"), "wrong-type"),
    "a statement for a manifest": (_as_statement, "wrong-type"),
    "content for a manifest": (_as_content, "wrong-type"),
    "a key binding for a manifest": (_header(typ="kb+jwt"), "wrong-type"),
    "a changed letter in the header": (_spoilt(0), "malformed-json"),
    "a changed letter in the payload": (_spoilt(1), "unreadable"),
    "a changed letter in the signature": (_spoilt(2), "unreadable"),
    "a changed byte in the ciphertext": (_changed_byte, "unreadable"),
    "no ciphertext": (lambda enemy: enemy.bring(replace(enemy.envelope(), sealed=b"")), "unreadable"),
    "a changed byte that is signed for": (_changed_and_signed, "unreadable"),
    "a ciphertext moved to another place": (_moved, "unreadable"),
    "a ciphertext of another message": (_swapped, "unreadable"),
    "another content under the manifest": (_other_content, "content-mismatch"),
    "for another node": (_claims(aud="ge:dabruneba"), "wrong-audience"),
    "in another's name": (_claims(iss="de:rueckkehr"), "wrong-issuer"),
    "an unknown kind": (_claims(kind="greeting"), "kind-unknown"),
    "an epoch far ahead": (_claims(epoch=7), "epoch-unknown"),
    "the place zero": (_claims(seq=0), "malformed-claims"),
    "a place beyond every number": (_claims(seq=1 << 53), "malformed-json"),
    "a claim too many": (_claims(note=NEEDLE), "malformed-claims"),
    "a jti that is none": (_claims(jti=NEEDLE), "malformed-claims"),
    "made in the far future": (_claims(iat=4_000_000_000), "from-the-future"),
    "a claim twice": (_payload(b'{"', b'{"jti":"x","'), "malformed-json"),
    "an identifier used before": (_reused, "jti-reused"),
    "a place used before": (_same_place, "seq-reused"),
    "a disclosure twice": (_disclosures("twice"), "bad-disclosure"),
    "a disclosure that nobody signed": (_disclosures("stray"), "bad-disclosure"),
    "a class left out": (_disclosures("missing"), "bad-disclosure"),
    "five thousand disclosures": (_disclosures("flood"), "too-many-disclosures"),
    "as many disclosures as may be, all of them stray": (_disclosures("many"), "bad-disclosure"),
    "a manifest that is mostly blanks": (_payload(b"{", b"{" + b" " * 8192), "envelope-too-large"),
    "a content of three mebibytes": (
        lambda enemy: enemy.bring(replace(enemy.envelope(), sealed=bytes(3 << 20))),
        "envelope-too-large",
    ),
    "a disclosure that is none": (_disclosures("none"), "bad-disclosure"),
    "an envelope that is text": (_object(NEEDLE), "malformed-claims"),
    "an envelope that is null": (_object(None), "malformed-claims"),
    "an envelope with more in it": (_object({"manifest": "a.b.c", "sealed": "", "x": NEEDLE}), "malformed-claims"),
    "base64url with padding": (_object({"manifest": "a.b.c", "sealed": "AA=="}), "not-base64url"),
    "base64url with stray bits": (_object({"manifest": "a.b.c", "sealed": "AB"}), "not-base64url"),
    "a class beyond the consent": (
        lambda enemy: enemy.bring(
            enemy.hand.seal(enemy.fresh().write(asking(needs=NEEDS, skills={"education": "primary"})))
        ),
        "excess-data",
    ),
    "a bad one on each side of a good one": (_bad_does_not_block_good, "unreadable stored not-base64url"),
}

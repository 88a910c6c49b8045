"""What can be wrong with the signature of a request, or with a request that is signed well."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from relevo.delivery import federation
from relevo.protocol import base64url, strict_json
from relevo.protocol.hop import HopRequest
from relevo.protocol.strict_json import JsonObject
from support.enemy import NEEDLE, Attack, Enemy, body_of
from support.front_door import request


def _with(asked: HopRequest, name: str, old: str, new: str) -> HopRequest:
    headers = {field.lower(): value for field, value in asked.headers.items()}
    assert re.search(old, headers[name])
    return replace(asked, headers={**headers, name: re.sub(old, new, headers[name])})


def _changed(name: str, old: str, new: str) -> Attack:
    return lambda enemy: enemy.send(_with(enemy.carrying(enemy.envelope()), name, old, new))


def _without(name: str) -> Attack:
    def attack(enemy: Enemy) -> str:
        asked = enemy.carrying(enemy.envelope())
        return enemy.send(
            replace(asked, headers={field: value for field, value in asked.headers.items() if field.lower() != name})
        )

    return attack


def _body(raw: bytes) -> Attack:
    return lambda enemy: enemy.send(enemy.signed(raw))


def _twice(enemy: Enemy) -> str:
    asked = enemy.carrying(enemy.envelope())
    fields = {name.lower(): value for name, value in asked.headers.items()}
    whole = request("POST", federation.ENVELOPES, fields, asked.body)
    line = f"signature: {fields['signature']}\r\n".encode()
    return enemy.raw(whole.replace(line, line * 2))


def _replayed(enemy: Enemy) -> str:
    asked = enemy.carrying(replace(enemy.envelope(), sealed=b"x"))
    return f"{enemy.send(asked)}, {enemy.send(asked)}"


def _ended(enemy: Enemy) -> str:
    asked = enemy.signed(b"{}", seconds=-60)
    created = int((enemy.hand.now - timedelta(seconds=60)).timestamp())
    return enemy.send(_with(asked, "signature-input", r"expires=\d+", f"expires={created + 1}"))


def _challenge(enemy: Enemy, **changes: str) -> str:
    keys = enemy.hand.receiver.identity
    document: JsonObject = {
        "asker": "es:retorno",
        "node": keys.node_id,
        "kem": keys.keys.encryption.kid,
        "sealed": base64url.encode(NEEDLE.encode() * 80),
        **changes,
    }
    body = strict_json.dump(document)
    fields = {"content-type": "application/json"}
    return enemy.raw(request("POST", federation.POSSESSION, fields, body))


HOP: Mapping[str, tuple[Attack, str]] = {
    "no signature": (_without("signature"), "400 hop-unsigned"),
    "no signature input": (_without("signature-input"), "400 hop-unsigned"),
    "no digest": (_without("content-digest"), "400 hop-wrong-profile"),
    "no content type": (_without("content-type"), "400 hop-wrong-profile"),
    "another body than was signed": (
        lambda enemy: enemy.send(replace(enemy.carrying(enemy.envelope()), body=b'{"envelopes":[]}')),
        "400 hop-digest-mismatch",
    ),
    "another digest than was signed": (_changed("content-digest", r"=:.", "=:A"), "400 unreadable"),
    "a digest in MD5": (_changed("content-digest", r"sha-256=:.*", "md5=:AAAA=:"), "400 hop-wrong-profile"),
    "a component that is missing": (_changed("signature-input", r'"@method" ', ""), "400 hop-wrong-profile"),
    "components in another order": (
        _changed("signature-input", r'"@method" "@target-uri"', '"@target-uri" "@method"'),
        "400 unreadable",
    ),
    "a component twice": (_changed("signature-input", r'"@method" ', '"@method" "@method" '), "400 hop-wrong-profile"),
    "one component more": (_changed("signature-input", r'"@method" ', '"@method" "host" '), "400 hop-wrong-profile"),
    "another method": (
        lambda enemy: enemy.send(enemy.carrying(enemy.envelope()), path="/log/checkpoint"),
        "405 method-not-allowed",
    ),
    "another tag": (_changed("signature-input", r"relevo-v1", "relevo-v2"), "400 hop-wrong-profile"),
    "an algorithm named": (_changed("signature-input", r";tag", ';alg="hmac-sha256";tag'), "400 hop-wrong-profile"),
    "a nonce that is short": (_changed("signature-input", r'nonce="[^"]*"', 'nonce="AAAA"'), "400 hop-wrong-profile"),
    "another nonce": (
        _changed("signature-input", r'nonce="[^"]*"', 'nonce="AAAAAAAAAAAAAAAAAAAAAA"'),
        "400 unreadable",
    ),
    "a life of a year": (_changed("signature-input", r"expires=\d+", "expires=1999999999"), "400 hop-wrong-profile"),
    "a number without end": (
        _changed("signature-input", r"expires=\d+", f"expires={'9' * 400}"),
        "400 hop-wrong-profile",
    ),
    "signed long ago": (lambda enemy: enemy.send(enemy.signed(b"{}", seconds=-3600)), "400 hop-skew"),
    "signed in the future": (lambda enemy: enemy.send(enemy.signed(b"{}", seconds=3600)), "400 hop-skew"),
    "the key of a stranger": (
        lambda enemy: enemy.send(enemy.signed(b"{}", key=enemy.stranger.signing)),
        "400 key-unknown",
    ),
    "the receiver's own key": (
        lambda enemy: enemy.send(enemy.signed(b"{}", key=enemy.hand.receiver.identity.keys.signing)),
        "400 key-unknown",
    ),
    "the presentation key": (
        lambda enemy: enemy.send(enemy.signed(b"{}", key=enemy.hand.sender.identity.keys.presentation)),
        "400 key-unknown",
    ),
    "a key that is used no longer": (
        lambda enemy: enemy.send(enemy.signed(b"{}", key=enemy.old["retired"])),
        "400 key-out-of-period",
    ),
    "a key that was stolen": (
        lambda enemy: enemy.send(enemy.signed(b"{}", key=enemy.old["stolen"])),
        "400 key-compromised",
    ),
    "a request that has ended": (_ended, "400 hop-expired"),
    "a signature twice": (_twice, "400 malformed-http"),
    "the same request again": (_replayed, "unreadable, 400 nonce-seen"),
    "no envelope": (_body(b'{"envelopes":[]}'), "400 batch-unfit"),
    "51 envelopes": (
        lambda enemy: enemy.send(enemy.signed(body_of(*[enemy.envelope()] * 51))),
        "400 batch-unfit",
    ),
    "envelopes that are no list": (_body(f'{{"envelopes":"{NEEDLE}"}}'.encode()), "400 batch-unfit"),
    "a name twice": (_body(b'{"envelopes":[],"envelopes":[{}]}'), "400 malformed-json"),
    "NaN": (_body(b'{"envelopes":[NaN]}'), "400 malformed-json"),
    "a lone surrogate": (_body(b'{"envelopes":["\\ud800"]}'), "400 malformed-json"),
    "a byte order mark": (_body(b'\xef\xbb\xbf{"envelopes":[{}]}'), "400 malformed-json"),
    "an integer without end": (_body(b'{"envelopes":[' + b"9" * 5000 + b"]}"), "400 malformed-json"),
    "nesting without end": (_body(b'{"envelopes":' + b"[" * 100_000), "400 malformed-json"),
    "bytes that are no UTF-8": (_body(b'{"envelopes":["\xff"]}'), "400 malformed-json"),
    "JSON in UTF-16": (_body('{"envelopes":[]}'.encode("utf-16")), "400 malformed-json"),
    "a challenge to sign what is chosen": (_challenge, "400 unreadable"),
    "a challenge for another node": (lambda enemy: _challenge(enemy, node="ge:dabruneba"), "400 wrong-audience"),
    "a challenge for another key": (lambda enemy: _challenge(enemy, kem="A" * 43), "400 possession-unproven"),
}

"""What can be wrong with a request for a file, a stream, the log or a witness, or with a key that signs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from relevo.delivery import federation
from relevo.delivery.files_federation import FILES, PART_TYPE
from relevo.protocol import base64url, strict_json
from relevo.protocol.hop import HopRequest, sign_request
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.storage.files import PART
from support.enemy import NEEDLE, Attack, Enemy
from support.front_door import request
from support.hand_made import TERMS, asking, basis_of

NOWHERE = "A" * 43
QUESTION: JsonObject = {"of": "received", "epoch": 1, "from": 1, "to": 9, "tokens": True}


def _file(method: str, named: str, body: bytes = b"", *, signed_for: str = "") -> Attack:
    """A request for the file `named`, signed for that address or for another."""

    def attack(enemy: Enemy) -> str:
        url = enemy.hand.receiver.identity.endpoint + FILES + (signed_for or named)
        kind = PART_TYPE if body else None
        headers = sign_request(method, url, kind, body, key=enemy.key, at=enemy.hand.now)
        asked = HopRequest(method=method, target_uri=url, headers=headers, body=body)
        return enemy.send(asked, path=FILES + named)

    return attack


def share_used_up(enemy: Enemy) -> str:
    """A message that announces a file, and the file, from a peer whose share of the node is used up somewhere."""
    sealed = NEEDLE.encode() * 9
    entry: JsonObject = {"kind": "other", "media_type": "application/pdf", "size": len(sealed), "key": "A" * 43}
    terms = replace(TERMS, classes=TERMS.classes | {"skills", "documents"})
    classes: JsonObject = {
        "needs": {"social": ["skills-recognition"]},
        "skills": {"education": "primary"},
        "documents": {"files": [{**entry, "digest": base64url.digest(sealed)}]},
    }
    hand = replace(enemy.fresh(), basis=basis_of(terms))
    told = enemy.bring(hand.seal(hand.write({**asking(terms), **classes})))
    named = f"{base64url.digest(sealed)}/0"
    return f"{told}, {_file('PUT', named, sealed)(enemy)}" if told == "stored" else told


def _stream(**members: JsonValue) -> Attack:
    def attack(enemy: Enemy) -> str:
        url = enemy.hand.receiver.identity.endpoint + federation.STREAM
        asked = enemy.signed(strict_json.dump({**QUESTION, **members}), url=url)
        return enemy.send(asked, path=federation.STREAM)

    return attack


def _raw(method: str, path: str, body: bytes = b"") -> Attack:
    return lambda enemy: enemy.raw(request(method, path, {"content-type": "application/json"}, body))


ROUTES: Mapping[str, tuple[Attack, str]] = {
    "a file that nobody announced": (_file("GET", NOWHERE), "400 file-unannounced"),
    "a part of a file that nobody announced": (_file("PUT", f"{NOWHERE}/0", NEEDLE.encode()), "400 file-unannounced"),
    "a part that is too long": (_file("PUT", f"{NOWHERE}/0", b"x" * (PART + 1)), "400 file-part-unfit"),
    "a part under the signature for another": (
        _file("PUT", f"{NOWHERE}/1", b"x", signed_for=f"{NOWHERE}/0"),
        "400 unreadable",
    ),
    "a part of nobody": (_raw("PUT", f"{FILES}{NOWHERE}/0", NEEDLE.encode()), "400 hop-unsigned"),
    "a part of number -1": (_file("PUT", f"{NOWHERE}/-1", b"x"), "400 bad-input"),
    "a part of a number without end": (_file("PUT", f"{NOWHERE}/{'9' * 400}", b"x"), "400 bad-input"),
    "a file by a path": (_file("GET", "..%2f..%2f..%2fetc%2fpasswd"), "404 not-found"),
    "a file whose digest is too long": (_file("GET", NOWHERE + "A"), "400 bad-input"),
    "a file whose digest ends with a line": (_file("GET", NOWHERE + "%0a"), "400 bad-input"),
    "a stream of neither": (_stream(of=NEEDLE), "400 malformed-claims"),
    "a stream of a list": (_stream(of=[NEEDLE]), "400 malformed-claims"),
    "a stream with more in it": (_stream(note=NEEDLE), "400 malformed-claims"),
    "a place that is true": (_stream(**{"from": True}), "400 malformed-claims"),
    "a place below zero": (_stream(**{"from": -1}), "400 malformed-claims"),
    "a place beyond every number of a stream": (_stream(to=1 << 60), "400 malformed-json"),
    "a question of five thousand bytes": (_stream(of="x" * 5000), "413 body-too-large"),
    "a question of nobody": (_raw("POST", federation.STREAM, b"{}"), "400 hop-unsigned"),
    "a tile by a path": (_raw("GET", "/log/tile/0/..%2f..%2fsecrets"), "404 tile-unknown"),
    "a tile of a level that there is not": (_raw("GET", "/log/tile/99/000"), "404 tile-unknown"),
    "a tile of a number without end": (_raw("GET", "/log/tile/0/" + "x999/" * 400 + "000"), "404 tile-unknown"),
    "rubbish to be witnessed": (_raw("POST", federation.WITNESS, NEEDLE.encode()), "400 witness-request-malformed"),
    "a log that nobody registered, to be witnessed": (
        _raw("POST", federation.WITNESS, b"old 0\n\nevil.example/log\n1\n" + b"A" * 43 + b"=\n\n"),
        "404 log-unknown",
    ),
    "something that is not UTF-8, to be witnessed": (
        _raw("POST", federation.WITNESS, b"\xff\xfe"),
        "400 witness-request-malformed",
    ),
    "much to be witnessed": (
        _raw("POST", federation.WITNESS, b"old 0\n" + b"A" * 90_000),
        "400 witness-request-malformed",
    ),
}

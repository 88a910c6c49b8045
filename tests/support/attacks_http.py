"""What a stranger can do to the server: bytes that are no request, or two, or too much, or not what is served."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from relevo.delivery import federation
from support.enemy import NEEDLE, Attack, Enemy
from support.front_door import request

PATH = federation.ENVELOPES
JSON = {"content-type": "application/json"}


def _raw(*pieces: bytes) -> Attack:
    return lambda enemy: enemy.raw(*pieces)


def _head(*lines: str) -> bytes:
    return "\r\n".join((*lines, "host: accueil.example", "connection: close", "", "")).encode("latin-1")


def _changed(**headers: str) -> Attack:
    def attack(enemy: Enemy) -> str:
        return enemy.send(enemy.carrying(enemy.envelope()), **headers)

    return attack


def _aborted(enemy: Enemy) -> str:
    whole = request("POST", PATH, JSON, b"x" * 5000)
    with socket.create_connection(("127.0.0.1", enemy.port)) as line:
        line.sendall(whole[:-2000])
    return "nothing"


def _pipelined(enemy: Enemy) -> str:
    smuggled = request("POST", PATH, JSON, NEEDLE.encode())
    return enemy.raw(_head(f"POST {PATH} HTTP/1.1", "content-length: 4", "transfer-encoding: chunked") + smuggled)


HTTP: Mapping[str, tuple[Attack, str]] = {
    "no HTTP at all": (_raw(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"), "400 malformed-http"),
    "another protocol": (_raw(f"EHLO {NEEDLE}\r\n\r\n".encode()), "400 malformed-http"),
    "a header of a mebibyte": (
        _raw(_head(f"POST {PATH} HTTP/1.1", f"x-long: {NEEDLE * 60_000}")),
        "431 headers-too-large",
    ),
    "a thousand header fields": (
        _raw(_head(f"POST {PATH} HTTP/1.1", *(f"x-{number}: 1" for number in range(1000)))),
        "431 headers-too-large",
    ),
    "an address of eight thousand characters": (
        _raw(_head(f"GET /.well-known/relevo-node?{'a' * 8000} HTTP/1.1")),
        "414 target-too-long",
    ),
    "a length and chunks": (_pipelined, "400 malformed-http"),
    "two lengths": (
        _raw(_head(f"POST {PATH} HTTP/1.1", "content-length: 4", "content-length: 5") + b"abcde"),
        "400 malformed-http",
    ),
    "a length below zero": (_raw(_head(f"POST {PATH} HTTP/1.1", "content-length: -1")), "400 malformed-http"),
    "a length of a hundred digits": (
        _raw(_head(f"POST {PATH} HTTP/1.1", f"content-length: {'9' * 100}")),
        "400 malformed-http",
    ),
    "a length beyond the limit": (
        _raw(_head(f"POST {PATH} HTTP/1.1", "content-length: 99999999")),
        "413 body-too-large",
    ),
    "chunks beyond the limit": (
        _raw(
            _head(f"POST {PATH} HTTP/1.1", "transfer-encoding: chunked"),
            b"200000\r\n" + b"x" * 0x200000 + b"\r\n",
        ),
        "413 body-too-large",
    ),
    "a chunk that is none": (
        _raw(_head(f"POST {PATH} HTTP/1.1", "transfer-encoding: chunked") + b"zz\r\nabc\r\n"),
        "400 malformed-http",
    ),
    "an unknown transfer coding": (
        _raw(_head(f"POST {PATH} HTTP/1.1", "transfer-encoding: gzip, chunked") + b"0\r\n\r\n"),
        "400 malformed-http",
    ),
    "a folded header": (_raw(_head(f"POST {PATH} HTTP/1.1", "x-a: 1", " folded: 2")), "400 hop-unsigned"),
    "a space before the colon": (_raw(_head(f"POST {PATH} HTTP/1.1", "content-length : 4")), "400 malformed-http"),
    "a body that does not come": (
        _raw(_head(f"POST {PATH} HTTP/1.1", "content-length: 100") + b"abc"),
        "408 body-too-slow",
    ),
    "a sender that leaves half way": (_aborted, "nothing"),
    "a compressed body": (_changed(content_encoding="gzip"), "415 content-coding-unsupported"),
    "a foreign host that is signed as ours": (
        lambda enemy: enemy.send(enemy.signed(b"{}", url="https://evil.example" + PATH), host="evil.example"),
        "400 unreadable",
    ),
    "an absolute target": (
        _raw(_head(f"POST http://evil.example{PATH} HTTP/1.1", "content-length: 0")),
        "404 not-found",
    ),
    "HTTP/1.0": (_raw(_head(f"POST {PATH} HTTP/1.0", "content-length: 0")), "400 hop-unsigned"),
    "a method override": (
        _raw(_head(f"GET {PATH} HTTP/1.1", "x-http-method-override: POST")),
        "405 method-not-allowed",
    ),
    "HEAD": (_raw(_head(f"HEAD {PATH} HTTP/1.1")), "405"),
    "OPTIONS": (_raw(_head(f"OPTIONS {PATH} HTTP/1.1")), "405 method-not-allowed"),
    "PUT": (_raw(_head(f"PUT {PATH} HTTP/1.1", "content-length: 0")), "405 method-not-allowed"),
    "TRACE": (_raw(_head(f"TRACE {PATH} HTTP/1.1", f"x-needle: {NEEDLE}")), "405 method-not-allowed"),
    "a path out of the assets": (_raw(_head("GET /api/assets/../../../../etc/passwd HTTP/1.1")), "404 not-found"),
    "the same, written in per cent": (
        _raw(_head("GET /api/assets/%2e%2e/%2e%2e/%2e%2e/etc/passwd HTTP/1.1")),
        "404 not-found",
    ),
    "a NUL in the path": (_raw(_head("GET /api/assets/%00 HTTP/1.1")), "404 not-found"),
    "a name in an address": (_raw(_head(f"GET /{NEEDLE} HTTP/1.1")), "404 not-found"),
    "people's doors without a token": (_raw(_head("GET /api/refused HTTP/1.1")), "401 unauthenticated"),
    "a body for people that is too large": (
        _raw(_head("POST /api/cases HTTP/1.1", "content-length: 99999999")),
        "413 body-too-large",
    ),
}

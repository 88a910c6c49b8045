"""Vectors about spelling: bytes as text, JSON, the forms of members, addresses, padding."""

from __future__ import annotations

import json
from collections.abc import Iterator

from vectors.making.cases import Json, Vectors, bad, good, vectors

DIGEST = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
UUID4, UUID7 = "5f0c2d8e-6f3b-4c57-9c5a-0d9f1b7e2a34", "019cadb0-3f40-7c1e-8a4b-1f2e3d4c5b6a"

BASE64URL_GOOD = {
    "no bytes": ("", ""),
    "one byte": ("_w", "ff"),
    "two bytes": ("__8", "ffff"),
    "three bytes": ("-_-_", "fbffbf"),
    "text": ("cmVsZXZv", "72656c65766f"),
}
BASE64URL_BAD = {
    "padding": "_w==",
    "the other alphabet": "/w",
    "both alphabets": "-/-_",
    "trailing bits that are not zero": "_x",
    "a single character": "A",
    "white space inside": "cmVs ZXZv",
    "a newline at the end": "cmVsZXZv\n",
    "a character of another script": "cmVsZXZ\N{CYRILLIC SMALL LETTER O}",
    "a zero byte": "cmVs\x00ZXZv",
}
BASE64_GOOD = {"no bytes": ("", ""), "one byte": ("/w==", "ff"), "three bytes": ("+/+/", "fbffbf")}
BASE64_BAD = {
    "no padding": "/w",
    "the other alphabet": "_w==",
    "trailing bits that are not zero": "/x==",
    "a newline inside": "cmVs\nZXZv",
    "padding inside": "/w==/w==",
}
DEEP: Json = json.loads("[" * 28 + "]" * 28)
"""As deep as a result can be in a file that is itself read by these rules, four levels further out."""
JSON_GOOD: dict[str, tuple[str, Json]] = {
    "an object": ('{"a":1,"b":[true,false,null]}', {"a": 1, "b": [True, False, None]}),
    "white space between": ('{ "a" :\n1 }', {"a": 1}),
    "the greatest integer": ("9007199254740991", 9007199254740991),
    "the least integer": ("-9007199254740991", -9007199254740991),
    "a fraction": ("0.5", 0.5),
    "letters of another script": ('"خالد"', "خالد"),
    "a pair of surrogates": (r'"\ud83d\ude00"', "\U0001f600"),
    "one name in two objects": ('[{"a":1},{"a":2}]', [{"a": 1}, {"a": 2}]),
    "nested 28 deep": ("[" * 28 + "]" * 28, DEEP),
    "brackets in a string": ('"' + "[" * 40 + '"', "[" * 40),
}
JSON_BAD = {
    "a name twice": '{"a":1,"a":2}',
    "a name twice, spelt otherwise": r'{"a":1,"\u0061":2}',
    "a name twice, deep inside": '[{"b":{"a":1,"a":1}}]',
    "NaN": "NaN",
    "infinity": '{"a":Infinity}',
    "a number beyond a double": "1e999",
    "an integer beyond 2^53-1": "9007199254740992",
    "an integer of a thousand digits": "1" * 1000,
    "a lone surrogate": r'"\ud800"',
    "a lone surrogate as name": r'{"\udfff":1}',
    "nested 33 deep": "[" * 33 + "]" * 33,
    "nested 20000 deep and never closed": "[" * 20000,
    "a comment": '{"a":1} // why',
    "a comma too many": "[1,]",
    "something behind it": "{}{}",
    "nothing": "",
    "a control character in a string": '"a\x01b"',
    "single quotes": "{'a':1}",
    "a plus sign": "+1",
    "a leading zero": "01",
    "a hexadecimal number": "0x10",
}
JSON_BYTES_BAD = {
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a byte that is not UTF-8": b'"\xff"',
    "an overlong form of UTF-8": b'"\xc0\xaf"',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "a surrogate in UTF-8": b'"\xed\xa0\x80"',
}
FORMS_GOOD: dict[str, list[Json]] = {
    "node-id": ["es:retorno", "ci:a", "ci:a-1", "zz:" + "a" * 32],
    "digest": [DIGEST],
    "uuid": [UUID4, UUID7],
    "uuid-v7": [UUID7],
    "moment": [0, 1795338000],
    "word": ["illegal-step", "a", "a1-b2"],
    "text": ["Maison de l'accueil", "خالد"],
    "flag": [True, False],
}
FORMS_BAD: dict[str, dict[str, Json]] = {
    "node-id": {
        "upper case": "ES:retorno",
        "three letters": "esp:retorno",
        "no slug": "es:",
        "a slug of 33": "zz:" + "a" * 33,
        "a newline": "es:retorno\n",
        "another script": "\N{CYRILLIC SMALL LETTER IE}s:retorno",
        "no text": 7,
    },
    "digest": {
        "42 characters": DIGEST[:-1],
        "44 characters": DIGEST + "A",
        "bits beyond 256 that are not zero": DIGEST[:-1] + "V",
        "padding": DIGEST + "=",
        "the other alphabet": DIGEST.replace("-", "+"),
        "hexadecimal digits": "e3b0c442" * 8,
        "null": None,
    },
    "uuid": {
        "upper case": UUID4.upper(),
        "braces": "{" + UUID4 + "}",
        "no hyphens": UUID4.replace("-", ""),
        "a URN": f"urn:uuid:{UUID4}",
        "a letter too few": UUID4[:-1],
    },
    "uuid-v7": {"version 4": UUID4},
    "moment": {
        "text": "1795338000",
        "a fraction": 1795338000.5,
        "a fraction that is whole": 1795338000.0,
        "true": True,
        "negative": -1,
        "after the year 9999": 253402300800,
    },
    "word": {"upper case": "Illegal", "an underscore": "illegal_step", "two hyphens": "a--b", "65 letters": "a" * 65},
    "text": {
        "empty": "",
        "2001 characters": "a" * 2001,
        "a newline": "a\nb",
        "a zero byte": "a\x00b",
        "a direction mark": "a\u202eb",
    },
    "flag": {"one": 1, "text": "true", "null": None},
}
ENDPOINTS_GOOD = {
    "a host": "https://node.example",
    "a port and a path": "https://node.example:8443/relevo",
    "an address": "https://192.0.2.1",
    "loopback without TLS": "http://127.0.0.1:8001",
}
ENDPOINTS_BAD = {
    "no TLS": "http://node.example",
    "a user name": "https://relevo@node.example",
    "a query": "https://node.example/?a=1",
    "an empty query": "https://node.example/?",
    "a fragment": "https://node.example/#a",
    "another scheme": "ftp://node.example",
    "a file": "file:///etc/passwd",
    "no host": "https:///relevo",
    "no scheme": "node.example",
    "white space": "https://node.example/a b",
    "a newline": "https://node.example\n",
    "a letter beyond ASCII": "https://nöde.example",
    "a port that is none": "https://node.example:port",
}
PADME = {0: 0, 1: 1, 2: 2, 8: 8, 9: 10, 100: 104, 256: 256, 1000: 1024, 1025: 1088, 65537: 67584, 1000000: 1015808}


def files() -> Iterator[Vectors]:
    """All of them."""
    yield vectors("base64url", "Base64url without padding, in one spelling (RFC 4648, 3.5 and 5).", _base64url())
    yield vectors("base64", "Base64 with padding, in one spelling; in C2SP formats only.", _base64())
    yield vectors("strict-json", "JSON that can be read in one way only (RFC 7493).", _json())
    yield vectors("form", "The forms of members of signed payloads.", _forms())
    yield vectors("endpoint", "Addresses that a statement may hold.", _endpoints())
    lengths = (good(f"{length} bytes", padded, length=length) for length, padded in PADME.items())
    yield vectors("padme", "To how many bytes a length is padded.", lengths)
    yield vectors("padding", "What stands inside a sealed message, padded.", _padding())


def _base64url() -> Iterator[Json]:
    yield from (good(name, raw, text=text) for name, (text, raw) in BASE64URL_GOOD.items())
    yield from (bad(name, "not-base64url", text=text) for name, text in BASE64URL_BAD.items())


def _base64() -> Iterator[Json]:
    yield from (good(name, raw, text=text) for name, (text, raw) in BASE64_GOOD.items())
    yield from (bad(name, "not-base64", text=text) for name, text in BASE64_BAD.items())


def _json() -> Iterator[Json]:
    yield from (good(name, value, text=text) for name, (text, value) in JSON_GOOD.items())
    yield from (bad(name, "malformed-json", text=text) for name, text in JSON_BAD.items())
    yield from (bad(name, "malformed-json", bytes=raw.hex()) for name, raw in JSON_BYTES_BAD.items())


def _forms() -> Iterator[Json]:
    for form, values in FORMS_GOOD.items():
        yield from (good(f"{form}: {value}", True, form=form, value=value) for value in values)
    for form, faults in FORMS_BAD.items():
        yield from (
            bad(f"{form}: {name}", "malformed-claims", form=form, value=value) for name, value in faults.items()
        )


def _endpoints() -> Iterator[Json]:
    yield from (good(name, True, url=url) for name, url in ENDPOINTS_GOOD.items())
    yield from (bad(name, "unfit-endpoint", url=url) for name, url in ENDPOINTS_BAD.items())


def _padding() -> Iterator[Json]:
    yield good("no payload", "", padded="00000000")
    yield good("one byte", "ff", padded="00000001ff")
    yield good("five bytes, then a zero", "0102030405", padded="00000005010203040500")
    yield bad("a padding that is not zero", "bad-padding", padded="00000005010203040501")
    yield bad("padded too far", "bad-padding", padded="0000000501020304050000")
    yield bad("not padded", "bad-padding", padded="000000050102030405")
    yield bad("a length beyond the end", "bad-padding", padded="000000ff0102")
    yield bad("shorter than a length", "bad-padding", padded="0000")
    yield bad("nothing", "bad-padding", padded="")

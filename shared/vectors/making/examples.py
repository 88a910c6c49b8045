"""Worked examples of docs/protocol.md, taken from the vectors, so that they are right as long as those are."""

from __future__ import annotations

import json
import textwrap

from relevo.protocol import base64url
from vectors.making import parties
from vectors.making.cases import Json, Vectors
from vectors.making.tampering import header_of, payload_of

_WIDTH = 110


def manifest(files: list[Vectors]) -> str:
    """A manifest, what its parts say, and its digests."""
    case = _case(files, "manifest", "a manifest")
    token = case["input"]["token"]
    return "\n".join(
        [
            _block("header", header_of(token)),
            _block("payload", payload_of(token)),
            _text("token", token),
            _text(
                "digest of the manifest, and identity of the message",
                "\n".join([case["result"]["digest"], case["result"]["identity"]]),
            ),
        ]
    )


def content(files: list[Vectors]) -> str:
    """The payload of a content and some of its disclosures."""
    case = _case(files, "sd-jwt", "a class and one field of it")
    jwt, *disclosures, _ = case["input"]["text"].split("~")
    shown = [
        f"{text}\n  = {base64url.decode(text).decode()}\n  digest {base64url.digest(text.encode())}"
        for text in disclosures
    ]
    return "\n".join([_block("payload of the JWT", payload_of(jwt)), _text("two disclosures", "\n".join(shown))])


def sealing(files: list[Vectors]) -> str:
    """The place that a sealing is bound to."""
    case = _case(files, "envelope", "a referral")
    sealed = base64url.decode(case["input"]["envelope"]["sealed"])
    place = parties.info(parties.message_of(parties.CONTENT), parties.ORIGIN.encryption.kid)
    raw = parties.plaintext(parties.CONTENT, parties.BASIS)
    sizes = (
        f"{len(raw)} bytes of plaintext, {len(sealed) - 1120 - 16} padded, {len(sealed)} sealed (1120 + padded + 16)"
    )
    return "\n".join([_text("info", place), _text("sizes", sizes), _text("basis claim", parties.BASIS.claim)])


def receipt(files: list[Vectors]) -> str:
    """A receipt."""
    return _block("payload", payload_of(_case(files, "receipt", "stored")["input"]["token"]))


def hop(files: list[Vectors]) -> str:
    """The fields of a signed request."""
    fields = _case(files, "hop-request", "a request")["input"]["headers"]
    return _text("fields", "\n".join(f"{name}: {value}" for name, value in fields.items()))


def log(files: list[Vectors]) -> str:
    """A record and its entry, and a checkpoint."""
    case = _case(files, "log-entry", "a record under a salt")
    said = f"{case['input']['record']}\nsalt  {case['input']['salt']}\nentry {case['result']}"
    note = _case(files, "checkpoint", "seven entries")["input"]["note"]
    return "\n".join([_text("record, salt and entry", said), _text("checkpoint", note.rstrip("\n"))])


def _case(files: list[Vectors], subject: str, name: str) -> Json:
    (found,) = [case for one in files if one.subject == subject for case in one.cases if case["name"] == name]
    return found


def _block(title: str, value: Json) -> str:
    return _text(title, json.dumps(value, ensure_ascii=False, indent=1))


def _text(title: str, text: str) -> str:
    lines = [
        part for line in text.split("\n") for part in (textwrap.wrap(line, _WIDTH, break_on_hyphens=False) or [""])
    ]
    return f"*{title}*\n\n```text\n" + "\n".join(lines) + "\n```\n"

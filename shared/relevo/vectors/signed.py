"""Subjects about what is signed for years: JWS, manifest, receipts, streams, bundles, signature under a SOP."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from relevo.clock import seconds
from relevo.protocol import jws
from relevo.protocol.bundle import read_head, require_whole
from relevo.protocol.envelope import read_manifest
from relevo.protocol.file_receipt import read_file_receipt
from relevo.protocol.receipt import read_receipt, require_answers
from relevo.protocol.sop_signature import verify_sop_signature
from relevo.protocol.stream_list import read_stream_list
from relevo.protocol.summary import read_summary

if TYPE_CHECKING:
    from relevo.protocol.strict_json import JsonValue
    from relevo.vectors.given import Input


def of_jws(given: Input) -> JsonValue:
    """`token`, `typ`, `keys` → the payload."""
    return jws.verify(given.text("token"), given.key_for(), given.text("typ")).hex()


def of_manifest(given: Input) -> JsonValue:
    """`token`, `statements`, `at` → the digest of the token, the identity of the message, and its place."""
    found = read_manifest(given.text("token"), trust=given.trust(), at=given.at())
    message, attempt = found.manifest.message, found.manifest.attempt
    return {
        "digest": found.digest,
        "identity": message.identity(),
        "kid": found.kid,
        "epoch": attempt.epoch,
        "seq": attempt.seq,
    }


def of_receipt(given: Input) -> JsonValue:
    """`token`, `manifest` (the one that was sent), `statements`, `at` → what became of the message."""
    trust, at = given.trust(), given.at()
    receipt = read_receipt(given.text("token"), trust=trust, at=at)
    sent = read_manifest(given.text("manifest"), trust=trust, at=at)
    require_answers(receipt, sent.digest, sent.manifest.message)
    return {
        "disposition": receipt.disposition,
        "code": receipt.code,
        "received_at": seconds(receipt.received_at),
        "due": [claim.to_object() for claim in receipt.due],
    }


def of_summary(given: Input) -> JsonValue:
    """`token`, `statements`, `at` → how far the stream has come."""
    found = read_summary(given.text("token"), trust=given.trust(), at=given.at())
    return {"epoch": found.epoch, "high_water": found.high_water, "gaps": [list(gap) for gap in found.gaps]}


def of_stream_list(given: Input) -> JsonValue:
    """`token`, `statements`, `at` → which part of which stream, and its places."""
    found = read_stream_list(given.text("token"), trust=given.trust(), at=given.at())
    return {
        "of": found.of,
        "epoch": found.epoch,
        "from": found.begin,
        "to": found.end,
        "more": found.more,
        "places": [place.to_array() for place in found.places],
    }


def of_bundle(given: Input) -> JsonValue:
    """`file` (text), `statements`, `at` → whose it is, for whom, what it carries and how many lines."""
    first, _, rest = given.text("file").partition("\n")
    head = read_head(first, trust=given.trust(), at=given.at())
    require_whole(head, BytesIO(rest.encode()))
    return {"iss": head.iss, "aud": head.aud, "of": head.of, "answers": head.answers, "count": head.count}


def of_file_receipt(given: Input) -> JsonValue:
    """`token`, `statements`, `at` → what became of the file."""
    found = read_file_receipt(given.text("token"), trust=given.trust(), at=given.at())
    return {
        "file": found.file,
        "disposition": found.disposition,
        "code": found.code,
        "received_at": seconds(found.received_at),
    }


def of_sop_signature(given: Input) -> JsonValue:
    """`token`, `text`, `iss`, `aud`, `keys` → when it was signed."""
    signed = verify_sop_signature(
        given.text("token"),
        given.text("text").encode(),
        iss=given.text("iss"),
        aud=given.text("aud"),
        key_for=given.key_for(),
    )
    return seconds(signed)

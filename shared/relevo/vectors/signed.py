"""Subjects about what is signed for years: the JWS itself, manifest, receipt, summary, signature under a SOP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.clock import seconds
from relevo.protocol import jws
from relevo.protocol.envelope import read_manifest
from relevo.protocol.receipt import read_receipt, require_answers
from relevo.protocol.sop_signature import verify_sop_signature
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

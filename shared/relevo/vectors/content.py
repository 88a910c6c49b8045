"""Subjects about what is said: SD-JWT and presentation, basis, sealing, the whole envelope, steps, parts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from relevo.domain.sides import Side
from relevo.messages import content
from relevo.messages.classes import terms_from_record
from relevo.messages.exception import exception_from_record, exception_record
from relevo.messages.terms import terms_record
from relevo.protocol import sd_jwt
from relevo.protocol.basis import Basis
from relevo.protocol.envelope import Envelope, open_envelope, read_manifest
from relevo.protocol.part import read_part, verify_part
from relevo.protocol.presentation import verify_presentation
from relevo.protocol.seal import open_sealed
from relevo.vectors.given import InputMalformed

if TYPE_CHECKING:
    from relevo.protocol.strict_json import JsonValue
    from relevo.vectors.given import Input


def of_sd_jwt(given: Input) -> JsonValue:
    """`text` (the serialised SD-JWT), `typ`, `keys` → the claims that it shows."""
    issued = sd_jwt.split(given.text("text"))
    return sd_jwt.verify(issued.jwt, issued.disclosures, key_for=given.key_for(), typ=given.text("typ"))


def of_presentation(given: Input) -> JsonValue:
    """`text`, `keys`, `aud`, `nonce`, `at`, `max_age` in seconds → the claims that are shown."""
    return verify_presentation(
        given.text("text"),
        key_for=given.key_for(),
        aud=given.text("aud"),
        nonce=given.text("nonce"),
        at=given.at(),
        max_age=timedelta(seconds=given.number("max_age")),
    )


def of_part(given: Input) -> JsonValue:
    """`file` (text), `statements`, `at` → which node signed, and what is shown."""
    part = read_part(given.text("file").encode())
    found = verify_part(part, trust=given.trust(), at=given.at())
    return {"signed_by": found.signed_by, "organisation": part.organisation, "classes": dict(found.classes)}


def of_basis(given: Input) -> JsonValue:
    """`kind`, `record`, `salt` → the claim in the manifest."""
    match given.text("kind"):
        case "consent" | "exception" as kind:
            return Basis(kind, given.raw("record"), given.raw("salt")).claim
    raise InputMalformed("a basis is a consent or an exception", field="kind")


def of_terms(given: Input) -> JsonValue:
    """`kind`, `record` → true if the record is the one that stands for its terms."""
    record = given.raw("record")
    if given.text("kind") == "exception":
        return exception_record(exception_from_record(record)) == record
    return terms_record(terms_from_record(record)) == record


def of_sealed(given: Input) -> JsonValue:
    """`sealed` (enc and ciphertext), `seed` of the key, `info` (text) → the payload without its padding."""
    return open_sealed(given.raw("sealed"), given.decryption_key("seed"), given.text("info").encode()).hex()


def of_envelope(given: Input) -> JsonValue:
    """`envelope`, `statements`, `me`, `seed`, `presentation`, `at` → the claims and the basis."""
    trust, at, key = given.trust(), given.at(), given.decryption_key("seed")
    envelope = Envelope.from_object(given.value("envelope"))
    verified = read_manifest(envelope.manifest, trust=trust, at=at)
    opened = open_envelope(
        envelope,
        verified,
        trust=trust,
        me=given.text("me"),
        keys={key.kid: key},
        presentation=given.key("presentation"),
        at=at,
    )
    basis: JsonValue = {"kind": opened.basis.kind, "record": opened.basis.record.hex()} if opened.basis else None
    return {"claims": opened.claims, "basis": basis}


def of_step(given: Input) -> JsonValue:
    """`claims`, `kind`, `speaker` (`host` or `origin`) → the step and the classes that it carries."""
    if (speaker := given.text("speaker")) not in set(Side):
        raise InputMalformed("a speaker is host or origin", field="speaker")
    said = content.read(given.record("claims"), kind=given.text("kind"), speaker=Side(speaker))
    return {"step": said.step, "by": said.by, "classes": [*sorted(said.classes)]}

"""Every function of ours that reads what somebody else wrote, each behind the same face: bytes in, meaning out.

A door refuses with an error of our tree or gives what it read. `samples` are what it takes. Doors called "… of a peer"
do for the fuzzer what it cannot do by chance: they sign or seal its bytes with the key of a registered peer, so that
what lies behind a valid signature is reached too. `signed` doors promise more: nothing but the very samples is taken
for what they say, whatever is changed in them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

from host_node.case_file import read_case
from relevo import config
from relevo.domain.sop import parse_sop
from relevo.protocol import base64std, base64url, jws, receipt, sd_jwt, strict_json, summary
from relevo.protocol import manifest as manifests
from relevo.protocol.basis import kind_of
from relevo.protocol.checkpoint import log_origin, read_checkpoint
from relevo.protocol.envelope import Envelope, content_digest, manifest_digest, open_envelope, read_manifest
from relevo.protocol.evidence import read_evidence, write_evidence
from relevo.protocol.hop import HopRequest, joined_lines, sign_answer, sign_request, verify_answer, verify_request
from relevo.protocol.keys import Signer
from relevo.protocol.merkle import verify_consistency, verify_inclusion
from relevo.protocol.part import Part, read_part, verify_part, write_part
from relevo.protocol.possession import TYP as POSSESSION
from relevo.protocol.possession import answer_challenge, challenge_for, check_possession
from relevo.protocol.presentation import present, verify_presentation
from relevo.protocol.proof import read_proof, write_proof
from relevo.protocol.record import make_record, read_record
from relevo.protocol.seal import seal
from relevo.protocol.sop_signature import TYP as SOP_SIGNATURE
from relevo.protocol.sop_signature import read_sop_signature, sign_sop
from relevo.protocol.statement import TYP as STATEMENT
from relevo.protocol.statement import read_statement
from relevo.protocol.verification import verify_evidence
from support.evidence_sample import sample
from support.wire_pair import (
    AT,
    BASIS,
    HOST,
    HOST_ID,
    MESSAGE,
    ORIGIN,
    ORIGIN_ID,
    SOP,
    THREAD,
    TRUST,
    content,
    payload_of,
    receive,
    send,
    statement_token,
)

SHELF = Path(__file__).parents[2] / "shared"
URI, JSON, BODY, NONCE = "https://node.example/federation/v1/envelopes", "application/json", b"{}", bytes(16)
OCCASION = "n-0S6_WzA2Mj"
SEPARATOR = b"~"


@dataclass(frozen=True, kw_only=True)
class Door:
    """`take` reads bytes; `samples` are some that it takes; `signed` if no other bytes say what they say."""

    take: Callable[[bytes], object]
    samples: tuple[bytes, ...]
    signed: bool = False


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _signed_by(key: Signer, typ: str, read: Callable[[str], object], *payloads: bytes) -> Door:
    """The door of a token, behind its signature."""
    return Door(take=lambda raw: read(jws.sign(raw, key, typ)), samples=payloads)


def _payload(token: str) -> bytes:
    return strict_json.dump(payload_of(token))


def _envelope(raw: bytes) -> object:
    return receive(Envelope.from_object(strict_json.load(raw)))


def _plaintext(raw: bytes) -> object:
    """An envelope of a registered peer that sealed these bytes, under a manifest that fits them."""
    jwt = _text(raw.partition(b'"content":"')[2].partition(SEPARATOR)[0])
    key = ORIGIN.encryption.public
    message = replace(MESSAGE, content=content_digest(jwt), basis=BASIS.claim)
    named = ("relevo-seal-v1", message.iss, message.aud, message.jti, "1", "1", key.kid)
    sealed = seal(raw, key, "\n".join(named).encode())
    attempt = manifests.Attempt(
        epoch=1, seq=1, iat=AT, kid=HOST.signing.kid, kem=key.kid, sealed=base64url.digest(sealed)
    )
    token = manifests.sign_manifest(manifests.Manifest(message=message, attempt=attempt), HOST.signing)
    return open_envelope(
        Envelope(manifest=token, sealed=sealed),
        read_manifest(token, trust=TRUST, at=AT),
        trust=TRUST,
        me=ORIGIN_ID,
        keys={key.kid: ORIGIN.encryption},
        presentation=ORIGIN.presentation.public,
        at=AT,
    )


def _sd_jwt(raw: bytes) -> object:
    issued = sd_jwt.split(_text(raw))
    return sd_jwt.verify(issued.jwt, issued.disclosures, key_for=TRUST.key_named)


def _disclosures(raw: bytes) -> object:
    """What a peer disclosed: each piece is the JSON of one disclosure, and the payload vouches for all of them."""
    encoded = [base64url.encode(piece) for piece in raw.split(SEPARATOR)]
    digests = [base64url.digest(piece.encode()) for piece in encoded]
    return sd_jwt.reveal({**payload_of(content().jwt), "_sd": digests}, encoded)


def _inner_disclosures(raw: bytes) -> object:
    """The same one level further in: all pieces but the last are vouched for by the last."""
    *inner, outer = (base64url.encode(piece) for piece in raw.split(SEPARATOR))
    digests = [base64url.digest(piece.encode()) for piece in inner]
    holder = base64url.encode(strict_json.dump(["A" * 22, base64url.decode(outer).decode("latin-1"), {"_sd": digests}]))
    return sd_jwt.reveal({**payload_of(content().jwt), "_sd": [base64url.digest(holder.encode())]}, [holder, *inner])


def _shown(raw: bytes) -> object:
    return verify_presentation(
        _text(raw),
        key_for=TRUST.key_named,
        aud=f"{ORIGIN_ID}/housing",
        nonce=OCCASION,
        at=AT,
        max_age=timedelta(minutes=10),
    )


def _lines(raw: bytes) -> dict[str, str]:
    """Header lines as a server hands them on."""
    pairs = (line.partition(b":")[::2] for line in raw.split(b"\n"))
    return joined_lines((name.decode("latin-1").strip(), value.decode("latin-1").strip()) for name, value in pairs)


def _request(raw: bytes) -> object:
    asked = HopRequest(method="POST", target_uri=URI, headers=_lines(raw), body=BODY)
    return verify_request(asked, key_for=TRUST.key_named, at=AT)


def _parameters(raw: bytes) -> object:
    """A request of a peer whose `Signature-Input` is any text: signed over the base as its own words give it."""
    given = raw.decode("latin-1")
    base = (
        f'"@method": POST\n"@target-uri": {URI}\n"content-type": {JSON}\n'
        f'"content-digest": {ASKED["Content-Digest"]}\n"@signature-params": {given}'
    )
    signature = f"relevo=:{base64std.encode(HOST.signing.sign(base.encode()))}:"
    headers = {**ASKED, "Signature-Input": f"relevo={given}", "Signature": signature}
    asked = HopRequest(method="POST", target_uri=URI, headers=headers, body=BODY)
    return verify_request(asked, key_for=TRUST.key_named, at=AT)


def _answer(raw: bytes) -> None:
    verify_answer(200, _lines(raw), BODY, request=REQUEST, key_for=TRUST.key_named, at=AT)


def _header(fields: dict[str, str]) -> bytes:
    return "\n".join(f"{name}: {value}" for name, value in fields.items()).encode("latin-1")


def _in_tree(raw: bytes) -> None:
    index, size, *_ = (*raw[:2], 0, 0)
    hashes = [raw[place : place + 32] for place in range(2, len(raw), 32)]
    verify_inclusion(LEAF, index, size, hashes, LEAF)


def _grown(raw: bytes) -> None:
    old, new, *_ = (*raw[:2], 0, 0)
    hashes = [raw[place : place + 32] for place in range(2, len(raw), 32)]
    verify_consistency(old, LEAF, new, LEAF, hashes)


def _settings(raw: bytes) -> object:
    with tempfile.NamedTemporaryFile(suffix=".toml") as file:
        file.write(raw)
        file.flush()
        return config.load("FUZZED_", Path(file.name), {}).model_copy(update={"keys": None, "database": None})


LEAF = bytes(range(32))
SENT = send()
EVIDENCE = sample().evidence()
ASKED = sign_request("POST", URI, JSON, BODY, key=HOST.signing, at=AT, nonce=NONCE)
REQUEST = HopRequest(method="POST", target_uri=URI, headers=ASKED, body=BODY)
ANSWERED = sign_answer(200, JSON, BODY, request=REQUEST, key=ORIGIN.signing, at=AT, nonce=NONCE)
PARAMETERS = ASKED["Signature-Input"].removeprefix("relevo=")
STATED = statement_token(HOST_ID, HOST)
RECEIPT = receipt.sign_receipt(
    receipt.Receipt(
        iss=ORIGIN_ID,
        aud=HOST_ID,
        of=manifest_digest(SENT.envelope.manifest),
        jti=MESSAGE.jti,
        disposition="stored",
        code=None,
        received_at=AT,
    ),
    ORIGIN.signing,
)
CHALLENGE = challenge_for(TRUST.statement(ORIGIN_ID), asker=HOST_ID, nonce=NONCE)
POSSESSED = answer_challenge(CHALLENGE, ORIGIN, ORIGIN_ID, AT)
SHOWN = present(
    content(), {"medication": None}, holder=ORIGIN.presentation, aud=f"{ORIGIN_ID}/housing", nonce=OCCASION, at=AT
)
PART = write_part(
    Part(
        organisation=f"{ORIGIN_ID}/housing",
        service="housing",
        thread=THREAD,
        given_at=AT,
        nonce=OCCASION,
        presentations=(SHOWN,),
    )
)
SOP_SIGNED = sign_sop(b"title = 1", HOST.signing, iss=HOST_ID, aud=ORIGIN_ID, at=AT)
SETTINGS = b"""node_id = "es:retorno"
title = "Invented"
endpoint = "https://retorno.example"
listen_port = 8001
database = "sqlite:///node.db"
keys = "node.keys"
"""
CONTENT_TEXT = sd_jwt.serialise(SENT.issued)
PLAINTEXT = strict_json.dump(
    {
        "content": CONTENT_TEXT,
        "basis": {
            "kind": BASIS.kind,
            "record": base64url.encode(BASIS.record),
            "salt": base64url.encode(BASIS.salt),
        },
    }
)
DISCLOSED = SEPARATOR.join(
    strict_json.dump(["A" * 22, name, [1, "two"]]) for name in ("step", "identity-min", "medication")
)


def _cases() -> tuple[bytes, ...]:
    folder = files("host_node") / "samples"
    return tuple(one.read_bytes() for one in sorted(folder.iterdir(), key=lambda one: one.name))


def _summary(token: str) -> object:
    return summary.read_summary(token, trust=TRUST, at=AT)


def _statement(token: str) -> object:
    return read_statement(token, at=AT)


def _receipt(token: str) -> object:
    return receipt.read_receipt(token, trust=TRUST, at=AT)


def _manifest(token: str) -> object:
    return read_manifest(token, trust=TRUST, at=AT).manifest


def _sop_signature(token: str) -> object:
    return read_sop_signature(token, key_for=TRUST.key_named)


def _possession(token: str) -> None:
    check_possession(token, TRUST.statement(ORIGIN_ID), asker=HOST_ID, nonce=NONCE, at=AT)


def _checkpoint(raw: bytes) -> object:
    return read_checkpoint(_text(raw), log_origin(HOST_ID), HOST.log.public)


SUMMARY = summary.sign_summary(
    summary.Summary(iss=ORIGIN_ID, aud=HOST_ID, epoch=1, high_water=3, gaps=(), iat=AT), ORIGIN.signing
)
DOORS: dict[str, Door] = {
    "envelope": Door(take=_envelope, samples=(strict_json.dump(SENT.envelope.to_object()),), signed=True),
    "plaintext of a peer": Door(take=_plaintext, samples=(PLAINTEXT,)),
    "manifest": Door(take=lambda raw: _manifest(_text(raw)), samples=(SENT.envelope.manifest.encode(),), signed=True),
    "manifest of a peer": _signed_by(HOST.signing, manifests.TYP, _manifest, _payload(SENT.envelope.manifest)),
    "statement": Door(take=lambda raw: _statement(_text(raw)), samples=(STATED.encode(),), signed=True),
    "statement of a peer": _signed_by(HOST.root, STATEMENT, _statement, _payload(STATED)),
    "sd-jwt": Door(take=_sd_jwt, samples=(CONTENT_TEXT.encode(),)),
    "disclosures of a peer": Door(take=_disclosures, samples=(DISCLOSED,)),
    "inner disclosures of a peer": Door(take=_inner_disclosures, samples=(DISCLOSED + b"~identity",)),
    "presentation": Door(take=_shown, samples=(SHOWN.encode(),), signed=True),
    "part": Door(take=lambda raw: verify_part(read_part(raw), trust=TRUST, at=AT), samples=(PART,)),
    "hop request": Door(take=_request, samples=(_header(ASKED),), signed=True),
    "hop parameters of a peer": Door(take=_parameters, samples=(PARAMETERS.encode(),)),
    "hop answer": Door(take=_answer, samples=(_header(ANSWERED),), signed=True),
    "receipt": Door(take=lambda raw: _receipt(_text(raw)), samples=(RECEIPT.encode(),), signed=True),
    "receipt of a peer": _signed_by(ORIGIN.signing, receipt.TYP, _receipt, _payload(RECEIPT)),
    "summary": Door(take=lambda raw: _summary(_text(raw)), samples=(SUMMARY.encode(),), signed=True),
    "summary of a peer": _signed_by(ORIGIN.signing, summary.TYP, _summary, _payload(SUMMARY)),
    "sop signature": Door(take=lambda raw: _sop_signature(_text(raw)), samples=(SOP_SIGNED.encode(),), signed=True),
    "sop signature of a peer": _signed_by(HOST.signing, SOP_SIGNATURE, _sop_signature, _payload(SOP_SIGNED)),
    "challenge": Door(
        take=lambda raw: answer_challenge(strict_json.load(raw), ORIGIN, ORIGIN_ID, AT),
        samples=(strict_json.dump(CHALLENGE),),
        signed=True,
    ),
    "possession": Door(take=lambda raw: _possession(_text(raw)), samples=(POSSESSED.encode(),), signed=True),
    "possession of a peer": _signed_by(ORIGIN.signing, POSSESSION, _possession, _payload(POSSESSED)),
    "sop": Door(
        take=lambda raw: parse_sop(_text(raw)),
        samples=tuple(file.read_bytes() for file in sorted((SHELF / "sops").glob("*.toml"))),
    ),
    "evidence": Door(take=lambda raw: verify_evidence(read_evidence(raw)), samples=(write_evidence(EVIDENCE),)),
    "checkpoint": Door(take=_checkpoint, samples=(EVIDENCE.checkpoint.encode(),), signed=True),
    "log proof": Door(
        take=lambda raw: read_proof(_text(raw)), samples=(write_proof(3, [LEAF, LEAF], EVIDENCE.checkpoint).encode(),)
    ),
    "inclusion": Door(take=_in_tree, samples=(bytes([0, 1]),)),
    "consistency": Door(take=_grown, samples=(bytes([1, 1]),)),
    "log record": Door(
        take=read_record,
        samples=(make_record("peer", AT, peer=ORIGIN_ID, state="active", statement=SOP),),
    ),
    "case file": Door(take=lambda raw: read_case(raw, at=AT), samples=_cases()),
    "settings": Door(take=_settings, samples=(SETTINGS,)),
    "json": Door(take=strict_json.load_value, samples=(b'{"a":[1,-2.5,"\\u00e9",true,null,{"b":{}}]}',)),
    "base64url": Door(take=lambda raw: base64url.decode(_text(raw)), samples=(b"AAEC_-8",)),
    "base64std": Door(take=lambda raw: base64std.decode(_text(raw)), samples=(b"AAEC/+8=",)),
    "basis claim": Door(take=lambda raw: kind_of(_text(raw)), samples=(BASIS.claim.encode(),)),
}

"""A host, an origin and a stranger on the wire, with keys that are the same on every run. All invented."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from relevo.clock import seconds
from relevo.protocol import base64url, jws, sd_jwt, strict_json
from relevo.protocol import envelope as wire
from relevo.protocol.basis import Basis
from relevo.protocol.keyring import KeyRing
from relevo.protocol.keys import DecryptionKey, Signer, SigningKey
from relevo.protocol.sd_jwt import Issued
from relevo.protocol.statement import NodeStatement, first_statement, read_statement
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.protocol.trust import Trust

ROLES = ("root", "signing", "presentation", "log", "witness", "encryption")
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HOST_ID, ORIGIN_ID, STRANGER_ID = "es:retorno", "ci:accueil", "gn:passage"
JTI, THREAD = "019cadb0-3f40-7c1e-8a4b-1f2e3d4c5b6a", "5f0c2d8e-6f3b-4c57-9c5a-0d9f1b7e2a34"
SOP = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
HIDDEN: Mapping[str, JsonValue] = {
    "step": {"name": "requested", "by": "counsellor"},
    "identity-min": {"reference": "ES-0001", "given_names": "Awa (invented)", "languages": ["fr", "dyu"]},
    "medication": {"items": [{"drug": "invented", "supply_ends": "2026-04-01"}]},
}
BASIS = Basis("consent", b'{"purpose":"reintegration"}', bytes(range(32)))


def ring(name: str) -> KeyRing:
    """The key ring that belongs to a name, always the same."""
    seeds = {field: hashlib.shake_256(f"{name}/{field}".encode()).digest(96) for field in ROLES}
    encryption = DecryptionKey(seeds.pop("encryption"))
    signing = {role: SigningKey(seed[:32]) for role, seed in seeds.items()}
    return KeyRing(
        root=signing["root"],
        signing=signing["signing"],
        presentation=signing["presentation"],
        log=signing["log"],
        witness=signing["witness"],
        encryption=encryption,
    )


def statement_token(node_id: str, keyring: KeyRing, at: datetime = AT) -> str:
    """The first statement of a node with that ring."""
    return first_statement(
        keyring,
        node_id=node_id,
        name=f"Invented node {node_id}",
        endpoint="https://node.example/federation",
        contacts=("duty officer, +000 000 000",),
        public_authority=False,
        at=at,
    )


def statement(node_id: str, keyring: KeyRing) -> NodeStatement:
    """The same, read."""
    return read_statement(statement_token(node_id, keyring), at=AT)


HOST, ORIGIN, STRANGER = ring("host"), ring("origin"), ring("stranger")
TRUST = Trust({HOST_ID: statement(HOST_ID, HOST), ORIGIN_ID: statement(ORIGIN_ID, ORIGIN)})

MESSAGE = wire.Message(
    iss=HOST_ID,
    aud=ORIGIN_ID,
    jti=JTI,
    thread=THREAD,
    kind="requested",
    sop=SOP,
    basis=BASIS.claim,
    content=SOP,
)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A message as its sender knows it, and the envelope that left."""

    message: wire.Message
    issued: Issued
    envelope: wire.Envelope


def open_claims(**changes: JsonValue) -> JsonObject:
    """The open claims of the sample message."""
    repeated = {"iss": HOST_ID, "aud": ORIGIN_ID, "jti": JTI, "thread": THREAD, "kind": "requested"}
    own = {"iat": seconds(AT), "cnf": {"jwk": ORIGIN.presentation.public.jwk}}
    return {**repeated, **own, **changes}


def content(**changes: JsonValue) -> Issued:
    """The sample content, signed by the host."""
    return sd_jwt.issue(open_claims(**changes), HIDDEN, key=HOST.signing)


def send(
    issued: Issued | None = None, basis: Basis | None = BASIS, *, at: datetime = AT, seq: int = 1, **changes: str
) -> Sent:
    """The sample message from host to origin, with some of its claims changed."""
    issued = issued or content()
    named = {"content": wire.content_digest(issued.jwt), "basis": basis.claim if basis else "none"}
    message = replace(MESSAGE, **{**named, **changes})
    envelope = wire.seal_envelope(
        message, issued, basis, epoch=1, seq=seq, at=at, key=HOST.signing, recipient=ORIGIN.encryption.public
    )
    return Sent(message=message, issued=issued, envelope=envelope)


def receive(envelope: wire.Envelope, *, at: datetime = AT, trust: Trust = TRUST, me: str = ORIGIN_ID) -> wire.Opened:
    """What the origin makes of an envelope."""
    return wire.open_envelope(
        envelope,
        wire.read_manifest(envelope.manifest, trust=trust, at=at),
        trust=trust,
        me=me,
        keys={ORIGIN.encryption.kid: ORIGIN.encryption},
        presentation=ORIGIN.presentation.public,
        at=at,
    )


def resign(token: str, key: Signer, **changes: JsonValue) -> str:
    """A token with some members of its payload changed (None takes one away), signed anew by `key`."""
    payload = {**payload_of(token), **changes}
    kept = {name: value for name, value in payload.items() if name not in changes or value is not None}
    return jws.sign(strict_json.dump(kept), key, typ_of(token))


def spoilt(token: str) -> str:
    """A token with one character of its signature changed."""
    body, signature = token.rsplit(".", 1)
    return f"{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


def payload_of(token: str) -> JsonObject:
    """What stands in a token, unverified."""
    return strict_json.load(base64url.decode(token.split(".")[1]))


def typ_of(token: str) -> str:
    """The purpose that a token claims."""
    return str(strict_json.load(base64url.decode(token.split(".", maxsplit=1)[0]))["typ"])

"""The invented nodes of the vectors, and one message that goes from the host to the origin.

Every key is SHAKE-256 of a name, so that anybody can make it: they protect nothing and must never be used.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TypeAlias

from relevo.clock import seconds
from relevo.errors import WireError
from relevo.protocol import base64url, jws, strict_json
from relevo.protocol import envelope as wire
from relevo.protocol.basis import Basis
from relevo.protocol.keyring import KeyRing
from relevo.protocol.keys import DecryptionKey, EncryptionKey, Signer, SigningKey
from relevo.protocol.manifest import sign_manifest
from relevo.protocol.sd_jwt import Issued
from relevo.protocol.seal import decrypt, encrypt, open_sealed, seal
from relevo.protocol.statement import first_statement
from vectors.making.cases import Json

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
NOW = seconds(AT)
DAY = 86_400
HOST_ID, ORIGIN_ID, STRANGER_ID = "es:retorno", "ci:accueil", "gn:passage"
JTI, THREAD = "01a2027b-d680-7c1e-8a4b-1f2e3d4c5b6a", "5f0c2d8e-6f3b-4c57-9c5a-0d9f1b7e2a34"
SOP_TEXT = 'title = "Invented procedure"\nversion = 1\n'
KEPT = Path(__file__).parent / "sealed.json"


def ring(name: str) -> KeyRing:
    """The key ring that belongs to a name."""

    def key(role: str) -> SigningKey:
        return SigningKey(stretch(f"{name}/{role}", 96)[:32])

    return KeyRing(
        root=key("root"),
        signing=key("signing"),
        presentation=key("presentation"),
        log=key("log"),
        witness=key("witness"),
        encryption=DecryptionKey(stretch(f"{name}/encryption", 96)),
    )


def stretch(name: str, length: int) -> bytes:
    """Bytes that belong to a name."""
    return hashlib.shake_256(f"relevo-vectors-v1/{name}".encode()).digest(length)


HOST, ORIGIN, STRANGER = ring("host"), ring("origin"), ring("stranger")
SOP = base64url.digest(SOP_TEXT.encode())
TERMS = {
    "classes": ["contact", "identity-min", "needs"],
    "expires_on": "2027-11-22",
    "outcomes_may_return": True,
    "purpose": "reintegration-assistance",
    "receiver": ORIGIN_ID,
}
BASIS = Basis("consent", json.dumps(TERMS, sort_keys=True, separators=(",", ":")).encode(), stretch("basis salt", 32))
HIDDEN: Mapping[str, Json] = {
    "step": {
        "name": "requested",
        "by": "counsellor",
        "purpose": "reintegration-assistance",
        "urgency": "routine",
        "confidential": False,
    },
    "consent": {**TERMS},
    "identity-min": {
        "reference": "ES-0001",
        "given_names": "Awa (invented)",
        "family_name": "Sample",
        "birth_date": "1994-03-08",
        "sex": "female",
        "nationality": "CI",
        "languages": ["fr"],
    },
    "contact": {"channel": "phone", "number": "+225 07 00 00 00 01", "language": "fr", "who_may_answer": "herself"},
    "needs": {"economic": ["business-start"]},
}


@cache
def statement(node_id: str, name: str) -> str:
    """The first statement of a node with the ring of that name."""
    return first_statement(
        ring(name),
        node_id=node_id,
        name=f"Invented node {node_id}",
        endpoint=f"https://{name}.example/relevo",
        contacts=("duty officer, +000 000 000",),
        public_authority=False,
        at=AT,
    )


HOST_SAYS, ORIGIN_SAYS = statement(HOST_ID, "host"), statement(ORIGIN_ID, "origin")
STATEMENTS = [HOST_SAYS, ORIGIN_SAYS]
MESSAGE = wire.Message(
    iss=HOST_ID, aud=ORIGIN_ID, jti=JTI, thread=THREAD, kind="requested", sop=SOP, basis=BASIS.claim, content=SOP
)


def open_claims(**changes: Json) -> Json:
    """The open claims of the sample message."""
    claims = {"iss": HOST_ID, "aud": ORIGIN_ID, "iat": NOW, "jti": JTI, "thread": THREAD, "kind": "requested"}
    return {**claims, "cnf": {"jwk": ORIGIN.presentation.public.jwk}, **changes}


def disclosure(label: str, name: str, value: Json) -> str:
    """One disclosure, its salt made from a label."""
    return base64url.encode(strict_json.dump([base64url.encode(stretch(f"salt/{label}", 16)), name, value]))


def digests(label: str, disclosures: list[str], multiple: int) -> list[str]:
    """The digests of disclosures among decoys, in order."""
    found = [base64url.digest(text.encode()) for text in disclosures]
    missing = -len(found) % multiple if found else multiple
    return sorted(found + [base64url.digest(stretch(f"decoy/{label}/{number}", 32)) for number in range(missing)])


def payload_of(claims: Json, hidden: Mapping[str, Json], label: str = "content") -> tuple[Json, tuple[str, ...]]:
    """The payload and the disclosures of an SD-JWT, written by hand from docs/protocol.md with salts of our own."""
    members: list[list[str]] = []
    for name, value in hidden.items():
        place = f"{label}/{name}"
        inside = [disclosure(f"{place}/{one}", one, it) for one, it in value.items()] if isinstance(value, dict) else []
        whole = {"_sd": digests(place, inside, 8)} if isinstance(value, dict) else value
        members.append([disclosure(place, name, whole), *inside])
    top = digests(label, [one[0] for one in members], 16)
    return {**claims, "_sd_alg": "sha-256", "_sd": top}, tuple(text for one in members for text in one)


def signed(payload: Json, key: Signer, typ: str) -> str:
    """A payload as compact JWS of our profile."""
    return jws.sign(strict_json.dump(payload), key, typ)


def issued(claims: Json = None, hidden: Mapping[str, Json] = HIDDEN, key: SigningKey = HOST.signing) -> Issued:
    """Content, signed by the host unless another key is given."""
    payload, disclosures = payload_of(claims or open_claims(), hidden)
    return Issued(jwt=signed(payload, key, "relevo+sd-jwt"), disclosures=disclosures)


CONTENT = issued()


def message_of(content: Issued, basis: Basis | None = BASIS, **changes: str) -> wire.Message:
    """The claims that are the message."""
    named = {"content": wire.content_digest(content.jwt), "basis": basis.claim if basis else "none"}
    return replace(MESSAGE, **{**named, **changes})


def plaintext(content: Issued, basis: Basis | None) -> bytes:
    """What is sealed."""
    record = basis and {
        "kind": basis.kind,
        "record": base64url.encode(basis.record),
        "salt": base64url.encode(basis.salt),
    }
    serialised = "".join(f"{part}~" for part in (content.jwt, *content.disclosures))
    return strict_json.dump({"content": serialised, "basis": record})


def info(message: wire.Message, kem: str, epoch: int = 1, seq: int = 1) -> str:
    """The place that a sealing is bound to."""
    return "\n".join(("relevo-seal-v1", message.iss, message.aud, message.jti, str(epoch), str(seq), kem))


def envelope_of(
    message: wire.Message, sealed: bytes, *, key: SigningKey = HOST.signing, kem: str = "", seq: int = 1
) -> Json:
    """An envelope with these sealed bytes, its manifest signed."""
    attempt = wire.Attempt(
        epoch=1,
        seq=seq,
        iat=AT,
        kid=key.kid,
        kem=kem or ORIGIN.encryption.kid,
        sealed=base64url.digest(sealed),
    )
    token = sign_manifest(wire.Manifest(message=message, attempt=attempt), key)
    return {"manifest": token, "sealed": base64url.encode(sealed)}


@cache
def _sealed_before() -> dict[str, str]:
    found: dict[str, str] = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    return found


_USED: dict[str, str] = {}
_Make: TypeAlias = Callable[[bytes, EncryptionKey, bytes], bytes]
_Read: TypeAlias = Callable[[bytes, DecryptionKey, bytes], bytes]


def sealed_once(raw: bytes, key: DecryptionKey, place: str) -> bytes:
    """`raw` sealed for `key` and `place`: the same bytes as ever, as long as they open."""
    return _once(raw, key, place, seal, open_sealed)


def encrypted_once(raw: bytes, key: DecryptionKey, place: str) -> bytes:
    """The same without padding."""
    return _once(raw, key, place, encrypt, decrypt)


def _once(raw: bytes, key: DecryptionKey, place: str, make: _Make, read: _Read) -> bytes:
    name = base64url.digest(f"{make.__name__}\n{key.kid}\n{place}\n{raw.hex()}".encode())
    known = _sealed_before().get(name)
    if known is None or not _opens(base64url.decode(known), key, place, raw, read):
        known = base64url.encode(make(raw, key.public, place.encode()))
        _sealed_before()[name] = known
    _USED[name] = known
    return base64url.decode(known)


def kept() -> str:
    """The ciphertexts that are in use, to be found again the next time."""
    return json.dumps(dict(sorted(_USED.items())), indent=1) + "\n"


def _opens(sealed: bytes, key: DecryptionKey, place: str, raw: bytes, read: _Read) -> bool:
    try:
        return read(sealed, key, place.encode()) == raw
    except WireError:
        return False

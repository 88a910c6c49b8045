"""Vectors about whole envelopes: what the receiver makes of a message, and how it can contradict itself."""

from __future__ import annotations

from collections.abc import Iterator

from relevo.protocol import base64url, strict_json
from relevo.protocol.basis import Basis
from relevo.protocol.sd_jwt import Issued
from vectors.making import parties
from vectors.making.cases import Json, Vectors, bad, good, vectors
from vectors.making.parties import (
    BASIS,
    CONTENT,
    HIDDEN,
    HOST,
    NOW,
    ORIGIN,
    ORIGIN_ID,
    STATEMENTS,
    STRANGER,
    disclosure,
    issued,
    message_of,
    open_claims,
    plaintext,
)


def files() -> Iterator[Vectors]:
    """The one of them."""
    presentation, seed = ORIGIN.presentation.public.jwk, ORIGIN.encryption.seed.hex()
    given = {"statements": STATEMENTS, "me": ORIGIN_ID, "seed": seed, "presentation": presentation, "at": NOW + 60}
    yield vectors("envelope", "A message, whole.", _envelopes(), **given)


def _envelope(content: Issued = CONTENT, basis: Basis | None = BASIS, raw: bytes | None = None, **changes: str) -> Json:
    message = message_of(content, basis, **changes)
    place = parties.info(message, ORIGIN.encryption.kid)
    said = plaintext(content, basis) if raw is None else raw
    return parties.envelope_of(message, parties.sealed_once(said, ORIGIN.encryption, place))


def _envelopes() -> Iterator[Json]:
    honest = _envelope()
    record = {"kind": "consent", "record": BASIS.record.hex()}
    yield good("a referral", {"claims": {**open_claims(), **HIDDEN}, "basis": record}, envelope=honest)
    closed = issued(open_claims(kind="node"), {"step": {"name": "contact-list", "by": "node"}})
    between = {**open_claims(kind="node"), "step": {"name": "contact-list", "by": "node"}}
    resting = _envelope(closed, None, kind="node", sop="none")
    yield good("between nodes, without basis", {"claims": between, "basis": None}, envelope=resting)
    yield bad("for another node", "wrong-audience", envelope=honest, me="gn:passage")
    sealed = base64url.decode(honest["sealed"])
    flipped = base64url.encode(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    yield bad("sealed bytes of which one bit was changed", "sealed-changed", envelope={**honest, "sealed": flipped})
    yield bad("a member too many", "malformed-claims", envelope={**honest, "key": "x"})
    yield bad("sealed with padding", "not-base64url", envelope={**honest, "sealed": honest["sealed"] + "="})
    moved = parties.envelope_of(message_of(CONTENT), sealed, seq=2)
    yield bad("moved to another place of the stream", "decryption-failed", envelope=moved)
    lost = parties.envelope_of(message_of(CONTENT), sealed, kem=HOST.encryption.kid)
    yield bad("sealed to a key that is gone", "recipient-key-unknown", envelope=lost)
    yield from _contradictions()
    yield from _plaintexts()


def _contradictions() -> Iterator[Json]:
    """Where manifest, content and basis do not say the same."""
    for name, value in {
        "kind": "closed",
        "thread": parties.JTI,
        "aud": "gn:passage",
        "jti": "01a2027b-d680-7c1e-8a4b-000000000000",
    }.items():
        other = issued(open_claims(**{name: value}))
        yield bad(f"another {name} in the content", "content-mismatch", envelope=_envelope(other))
    unbound = issued(open_claims(cnf={"jwk": STRANGER.presentation.public.jwk}))
    yield bad("bound to another presentation key", "content-mismatch", envelope=_envelope(unbound))
    unnamed = _envelope(raw=plaintext(issued(open_claims(iat=NOW - 301)), BASIS))
    yield bad("other content than the manifest names", "content-mismatch", envelope=unnamed)
    resalted = Basis("consent", BASIS.record, bytes(32))
    yield bad("a basis with another salt", "basis-mismatch", envelope=_envelope(raw=plaintext(CONTENT, resalted)))
    claimed = Basis("exception", BASIS.record, BASIS.salt)
    yield bad("a basis of the other kind", "basis-mismatch", envelope=_envelope(raw=plaintext(CONTENT, claimed)))
    yield bad("no basis where one is claimed", "basis-mismatch", envelope=_envelope(raw=plaintext(CONTENT, None)))
    foreign = issued(open_claims(iss=ORIGIN_ID), key=ORIGIN.signing)
    yield bad("content of the receiver itself", "content-mismatch", envelope=_envelope(foreign))
    stolen = issued(key=ORIGIN.signing)
    yield bad("content signed by another node's key", "wrong-issuer", envelope=_envelope(stolen))
    stranger = issued(key=STRANGER.signing)
    yield bad("content signed by a stranger", "key-unknown", envelope=_envelope(stranger))
    early = issued(open_claims(iat=NOW - 301))
    yield bad("content signed before its key was in use", "key-out-of-period", envelope=_envelope(early))
    more = issued({**open_claims(), "name": "Awa"})
    yield bad("an open claim too many", "malformed-plaintext", envelope=_envelope(more))


def _plaintexts() -> Iterator[Json]:
    """What was sealed is not what it should be."""
    said = strict_json.load(plaintext(CONTENT, BASIS))
    shapes: dict[str, bytes] = {
        "no JSON": b"\xff",
        "a name twice": b'{"content":"a~","content":"b~","basis":null}',
        "a member too many": strict_json.dump({**said, "files": []}),
        "no basis member": strict_json.dump({"content": said["content"]}),
        "content without a tilde": strict_json.dump({**said, "content": CONTENT.jwt}),
        "a salt of 16 bytes": strict_json.dump(
            {**said, "basis": {**said["basis"], "salt": base64url.encode(bytes(16))}}
        ),
        "a basis of an unknown kind": strict_json.dump({**said, "basis": {**said["basis"], "kind": "trust"}}),
        "a basis with a member too many": strict_json.dump({**said, "basis": {**said["basis"], "why": ""}}),
    }
    for name, raw in shapes.items():
        yield bad(f"sealed: {name}", "malformed-plaintext", envelope=_envelope(raw=raw))
    orphan = Issued(jwt=CONTENT.jwt, disclosures=(*CONTENT.disclosures, disclosure("orphan", "note", 1)))
    yield bad("a disclosure that nobody signed", "bad-disclosure", envelope=_envelope(raw=plaintext(orphan, BASIS)))

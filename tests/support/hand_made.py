"""Messages composed by hand with a registered node's real keys: what a peer could send that does not run Relevo.

Everything is signed and sealed as the protocol says; only the rules were not asked. `Hand` writes as one node to
another, from place 1000 of the stream on, so that the real courier never meets its places.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from relevo.clock import seconds
from relevo.delivery import federation
from relevo.delivery.node import Node
from relevo.domain.consent import Terms
from relevo.ids import new_jti, new_thread
from relevo.messages.classes import terms_record, terms_to_fields
from relevo.protocol import base64url, sd_jwt, strict_json
from relevo.protocol.basis import Basis
from relevo.protocol.envelope import Attempt, Envelope, Manifest, Message, content_digest, seal_envelope
from relevo.protocol.hop import HopRequest, sign_request
from relevo.protocol.manifest import sign_manifest
from relevo.protocol.receipt import Receipt, read_receipt
from relevo.protocol.sd_jwt import Issued
from relevo.protocol.seal import seal
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.storage import peers, sops
from support.nodes import AT

MARKER = "Marker-7731"
"""Stands in every text that a hand-made message says about a person."""

CLASSES = frozenset({"identity-min", "contact", "travel", "needs"})
TERMS = Terms(
    purpose="reintegration-assistance",
    receiver="ci:accueil",
    classes=CLASSES,
    expires_on=AT.date().replace(year=AT.year + 1),
    outcomes_may_return=True,
)
REQUESTED: JsonObject = {
    "name": "requested",
    "by": "counsellor",
    "purpose": TERMS.purpose,
    "urgency": "routine",
    "confidential": False,
}
STATED: JsonObject = {
    "identity-min": {
        "reference": MARKER,
        "given_names": f"Awa {MARKER}",
        "family_name": f"Sample {MARKER}",
        "birth_date": "1994-03-08",
        "sex": "female",
        "nationality": "CI",
        "languages": ["fr"],
    },
    "contact": {"channel": "phone", "number": "+225 07 00 00 00 01", "language": "fr", "who_may_answer": MARKER},
    "needs": {"economic": ["business-start"], "intentions": f"a workshop {MARKER}"},
}
"""What an honest host would state about an invented person."""


def basis_of(terms: Terms) -> Basis:
    """A consent record with a salt of its own."""
    return Basis(kind="consent", record=terms_record(terms), salt=secrets.token_bytes(32))


def asking(terms: Terms = TERMS, *, without: str = "", **changes: JsonValue) -> JsonObject:
    """The hidden claims of a first message under `terms`, with some of them changed or one left out."""
    names = {name.replace("_", "-"): value for name, value in changes.items()}
    hidden: JsonObject = {"step": REQUESTED, **STATED, "consent": dict(terms_to_fields(terms)), **names}
    return {name: value for name, value in hidden.items() if name != without}


def step(name: str, **words: JsonValue) -> JsonObject:
    """The claim that says which step is taken."""
    return {"name": name, "by": "counsellor", **words}


@dataclass(frozen=True, kw_only=True)
class Written:
    """A message before it is sealed: what it is, what it says, and what it rests on."""

    message: Message
    issued: Issued
    basis: Basis | None


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What came back for one envelope: a receipt, or the code of a problem."""

    jti: str | None
    token: str | None
    receipt: Receipt | None
    problem: str | None

    @property
    def told(self) -> tuple[str, str | None]:
        """`("stored", None)`, `("refused", code)` or `("problem", code)`."""
        return (self.receipt.disposition, self.receipt.code) if self.receipt else ("problem", self.problem)


@dataclass(kw_only=True)
class Hand:
    """Writes messages as `sender` to `receiver`, both real nodes that know each other."""

    sender: Node
    receiver: Node
    basis: Basis = field(default_factory=lambda: basis_of(TERMS))
    thread: str = field(default_factory=new_thread)
    last: str | None = None
    places: Iterator[int] = field(default_factory=lambda: itertools.count(1000))

    def write(self, hidden: Mapping[str, JsonValue], kind: str = "requested", **changes: str) -> Written:
        """A message that says `hidden`, with some claims of the manifest and of the content changed alike."""
        with self.sender.read() as work:
            recipient = peers.latest(work.session, self.receiver.identity.node_id)
            sop = sops.everything(work.session)[-1].digest
        given = {
            "iss": self.sender.identity.node_id,
            "aud": self.receiver.identity.node_id,
            "jti": new_jti(self.now, self.last),
            "thread": self.thread,
            "kind": kind,
            **changes,
        }
        self.last = given["jti"]
        named = {name: given[name] for name in ("iss", "aud", "jti", "thread", "kind")}
        opening: JsonObject = {**named, "iat": seconds(self.now), "cnf": {"jwk": recipient.presentation.jwk}}
        issued = sd_jwt.issue(opening, hidden, key=self.sender.identity.keys.signing)
        outside = {"sop": given.get("sop", sop), "basis": self.basis.claim, "content": content_digest(issued.jwt)}
        return Written(message=Message(**named, **outside), issued=issued, basis=self.basis)

    def seal(self, written: Written, *, at: datetime | None = None) -> Envelope:
        """One attempt to bring a message, at the next place of the stream."""
        with self.sender.read() as work:
            recipient = peers.trust(work.session).encryption_key(self.receiver.identity.node_id, work.at)
        return seal_envelope(
            written.message,
            written.issued,
            written.basis,
            epoch=1,
            seq=next(self.places),
            at=at or self.now,
            key=self.sender.identity.keys.signing,
            recipient=recipient,
        )

    def request(self, *envelopes: Envelope) -> HopRequest:
        """A signed request that brings envelopes."""
        body = strict_json.dump({"envelopes": [envelope.to_object() for envelope in envelopes]})
        url = self.receiver.identity.endpoint + federation.ENVELOPES
        key = self.sender.identity.keys.signing
        headers = sign_request("POST", url, "application/json", body, key=key, at=self.now)
        return HopRequest(method="POST", target_uri=url, headers=headers, body=body)

    def bring(self, *envelopes: Envelope) -> list[Answered]:
        """What the receiver answers to each envelope."""
        answer = strict_json.load(federation.take_envelopes(self.receiver, self.request(*envelopes)).body)
        results = answer["results"]
        assert isinstance(results, list)
        return [self._answered(result) for result in results if isinstance(result, dict)]

    def say(self, hidden: Mapping[str, JsonValue], kind: str = "requested", **changes: str) -> Answered:
        """Write, seal and bring one message."""
        (answered,) = self.bring(self.seal(self.write(hidden, kind, **changes)))
        return answered

    @property
    def now(self) -> datetime:
        """The moment at the sender."""
        return self.sender.clock.now()

    def _answered(self, result: JsonObject) -> Answered:
        token, problem = result.get("receipt"), result.get("problem")
        with self.sender.read() as work:
            trust = peers.trust(work.session)
        return Answered(
            jti=str(result["jti"]) if result["jti"] else None,
            token=str(token) if token else None,
            receipt=read_receipt(str(token), trust=trust, at=self.now) if token else None,
            problem=str(problem["code"]) if isinstance(problem, dict) else None,
        )


def without_basis(written: Written) -> Written:
    """The same message, resting on nothing."""
    return Written(message=replace(written.message, basis="none"), issued=written.issued, basis=None)


def sealed_anew(hand: Hand, written: Written, change: Callable[[JsonObject], JsonObject]) -> Envelope:
    """An attempt whose sealed plaintext is not the one that the manifest speaks of, sealed and signed as it should."""
    place, now = next(hand.places), hand.now
    with hand.sender.read() as work:
        recipient = peers.trust(work.session).encryption_key(hand.receiver.identity.node_id, work.at)
    message, key = written.message, hand.sender.identity.keys.signing
    parts = ("relevo-seal-v1", message.iss, message.aud, message.jti, "1", str(place), recipient.kid)
    sealed = seal(strict_json.dump(change(_plaintext(written))), recipient, "\n".join(parts).encode())
    digest = base64url.digest(sealed)
    attempt = Attempt(epoch=1, seq=place, iat=now, kid=key.kid, kem=recipient.kid, sealed=digest)
    return Envelope(manifest=sign_manifest(Manifest(message=message, attempt=attempt), key), sealed=sealed)


def _plaintext(written: Written) -> JsonObject:
    basis = written.basis
    assert basis is not None
    record, salt = base64url.encode(basis.record), base64url.encode(basis.salt)
    rests_on: JsonObject = {"kind": basis.kind, "record": record, "salt": salt}
    return {"content": sd_jwt.serialise(written.issued), "basis": rests_on}

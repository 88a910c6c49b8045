"""A registered peer that knows the protocol and means harm: it has real keys, a real socket, and asks no rules.

Each attack is a function from the `Enemy` to what was told: `status code` of a request that was refused as a whole,
else the dispositions and codes of its items. `NEEDLE` stands in whatever it brings and must be found nowhere after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeAlias

from relevo.delivery import federation
from relevo.protocol import base64url, strict_json
from relevo.protocol.envelope import Envelope
from relevo.protocol.hop import HopRequest, sign_request
from relevo.protocol.keyring import KeyRing
from relevo.protocol.keys import Signer
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.storage import sops
from support.front_door import Told, request, speak
from support.hand_made import Hand, Written, asking

NEEDLE = "Ravenscroftholloway"
NEEDS: JsonObject = {"economic": ["business-start"], "intentions": NEEDLE}


@dataclass(frozen=True, kw_only=True)
class Enemy:
    """Writes as one node to another that is served at `port`; `stranger` has keys that nobody registered.

    `old` are signing keys that the node had before, by what became of them.
    """

    port: int
    hand: Hand
    stranger: KeyRing
    old: Mapping[str, Signer] = field(default_factory=dict)

    @property
    def key(self) -> Signer:
        """The signing key of the node that it is."""
        return self.hand.sender.identity.keys.signing

    @property
    def url(self) -> str:
        """Where envelopes go, as it is signed."""
        return self.hand.receiver.identity.endpoint + federation.ENVELOPES

    @property
    def sop_text(self) -> str:
        """The procedure that both have agreed."""
        with self.hand.sender.read() as work:
            return sops.everything(work.session)[-1].text

    def fresh(self) -> Hand:
        """A hand in a thread of its own, in the same stream."""
        return Hand(sender=self.hand.sender, receiver=self.hand.receiver, places=self.hand.places)

    def written(self, **changes: str) -> Written:
        """A first message that could be taken, but for what is changed."""
        return self.fresh().write(asking(needs=NEEDS), **changes)

    def envelope(self) -> Envelope:
        """The same, sealed."""
        return self.hand.seal(self.written())

    def signed(self, body: bytes, *, key: Signer | None = None, url: str = "", seconds: int = 0) -> HopRequest:
        """A signed request with that body."""
        at = self.hand.now + timedelta(seconds=seconds)
        headers = sign_request("POST", url or self.url, "application/json", body, key=key or self.key, at=at)
        return HopRequest(method="POST", target_uri=url or self.url, headers=headers, body=body)

    def carrying(self, *envelopes: Envelope) -> HopRequest:
        """A signed request with envelopes."""
        return self.signed(body_of(*envelopes))

    def send(self, asked: HopRequest, *, path: str = federation.ENVELOPES, **headers: str) -> str:
        """What is told about a request."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        fields = {name.lower(): value for name, value in asked.headers.items()} | named
        return self.raw(request(asked.method, path, fields, asked.body))

    def bring(self, *envelopes: Envelope) -> str:
        """What is told about envelopes in a sound request."""
        return self.send(self.carrying(*envelopes))

    def raw(self, *pieces: bytes) -> str:
        """What is told about bytes."""
        return told(speak(self.port, *pieces))


Attack: TypeAlias = Callable[[Enemy], str]


def told(answer: Told | None) -> str:
    """What an answer says, in a line."""
    if answer is None:
        return "nothing"
    if answer.status != 200 or "signature" not in answer.headers:
        return answer.code
    results = answer.document["results"]
    return " ".join(_result(result) for result in results)


def _result(result: JsonObject) -> str:
    if "problem" in result:
        return str(result["problem"]["code"])
    claims = strict_json.load(base64url.decode(result["receipt"].split(".")[1]))
    return str(claims["code"]) if claims["disposition"] == "refused" else "stored"


def body_of(*envelopes: Envelope) -> bytes:
    """Envelopes as a body."""
    return strict_json.dump({"envelopes": [envelope.to_object() for envelope in envelopes]})


def token(header: Mapping[str, JsonValue], payload: bytes, key: Signer) -> str:
    """A compact JWS with any header, signed."""
    body = f"{base64url.encode(strict_json.dump(dict(header)))}.{base64url.encode(payload)}"
    return f"{body}.{base64url.encode(key.sign(body.encode()))}"


def forged(
    envelope: Envelope, key: Signer, header: Mapping[str, JsonValue] | None = None, **claims: JsonValue
) -> Envelope:
    """An envelope whose manifest has other header members and claims, signed with `key`."""
    head, payload, _ = envelope.manifest.split(".")
    said = {**strict_json.load(base64url.decode(head)), **(header or {})}
    kept = {**strict_json.load(base64url.decode(payload)), **claims}
    return replace(envelope, manifest=token(said, strict_json.dump(kept), key))


def payload_replaced(envelope: Envelope, key: Signer, change: Callable[[bytes], bytes]) -> Envelope:
    """An envelope whose manifest's payload is other bytes, signed with `key`."""
    head, payload, _ = envelope.manifest.split(".")
    said = strict_json.load(base64url.decode(head))
    return replace(envelope, manifest=token(said, change(base64url.decode(payload)), key))

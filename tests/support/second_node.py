"""A second implementation of a sending node, written from docs/protocol.md alone; it imports nothing of the first.

Its parts stand in the order of the document and name its sections. It is a host that is sealed for by X25519: it
registers, proposes a procedure, sends a first message, and verifies what comes back. A node at work checks all that the
document says of what it reads; this one checks what shows that both understand the same.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from support.second_bytes import (
    SUITES,
    Json,
    content_digest,
    decode,
    digest,
    dump,
    encode,
    jwk,
    kid,
    quoted,
    seal,
    sealing_key,
    sign,
    verified,
)

DAY = 86_400


@dataclass(kw_only=True)
class SecondNode:
    """A host that speaks to one peer, at a clock that stands."""

    node_id: str
    endpoint: str
    now: int
    peer: Json = field(default_factory=dict)
    root: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    signing: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    others: list[Ed25519PrivateKey] = field(default_factory=lambda: [Ed25519PrivateKey.generate() for _ in range(3)])
    opening: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)
    places: int = 0

    # 4. Statements and registration

    @property
    def encryption(self) -> Json:
        """Our encryption key."""
        return sealing_key("X25519", self.opening.public_key().public_bytes_raw())

    def statement(self) -> str:
        """Our first statement."""
        presentation, log, witness = map(jwk, self.others)
        use = {"use_from": self.now, "use_until": self.now + 90 * DAY, "verify_until": self.now + 270 * DAY}
        said = {
            "node_id": self.node_id,
            "name": "A second implementation",
            "version": 1,
            "prev": None,
            "iat": self.now,
            "exp": self.now + 90 * DAY,
            "root": jwk(self.root),
            "presentation": presentation,
            "log": log,
            "witness": witness,
            "signing": [{"key": jwk(self.signing), **use, "invalid_from": None}],
            "encryption": [{"key": self.encryption, "use_until": self.now + 90 * DAY}],
            "endpoint": self.endpoint,
            "contacts": [],
            "public_authority": False,
            "endorsement": None,
        }
        return sign(dump(said), "relevo-statement+jwt", self.root)

    def fingerprint(self) -> str:
        """What our administrator reads aloud, in digits."""
        named = b"relevo-fingerprint-v1\0" + self.node_id.encode() + b"\0" + self.root.public_key().public_bytes_raw()
        digits = f"{int.from_bytes(hashlib.sha256(named).digest()[:16], 'big'):040}"
        return " ".join(digits[at : at + 5] for at in range(0, 40, 5))

    def prove(self, challenge: Json) -> Json:
        """The answer to a challenge: we can open, and we can sign."""
        info = "\n".join(("relevo-possession-v1", challenge["asker"], challenge["node"], challenge["kem"]))
        raw = SUITES["X25519"].decrypt(decode(challenge["sealed"]), self.opening, info.encode())
        nonce = raw[4 : 4 + int.from_bytes(raw[:4], "big")]
        said = {
            "iss": self.node_id,
            "aud": challenge["asker"],
            "iat": self.now,
            "nonce_digest": digest(b"relevo-possession-v1\0" + nonce),
        }
        return {"proof": sign(dump(said), "relevo-possession+jwt", self.signing)}

    def know(self, token: str) -> None:
        """Keep the statement of the peer, whose fingerprint people have compared."""
        self.peer = json.loads(decode(token.split(".")[1]))

    # 5. Content

    def content(self, opening: Json, hidden: Mapping[str, Any]) -> tuple[str, str]:
        """The JWT, and it with all its disclosures."""
        disclosures: list[str] = []

        def disclosed(name: str, value: object) -> str:
            text = encode(dump([encode(secrets.token_bytes(16)), name, value]))
            disclosures.append(text)
            return digest(text.encode())

        def filled(digests: Iterable[str], multiple: int) -> list[str]:
            real = list(digests)
            wanted = max(multiple, -(-len(real) // multiple) * multiple)
            return sorted([*real, *(digest(secrets.token_bytes(32)) for _ in range(wanted - len(real)))])

        def member(name: str, value: object) -> str:
            if not isinstance(value, dict):
                return disclosed(name, value)
            return disclosed(name, {"_sd": filled([disclosed(*one) for one in value.items()], 8)})

        payload = {**opening, "_sd_alg": "sha-256", "_sd": filled([member(*one) for one in hidden.items()], 16)}
        token = sign(dump(payload), "relevo+sd-jwt", self.signing)
        return token, "~".join((token, *disclosures, ""))

    # 7. Basis, 9. Envelope and manifest

    def envelope(self, kind: str, hidden: Mapping[str, Any], *, sop: str = "none", consent: Json | None = None) -> Json:
        """A message in a thread of its own, at the next place of the stream."""
        self.places += 1
        message = {"iss": self.node_id, "aud": self.peer["node_id"], "jti": self._jti(), "thread": str(uuid.uuid4())}
        opening = {**message, "iat": self.now, "kind": kind, "cnf": {"jwk": self.peer["presentation"]}}
        token, whole = self.content(opening, hidden)
        basis, claim = None, "none"
        if consent is not None:
            record, salt = dump(consent, ordered=True), secrets.token_bytes(32)
            claim = f"consent:{digest(b'relevo-basis-v1' + bytes(1) + salt + record)}"
            basis = {"kind": "consent", "record": encode(record), "salt": encode(salt)}
        to = max(self.peer["encryption"], key=lambda one: int(one["use_until"]))["key"]
        place = ("relevo-seal-v1", *(message[name] for name in ("iss", "aud", "jti")), "1", str(self.places), to["kid"])
        sealed = seal(dump({"content": whole, "basis": basis}), to, "\n".join(place).encode())
        said = {
            **message,
            "kind": kind,
            "sop": sop,
            "basis": claim,
            "content": digest(token.encode()),
            "epoch": 1,
            "seq": self.places,
            "iat": self.now,
            "kem": to["kid"],
            "sealed": digest(sealed),
        }
        return {"manifest": sign(dump(said), "relevo-envelope+jwt", self.signing), "sealed": encode(sealed)}

    def _jti(self) -> str:
        """A UUID of version 7."""
        raw = (self.now * 1000 + self.places).to_bytes(6, "big") + secrets.token_bytes(10)
        return str(uuid.UUID(bytes=raw[:6] + bytes([0x70 | raw[6] & 15, raw[7], 0x80 | raw[8] & 63]) + raw[9:]))

    # 10. Hop

    def request(self, *envelopes: Json) -> tuple[dict[str, str], bytes]:
        """Fields and body of a request that brings envelopes."""
        body = dump({"envelopes": envelopes})
        fields = {"content-type": "application/json", "content-digest": content_digest(body)}
        covered = ("@method", "@target-uri", "content-type", "content-digest")
        given = (
            f'created={self.now};keyid="{kid(jwk(self.signing))}";expires={self.now + 300}'
            f';nonce="{encode(secrets.token_bytes(16))}";tag="relevo-v1"'
        )
        parameters = f"({' '.join(map(quoted, covered))});{given}"
        values = {"@method": "POST", "@target-uri": self._target, **fields}
        lines = [f'"{name}": {values[name]}' for name in covered]
        base = "\n".join((*lines, f'"@signature-params": {parameters}'))
        signature = base64.b64encode(self.signing.sign(base.encode())).decode()
        return {**fields, "signature-input": f"second={parameters}", "signature": f"second=:{signature}:"}, body

    @property
    def _target(self) -> str:
        return f"{self.peer['endpoint'].rstrip('/')}/federation/v1/envelopes"

    def verified_answer(self, asked: Mapping[str, str], got: Mapping[str, str], body: bytes) -> Json:
        """What the peer answered to this very request."""
        assert got["content-digest"] == content_digest(body)
        _, _, parameters = got["signature-input"].partition("=")
        listed = re.findall(r'"([^"]+)"(;req)?', parameters.partition(")")[0])
        own = {"@method": "POST", "@target-uri": self._target, **asked}
        theirs = {"@status": "200", **got}
        lines = [f'"{name}"{of}: {own[name] if of else theirs[name]}' for name, of in listed]
        base = "\n".join((*lines, f'"@signature-params": {parameters}'))
        (public,) = (one["key"] for one in self.peer["signing"] if f'keyid="{kid(one["key"])}"' in parameters)
        signature = base64.b64decode(got["signature"].partition("=")[2].strip(":"))
        Ed25519PublicKey.from_public_bytes(decode(public["x"])).verify(signature, base.encode())
        req = {"@method", "@target-uri", "content-type", "content-digest", "signature"}
        assert {name for name, of in listed if of} == req
        assert {name for name, of in listed if not of} == {"@status", "content-type", "content-digest"}
        answer: Json = json.loads(body)
        return answer

    # 12. Receipt

    def receipt(self, result: Json, envelope: Json) -> Json:
        """The receipt for an envelope."""
        said = verified(result["receipt"], "relevo-receipt+jwt", self.peer)
        assert (said["iss"], said["aud"]) == (self.peer["node_id"], self.node_id)
        assert said["of"] == digest(envelope["manifest"].encode())
        return said

    # 16. Procedures

    def proposal(self, text: str) -> Json:
        """A message that proposes a procedure, signed."""
        said = {"iss": self.node_id, "aud": self.peer["node_id"], "sop": digest(text.encode()), "iat": self.now}
        signature = sign(dump(said), "relevo-sop+jwt", self.signing)
        step = {"name": "sop-proposed", "by": "administrator", "sop": text, "signature": signature}
        return self.envelope("node", {"step": step})

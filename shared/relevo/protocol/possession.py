"""Proof that a peer holds the private halves of the keys in its statement.

    challenge   {"asker", "node", "kem", "sealed"}: a nonce of 16 bytes, sealed to the node's encryption key with info =
                relevo-possession-v1, asker, node, kem, joined by newlines
    answer      JWS of typ relevo-possession+jwt over {"iss", "aud", "iat", "nonce_digest"}, where nonce_digest =
                SHA-256("relevo-possession-v1" 00 ‖ nonce)

Only who can open the seal knows the nonce, and only who can sign can say so: one answer proves both keys. The nonce
is the asker's to keep and to forget after one answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relevo.clock import seconds
from relevo.errors import WireError
from relevo.protocol import base64url, jws, strict_json
from relevo.protocol.claims import Claims, WrongAudience
from relevo.protocol.seal import open_sealed, seal
from relevo.protocol.trust import Trust, read_signed

if TYPE_CHECKING:
    from datetime import datetime

    from relevo.protocol.keyring import Keys
    from relevo.protocol.statement import NodeStatement

TYP = "relevo-possession+jwt"
NONCE_BYTES = 16
_TAG = "relevo-possession-v1"


class PossessionUnproven(WireError):
    """An answer is not to this challenge, or a challenge is not for the keys that we have."""

    code = "possession-unproven"
    advice = "Make a new challenge; if it fails again, the peer's statement and its keys do not belong together."


@dataclass(frozen=True, kw_only=True)
class _Answer:
    iss: str
    aud: str
    iat: datetime
    nonce_digest: str


def challenge_for(statement: NodeStatement, *, asker: str, nonce: bytes) -> dict[str, str]:
    """A challenge to the node of `statement` from the node `asker`, about a fresh `nonce` of 16 bytes.

    Raises:
        ValueError: if `nonce` is of another length.
    """
    if len(nonce) != NONCE_BYTES:
        raise ValueError("a nonce has 16 bytes")
    key = max(statement.encryption, key=lambda period: period.use_until).key
    sealed = seal(nonce, key, _info(asker, statement.node_id, key.kid))
    return {"asker": asker, "node": statement.node_id, "kem": key.kid, "sealed": base64url.encode(sealed)}


def answer_challenge(challenge: object, keyring: Keys, node_id: str, at: datetime) -> str:
    """The answer of the node `node_id`, whose keys are in `keyring`.

    Raises:
        WrongAudience: if the challenge is for another node.
        PossessionUnproven: if it is for another encryption key.
        MalformedClaims, Undecipherable, BadPadding: if it is no challenge.
    """
    claims = Claims.of(challenge, ("asker", "node", "kem", "sealed"), "a challenge")
    asker, kem = claims.node_id("asker"), claims.digest("kem")
    if claims.node_id("node") != node_id:
        raise WrongAudience
    key = keyring.decryption.get(kem)
    if key is None:
        raise PossessionUnproven
    nonce = open_sealed(claims.raw("sealed"), key, _info(asker, node_id, kem))
    payload = {"iss": node_id, "aud": asker, "iat": seconds(at), "nonce_digest": _digest(nonce)}
    return jws.sign(strict_json.dump(payload), keyring.signing, TYP)


def check_possession(token: str, statement: NodeStatement, *, asker: str, nonce: bytes, at: datetime) -> None:
    """Returns if `token` is the answer of the node of `statement` to the challenge about `nonce`.

    Raises:
        PossessionUnproven: if it answers another challenge.
        WrongAudience: if it answers another asker.
        WireError: as `read_signed`, if it is not signed with a key that is in use.
    """
    answer = read_signed(token, TYP, _parse, trust=Trust({statement.node_id: statement}), at=at)
    if answer.aud != asker:
        raise WrongAudience
    if answer.nonce_digest != _digest(nonce):
        raise PossessionUnproven


def _parse(payload: bytes) -> _Answer:
    claims = Claims.parse(payload, _Answer.__dataclass_fields__, "an answer to a challenge")
    return _Answer(
        iss=claims.node_id("iss"),
        aud=claims.node_id("aud"),
        iat=claims.moment("iat"),
        nonce_digest=claims.digest("nonce_digest"),
    )


def _info(asker: str, node: str, kem: str) -> bytes:
    return f"{_TAG}\n{asker}\n{node}\n{kem}".encode()


def _digest(nonce: bytes) -> str:
    return base64url.digest(_TAG.encode() + b"\0" + nonce)

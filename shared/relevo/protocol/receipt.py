"""A receiver's signed word that a message is stored, or refused for a fault of its own.

A JWS of `typ` `relevo-receipt+jwt` over exactly these members:

    {"iss", "aud", "of": <digest of the manifest>, "jti", "disposition": "stored" | "refused", "code": null | word,
     "received_at": …, "due": [{"duty": word, "by": node id, "at": …}]}

`due` are the moments for the clocks that the message starts, computed by the receiver; the sender computes the same.
A receipt says that a machine has stored the message, not that a person has seen it. The receipt for a message is made
once and given out byte for byte, so `of` may be the digest of an earlier attempt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from relevo.clock import seconds
from relevo.errors import WireError
from relevo.protocol import jws, strict_json
from relevo.protocol.claims import Claims, MalformedClaims
from relevo.protocol.trust import read_signed

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from relevo.protocol.keys import Signer
    from relevo.protocol.manifest import Message
    from relevo.protocol.strict_json import JsonObject
    from relevo.protocol.trust import Trust

TYP = "relevo-receipt+jwt"
MAX_DUE = 64

Disposition: TypeAlias = Literal["stored", "refused"]


class ReceiptMismatch(WireError):
    """A receipt is for another message, or from another node than the receiver."""

    code = "receipt-mismatch"


@dataclass(frozen=True, kw_only=True)
class DueClaim:
    """By when which node must do what."""

    duty: str
    by: str
    at: datetime

    @classmethod
    def from_object(cls, value: object) -> DueClaim:
        """The claim in its written form."""
        claims = Claims.of(value, ("duty", "by", "at"), "a due time")
        return cls(duty=claims.word("duty"), by=claims.node_id("by"), at=claims.moment("at"))

    def to_object(self) -> JsonObject:
        """The written form."""
        return {"duty": self.duty, "by": self.by, "at": seconds(self.at)}


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What became of one message at its receiver; `code` says why it was refused."""

    iss: str
    aud: str
    of: str
    jti: str
    disposition: Disposition
    code: str | None
    received_at: datetime
    due: tuple[DueClaim, ...] = ()

    def __post_init__(self) -> None:
        if self.disposition not in {"stored", "refused"}:
            raise MalformedClaims("a receipt: disposition is neither stored nor refused", field="disposition")
        if (self.disposition == "refused") != (self.code is not None):
            raise MalformedClaims("a receipt: a code stands in a refusal, and there alone", field="code")

    @property
    def iat(self) -> datetime:
        """When it was signed: in the transaction that stored the message."""
        return self.received_at

    def to_object(self) -> JsonObject:
        """The payload."""
        return {
            "iss": self.iss,
            "aud": self.aud,
            "of": self.of,
            "jti": self.jti,
            "disposition": self.disposition,
            "code": self.code,
            "received_at": seconds(self.received_at),
            "due": [claim.to_object() for claim in self.due],
        }


def sign_receipt(receipt: Receipt, key: Signer) -> str:
    """`receipt` as signed token."""
    return jws.sign(strict_json.dump_whole(receipt.to_object()), key, TYP)


def read_receipt(token: str, *, trust: Trust, at: datetime) -> Receipt:
    """The receipt in `token`, if the node that it names signed it with a key that was in use.

    Raises:
        MalformedClaims: if a claim is not of its form.
        WireError: as `read_signed`.
    """
    return read_signed(token, TYP, _parse, trust=trust, at=at)


def require_answers(receipt: Receipt, manifest_digest: str | AbstractSet[str], message: Message) -> None:
    """Raises `ReceiptMismatch` unless `receipt` is the receiver's word about `message`.

    Args:
        receipt: as read.
        manifest_digest: the digest of the manifest sent, or those of all attempts that were made.
        message: what was sent.
    """
    sent = {manifest_digest} if isinstance(manifest_digest, str) else manifest_digest
    said = (receipt.iss, receipt.aud, receipt.jti)
    if receipt.of not in sent or said != (message.aud, message.iss, message.jti):
        raise ReceiptMismatch


def _parse(payload: bytes) -> Receipt:
    claims = Claims.parse(payload, Receipt.__dataclass_fields__, "a receipt")
    return Receipt(
        iss=claims.node_id("iss"),
        aud=claims.node_id("aud"),
        of=claims.digest("of"),
        jti=claims.uuid("jti", version=7),
        disposition=cast("Disposition", claims.word("disposition")),  # Receipt refuses any other word
        code=claims.word("code") if claims.members["code"] is not None else None,
        received_at=claims.moment("received_at"),
        due=tuple(DueClaim.from_object(item) for item in claims.items("due", most=MAX_DUE)),
    )

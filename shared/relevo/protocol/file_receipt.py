"""A receiver's signed word about a file: all of it is stored, and was found fit, or it is refused and why.

A JWS of `typ` `relevo-file-receipt+jwt` over exactly these members:

    {"iss", "aud", "file": <digest of the sealed bytes>, "disposition": "stored" | "refused", "code": null | word,
     "received_at": …}

It is made once, when the file has been looked at, and given out byte for byte whenever somebody asks again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relevo.clock import seconds
from relevo.protocol import jws, strict_json
from relevo.protocol.claims import Claims, MalformedClaims
from relevo.protocol.trust import read_signed

if TYPE_CHECKING:
    from datetime import datetime

    from relevo.protocol.keys import Signer
    from relevo.protocol.strict_json import JsonObject
    from relevo.protocol.trust import Trust

TYP = "relevo-file-receipt+jwt"


@dataclass(frozen=True, kw_only=True)
class FileReceipt:
    """What became of one file at its receiver; `code` says why it was refused."""

    iss: str
    aud: str
    file: str
    code: str | None
    received_at: datetime

    @property
    def disposition(self) -> str:
        """`stored`, or `refused` if there is a code."""
        return "refused" if self.code else "stored"

    @property
    def iat(self) -> datetime:
        """When it was signed."""
        return self.received_at

    def to_object(self) -> JsonObject:
        """The payload."""
        return {
            "iss": self.iss,
            "aud": self.aud,
            "file": self.file,
            "disposition": self.disposition,
            "code": self.code,
            "received_at": seconds(self.received_at),
        }


def sign_file_receipt(receipt: FileReceipt, key: Signer) -> str:
    """`receipt` as signed token."""
    return jws.sign(strict_json.dump(receipt.to_object()), key, TYP)


def read_file_receipt(token: str, *, trust: Trust, at: datetime) -> FileReceipt:
    """The receipt in `token`, if the node that it names signed it with a key that was in use.

    Raises:
        MalformedClaims: if a claim is not of its form.
        WireError: as `read_signed`.
    """
    return read_signed(token, TYP, _parse, trust=trust, at=at)


def _parse(payload: bytes) -> FileReceipt:
    named = ("iss", "aud", "file", "disposition", "code", "received_at")
    claims = Claims.parse(payload, named, "a receipt for a file")
    receipt = FileReceipt(
        iss=claims.node_id("iss"),
        aud=claims.node_id("aud"),
        file=claims.digest("file"),
        code=claims.word("code") if claims.members["code"] is not None else None,
        received_at=claims.moment("received_at"),
    )
    if claims.word("disposition") != receipt.disposition:
        raise MalformedClaims("a receipt for a file: a code stands in a refusal, and there alone", field="code")
    return receipt

"""This request comes from that peer, now, and this answer belongs to that request (RFC 9421, RFC 9530).

    Content-Type: application/json
    Content-Digest: sha-256=:…:
    Signature-Input: relevo=("@method" "@target-uri" "content-type" "content-digest");
        created=…;keyid="…";expires=…;nonce="…";tag="relevo-v1"
    Signature: relevo=:…:

What is covered, and which parameters there are, stands in `hop_profile`. A hop proves nothing that must last: what
counts for years is signed in the envelope. Whoever verifies takes `target_uri` from the configured address of the node,
never from a field of the request, and remembers nonces.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from http_message_signatures import HTTPMessageSignaturesException

from relevo.clock import moment
from relevo.protocol.hop_plain import SignedAnswer, SignedRequest
from relevo.protocol.hop_profile import (
    MAX_SKEW_SECONDS,
    NONCE_BYTES,
    HopBadSignature,
    HopDigestMismatch,
    HopExpired,
    HopSkew,
    HopUnsigned,
    HopWrongProfile,
    answer_components,
    content_fields,
    fields_of,
    joined_lines,
    request_components,
    require_digest,
    require_signed,
)
from relevo.protocol.hop_signature import ProfileVerifier, sign

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from relevo.protocol.jws import KeyFor
    from relevo.protocol.keys import Signer

__all__ = [
    "HopBadSignature",
    "HopDigestMismatch",
    "HopExpired",
    "HopRequest",
    "HopSkew",
    "HopUnsigned",
    "HopWrongProfile",
    "VerifiedHop",
    "joined_lines",
    "sign_answer",
    "sign_request",
    "verify_answer",
    "verify_request",
]


@dataclass(frozen=True, kw_only=True)
class HopRequest:
    """A request as it was sent or came: `headers` in any case, `body` as the raw bytes."""

    method: str
    target_uri: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class VerifiedHop:
    """A request whose signature held: whose key, and the nonce that must not be seen again before `expires`."""

    kid: str
    nonce: str
    created: datetime
    expires: datetime


def sign_request(
    method: str,
    target_uri: str,
    content_type: str | None,
    body: bytes,
    *,
    key: Signer,
    at: datetime,
    nonce: bytes | None = None,
) -> dict[str, str]:
    """The header fields that sign a request; `content_type` is None exactly if `body` is empty.

    Raises:
        ValueError: for a body without content type or the other way round, or a nonce that does not have 16 bytes.
        HopWrongProfile: if method or address cannot be signed.
    """
    content = content_fields(content_type, body)
    message = SignedRequest(method=method, url=target_uri, headers=dict(content))
    return content | _signed(message, request_components(body), key=key, at=at, nonce=nonce)


def verify_request(
    request: HopRequest, *, key_for: KeyFor, at: datetime, max_skew: int = MAX_SKEW_SECONDS
) -> VerifiedHop:
    """Who sent `request`, after everything about its signature held at the moment `at`.

    Raises:
        HopUnsigned, HopWrongProfile, HopSkew, HopExpired, HopBadSignature, HopDigestMismatch: in this order.
        WireError: whatever `key_for` raises for a key that it does not give.
    """
    fields = fields_of(request.headers)
    require_signed(fields, request.body)
    verifier = ProfileVerifier(request_components(request.body), key_for=key_for, at=at, max_skew=max_skew)
    found = verifier.check(SignedRequest(method=request.method, url=request.target_uri, headers=fields))
    require_digest(fields, request.body)
    return VerifiedHop(kid=found.keyid, nonce=found.nonce, created=moment(found.created), expires=moment(found.expires))


def sign_answer(
    status: int,
    content_type: str | None,
    body: bytes,
    *,
    request: HopRequest,
    key: Signer,
    at: datetime,
    nonce: bytes | None = None,
) -> dict[str, str]:
    """The header fields that sign the answer to `request`, which must itself be signed.

    Raises:
        ValueError: see `sign_request`.
        HopUnsigned, HopWrongProfile: if the request has not the form of a signed one, so that nothing can bind to it.
    """
    content = content_fields(content_type, body)
    message = SignedAnswer(status_code=status, headers=dict(content), request=_asked(request))
    return content | _signed(message, answer_components(body, request.body), key=key, at=at, nonce=nonce)


def verify_answer(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    request: HopRequest,
    key_for: KeyFor,
    at: datetime,
    max_skew: int = MAX_SKEW_SECONDS,
) -> None:
    """Raises unless the answer is signed, at the moment `at`, for exactly the `request` that was sent.

    Raises:
        HopUnsigned, HopWrongProfile, HopSkew, HopExpired, HopBadSignature, HopDigestMismatch: in this order.
        WireError: whatever `key_for` raises for a key that it does not give.
    """
    fields = fields_of(headers)
    require_signed(fields, body)
    covered = answer_components(body, request.body)
    verifier = ProfileVerifier(covered, key_for=key_for, at=at, max_skew=max_skew)
    verifier.check(SignedAnswer(status_code=status, headers=fields, request=_asked(request)))
    require_digest(fields, body)


def _asked(request: HopRequest) -> SignedRequest:
    fields = fields_of(request.headers)
    require_signed(fields, request.body)
    return SignedRequest(method=request.method, url=request.target_uri, headers=fields)


def _signed(
    message: SignedRequest | SignedAnswer,
    covered: tuple[str, ...],
    *,
    key: Signer,
    at: datetime,
    nonce: bytes | None,
) -> dict[str, str]:
    fresh = secrets.token_bytes(NONCE_BYTES) if nonce is None else nonce
    if len(fresh) != NONCE_BYTES:
        raise ValueError("a nonce has 16 bytes")
    try:
        return sign(message, covered, key=key, at=at, nonce=fresh)
    except HTTPMessageSignaturesException as error:
        raise HopWrongProfile("this cannot be signed") from error

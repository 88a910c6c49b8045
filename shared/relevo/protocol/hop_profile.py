"""Which HTTP signatures between nodes are taken: the profile of RFC 9421 and RFC 9530, and every way to miss it.

| message | covers |
| --- | --- |
| request | `@method`, `@target-uri`, `content-type`, `content-digest` |
| answer | `@status`, `content-type`, `content-digest`; with `;req` the four of its request, and its `signature` |

So an answer belongs to exactly one request. Without a body there is no `content-type`, neither as a field nor covered,
and the digest is that of no bytes. The parameters are exactly `created`, `expires` (at most 300 s later), `nonce`
(128 bits, base64url), `keyid` and `tag="relevo-v1"`. The algorithm is Ed25519 because the registered key says so; a
message that names one is refused. There is one signature, and each field stands once.

Only the moment that is handed in counts as now; the machine's clock is never read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from http_message_signatures import (
    ContentDigest,
    HTTPMessageSignaturesException,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
)
from http_message_signatures.algorithms import ED25519

from relevo.clock import seconds
from relevo.errors import WireError
from relevo.protocol import base64url
from relevo.protocol.base64url import NotBase64url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from http_sf.compat import InnerList

    from relevo.protocol.jws import KeyFor
    from relevo.protocol.keys import SigningKey

TAG = "relevo-v1"
LABEL = "relevo"
LIFETIME = timedelta(seconds=300)
MAX_SKEW_SECONDS = 120
NONCE_BYTES = 16
PARAMETERS = frozenset({"created", "expires", "nonce", "keyid", "tag"})

_FIELDS = frozenset({"content-type", "content-digest", "signature-input", "signature"})
_DIGEST = re.compile(r"sha-256=:[A-Za-z0-9+/]{43}=:")


class HopUnsigned(WireError):
    """A request or an answer carries no signature."""

    code = "hop-unsigned"
    advice = "Check that nothing between the nodes removes the fields Signature and Signature-Input."


class HopBadSignature(WireError):
    """The signature of a request or an answer does not verify."""

    code = "hop-bad-signature"
    public = "unreadable"
    advice = "Compare the configured external address of the receiver with the one that the sender uses."


class HopDigestMismatch(WireError):
    """The body of a request or an answer is not the one that was signed."""

    code = "hop-digest-mismatch"
    advice = "Send it again; if it happens again, something between the nodes changes bodies."


class HopExpired(WireError):
    """A request or an answer came after its own expiry."""

    code = "hop-expired"
    advice = "Send it again with a fresh signature."


class HopSkew(WireError):
    """The clocks of two nodes are too far apart."""

    code = "hop-skew"
    advice = "Set the clocks of both machines; they may differ by two minutes at most."


class HopWrongProfile(WireError):
    """A signature covers other things, or says other things of itself, than the two nodes agreed."""

    code = "hop-wrong-profile"
    advice = "The peer runs other software or an intermediary signs too; compare versions with its administrator."


@dataclass(frozen=True, kw_only=True)
class SignedRequest:
    """A request as the signature library takes it."""

    method: str
    url: str
    headers: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class SignedAnswer:
    """An answer, and the request that it answers, as the signature library takes them."""

    status_code: int
    headers: dict[str, str]
    request: SignedRequest


def fields_of(headers: Mapping[str, str]) -> dict[str, str]:
    """Those header fields that a hop is about, by their name in lower case.

    Raises:
        HopWrongProfile: if one of them stands twice, or `content-type` is a list.
    """
    found: dict[str, str] = {}
    for spelled, value in headers.items():
        name = spelled.lower()
        if name in found or (name == "content-type" and "," in value):
            raise HopWrongProfile(f"{name} stands more than once", field=name)
        if name in _FIELDS:
            found[name] = value
    return found


def content_fields(content_type: str | None, body: bytes) -> dict[str, str]:
    """The fields that describe `body`.

    Raises:
        ValueError: unless there is a content type exactly if there is a body.
    """
    if (content_type is None) != (not body):
        raise ValueError("a body has a content type, and nothing else has")
    digest = {"Content-Digest": ContentDigest.create(body)}
    return digest if content_type is None else {"Content-Type": content_type, **digest}


def require_signed(fields: Mapping[str, str], body: bytes) -> None:
    """Raises `HopUnsigned` or `HopWrongProfile` unless all the fields are there that `body` calls for, and no other."""
    if "signature" not in fields or "signature-input" not in fields:
        raise HopUnsigned
    if ("content-type" in fields) != bool(body):
        raise HopWrongProfile("a body has a content type, and nothing else has", field="content-type")
    if not _DIGEST.fullmatch(fields.get("content-digest", "")):
        raise HopWrongProfile("the digest of the body is not one in SHA-256", field="content-digest")


def require_digest(fields: Mapping[str, str], body: bytes) -> None:
    """Raises `HopDigestMismatch` unless the signed digest is that of `body`."""
    if fields["content-digest"] != ContentDigest.create(body):
        raise HopDigestMismatch


def request_components(body: bytes) -> tuple[str, ...]:
    """What the signature of a request with this body covers."""
    return ('"@method"', '"@target-uri"', *_content_components(body))


def answer_components(body: bytes, request_body: bytes) -> tuple[str, ...]:
    """What the signature of an answer covers: itself and its request."""
    asked = (f"{name};req" for name in (*request_components(request_body), '"signature"'))
    return ('"@status"', *_content_components(body), *asked)


def sign(
    message: SignedRequest | SignedAnswer, covered: Sequence[str], *, key: SigningKey, at: datetime, nonce: bytes
) -> dict[str, str]:
    """The two fields that sign `message`, `Signature-Input` and `Signature`."""
    signer = HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=_Own(key))
    signer.sign(
        message,
        key_id=key.kid,
        created=at,
        expires=at + LIFETIME,
        nonce=base64url.encode(nonce),
        label=LABEL,
        tag=TAG,
        include_alg=False,
        covered_component_ids=covered,
        use_existing_digest=True,
    )
    return {name: message.headers[name] for name in ("Signature-Input", "Signature")}


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """What a verified signature says of itself; `created` and `expires` are NumericDates."""

    keyid: str
    nonce: str
    created: int
    expires: int


class ProfileVerifier(HTTPMessageVerifier):
    """Verifies one signature: first the profile and the clock, then with the key that `key_for` gives."""

    signature_metadata_parameters: ClassVar[set[str]] = set(PARAMETERS)

    def __init__(self, covered: Sequence[str], *, key_for: KeyFor, at: datetime, max_skew: int) -> None:
        self._covered = frozenset(covered)
        self._key_for = key_for
        self._now = seconds(at)
        self._max_skew = max_skew
        self._found: Parameters | None = None
        self._resolver = _Peers()
        super().__init__(signature_algorithm=ED25519, key_resolver=self._resolver)

    def check(self, message: SignedRequest | SignedAnswer) -> Parameters:
        """The parameters of the signature of `message`.

        Raises:
            HopWrongProfile, HopSkew, HopExpired, HopBadSignature: see there.
            WireError: whatever `key_for` raises for a key that it does not give.
        """
        try:
            self.verify(message, max_age=None)
        except HTTPMessageSignaturesException as error:
            if self._found is None:
                raise HopWrongProfile("the signature fields are not one signature of the agreed form") from error
            raise HopBadSignature from error
        if self._found is None:
            raise HopBadSignature
        return self._found

    def validate_created_and_expires(self, sig_input: InnerList, max_age: timedelta | None = None) -> None:
        """Called by the library before a key is asked for; takes the place of its look at the machine's clock."""
        del max_age
        self._require_components(sig_input)
        found = _parameters(dict(sig_input.params))
        self._require_now(found)
        self._resolver.key = self._key_for(found.keyid).public
        self._found = found

    def _require_components(self, sig_input: InnerList) -> None:
        names = [str(item) for item in sig_input]
        if len(names) != len(self._covered) or set(names) != self._covered:
            raise HopWrongProfile("the signature does not cover exactly what was agreed", field="signature-input")

    def _require_now(self, found: Parameters) -> None:
        if abs(self._now - found.created) > self._max_skew:
            raise HopSkew(f"signed {abs(self._now - found.created)} s from our time, {self._max_skew} s are allowed")
        if self._now > found.expires:
            raise HopExpired


class _Own(HTTPSignatureKeyResolver):
    def __init__(self, key: SigningKey) -> None:
        self._key = key

    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey:
        del key_id
        return self._key.private


class _Peers(HTTPSignatureKeyResolver):
    key: Ed25519PublicKey | None = None

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey | None:
        del key_id
        return self.key


def _content_components(body: bytes) -> tuple[str, ...]:
    return ('"content-type"', '"content-digest"') if body else ('"content-digest"',)


def _parameters(given: Mapping[str, object]) -> Parameters:
    if set(given) != PARAMETERS or given["tag"] != TAG:
        raise HopWrongProfile(f'the parameters are not exactly {", ".join(sorted(PARAMETERS))} with tag "{TAG}"')
    keyid, nonce, created, expires = (given[name] for name in ("keyid", "nonce", "created", "expires"))
    if not (
        isinstance(keyid, str) and isinstance(nonce, str) and isinstance(created, int) and isinstance(expires, int)
    ):
        raise HopWrongProfile("a parameter of the signature is of the wrong kind")
    if not 0 < expires - created <= LIFETIME.total_seconds():
        raise HopWrongProfile(f"a signature lives {LIFETIME.total_seconds():.0f} s at most", field="expires")
    _require_nonce(nonce)
    return Parameters(keyid=keyid, nonce=nonce, created=created, expires=expires)


def _require_nonce(nonce: str) -> None:
    try:
        raw = base64url.decode(nonce)
    except NotBase64url as error:
        raise HopWrongProfile("the nonce is not base64url", field="nonce") from error
    if len(raw) != NONCE_BYTES:
        raise HopWrongProfile("the nonce does not have 128 bits", field="nonce")

"""Signs and verifies one HTTP message by the profile in `hop_profile`.

What is spelled as nodes write it is read by `hop_plain`; of everything else the library `http-message-signatures`
parses the fields and builds the signature base. The profile, the clock and the choice of the key are ours. Only the
moment that is handed in counts as now: the machine's clock is never read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
)
from http_message_signatures.algorithms import ED25519, HTTPSignatureAlgorithm

from relevo.clock import seconds
from relevo.protocol import base64url, hop_plain
from relevo.protocol.base64url import NotBase64url
from relevo.protocol.hop_plain import LABEL, TAG, SignedAnswer, SignedRequest
from relevo.protocol.hop_profile import (
    LIFETIME,
    NONCE_BYTES,
    PARAMETERS,
    HopBadSignature,
    HopExpired,
    HopSkew,
    HopWrongProfile,
)
from relevo.protocol.keys import BadSignature

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from http_sf.compat import InnerList

    from relevo.protocol.jws import KeyFor
    from relevo.protocol.keys import Signer


def sign(
    message: SignedRequest | SignedAnswer, covered: Sequence[str], *, key: Signer, at: datetime, nonce: bytes
) -> dict[str, str]:
    """The two fields that sign `message`, `Signature-Input` and `Signature`."""
    created, expires, fresh = seconds(at), seconds(at + LIFETIME), base64url.encode(nonce)
    plain = hop_plain.write(message, covered, created=created, expires=expires, keyid=key.kid, nonce=fresh)
    if plain is not None:
        said, base = plain
        return hop_plain.fields(said, key.sign(base))
    signer = HTTPMessageSigner(signature_algorithm=_Ed25519, key_resolver=_Own(key))
    signer.sign(
        message,
        key_id=key.kid,
        created=at,
        expires=at + LIFETIME,
        nonce=fresh,
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
        self._covered = covered
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
        plain = hop_plain.read(message, self._covered)
        if plain is None:
            return self.check_any(message)
        found = self._judged(plain.parameters)
        try:
            self._key_for(found.keyid).verify(plain.signature, plain.base)
        except BadSignature as error:
            raise HopBadSignature from error
        return found

    def check_any(self, message: SignedRequest | SignedAnswer) -> Parameters:
        """The same, whatever the spelling."""
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
        found = self._judged(dict(sig_input.params))
        self._resolver.key = self._key_for(found.keyid).public
        self._found = found

    def _judged(self, parameters: Mapping[str, object]) -> Parameters:
        found = _parameters(parameters)
        self._require_now(found)
        return found

    def _require_components(self, sig_input: InnerList) -> None:
        names = [str(item) for item in sig_input]
        if sorted(names) != sorted(self._covered):
            raise HopWrongProfile("the signature does not cover exactly what was agreed", field="signature-input")

    def _require_now(self, found: Parameters) -> None:
        ahead = found.created - self._now
        if abs(ahead) > self._max_skew:
            raise HopSkew(f"signed {abs(ahead)} s from our time, {self._max_skew} s are allowed", ahead=ahead)
        if self._now > found.expires:
            raise HopExpired


class _Own(HTTPSignatureKeyResolver):
    def __init__(self, key: Signer) -> None:
        self._key = key

    def resolve_private_key(self, key_id: str) -> Signer:
        del key_id
        return self._key


class _Ed25519(HTTPSignatureAlgorithm):
    """Lets whatever holds the key make the signature; the library's own class wants the private half itself."""

    algorithm_id = ED25519.algorithm_id

    def __init__(self, public_key: Ed25519PublicKey | None = None, private_key: Signer | None = None) -> None:
        del public_key
        self._key = private_key

    def sign(self, message: bytes) -> bytes:
        if self._key is None:
            raise HTTPMessageSignaturesException("no key to sign with")
        return self._key.sign(message)

    def verify(self, signature: bytes, message: bytes) -> None:
        del signature, message
        raise HTTPMessageSignaturesException("this only signs")


class _Peers(HTTPSignatureKeyResolver):
    key: Ed25519PublicKey | None = None

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey | None:
        del key_id
        return self.key


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

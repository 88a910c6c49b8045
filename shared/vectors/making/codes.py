"""Tables of docs/protocol.md: every code that a peer can be told, from the tree of errors.

Where a code can be told is written down here; a wire error that stands in none of the lists stops the script, so that
nobody adds one that the document does not explain. What no error of the tree has is not shown.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache

import relevo
from relevo.delivery.undelivered import REFUSED
from relevo.errors import RelevoError, WireError
from vectors.making.tables import rows

REQUEST = (
    "target-too-long",
    "headers-too-large",
    "malformed-http",
    "content-coding-unsupported",
    "rate-exceeded",
    "busy",
    "stopping",
    "body-too-slow",
    "body-too-large",
    "hop-unsigned",
    "hop-wrong-profile",
    "hop-skew",
    "hop-expired",
    "key-unknown",
    "key-out-of-period",
    "key-compromised",
    "hop-bad-signature",
    "hop-digest-mismatch",
    "peer-suspended",
    "peer-revoked",
    "malformed-json",
    "message-quota",
    "storage-quota",
    "batch-unfit",
    "malformed-claims",
    "clock-behind",
    "nonce-seen",
    "file-unannounced",
    "file-part-unfit",
    "file-quota",
)
"""What can be wrong with a request as a whole, in the order in which it is looked at."""
ENVELOPE = (
    "malformed-claims",
    "envelope-too-large",
    "not-base64url",
    "malformed-jws",
    "wrong-type",
    "key-unknown",
    "bad-signature",
    "malformed-json",
    "kind-unknown",
    "from-the-future",
    "wrong-issuer",
    "key-out-of-period",
    "key-compromised",
    "jti-reused",
    "epoch-unknown",
    "seq-reused",
    "wrong-audience",
    "sealed-changed",
    "recipient-key-unknown",
    "decryption-failed",
    "bad-padding",
    "step-unknown",
    "predecessor-missing",
    "sop-unknown",
)
"""What keeps one envelope from being stored now, in the order in which it is looked at."""
RECEIPT = (
    "malformed-plaintext",
    "content-mismatch",
    "basis-mismatch",
    "too-many-disclosures",
    "malformed-sd-jwt",
    "bad-disclosure",
    "claim-name-collision",
    "malformed-content",
    "step-misplaced",
    "step-invalid",
    "excess-data",
    "sop-not-in-force",
    "sop-superseded",
    "thread-unknown",
    "thread-taken",
    "begun-too-late",
    "no-basis",
    "exception-invalid",
    "exception-not-emergency",
    "exception-unattested",
    "exception-attestation-date",
    "exception-excess",
    "exception-too-long",
    "exception-expired",
    "consent-rule",
    "consent-change",
    "consent-expired",
    "no-return",
    "illegal-step",
    "costs-unfit",
    "costs-not-proposed",
    "costs-superseded",
    "costs-not-agreed",
    "not-medical-continuity",
    "medical-question-unknown",
    "contacts-invalid",
    "sop-invalid",
    "sop-not-next",
    "sop-changed",
    "sop-not-offered",
)
"""What is refused for good, with a signed receipt, in about the order in which it is looked at."""
ELSEWHERE = (
    "malformed-basis",
    "unfit-key",
    "unfit-statement",
    "unfit-endpoint",
    "statement-chain-broken",
    "statement-expired",
    "statements-too-many",
    "root-changed",
    "key-claimed-twice",
    "peer-unknown",
    "possession-unproven",
    "fingerprint-differs",
    "receipt-mismatch",
    "answer-unfit",
    "key-not-stated",
    "peer-refused",
    "presentation-unbound",
    "presentation-changed",
    "presentation-stale",
    "part-malformed",
    "token-out-of-time",
    "bundle-broken",
    "file-length-unfit",
    "file-not-taken",
    "file-unreadable",
    "file-receipt-mismatch",
    "not-base64",
    "note-malformed",
    "note-bad-signature",
    "checkpoint-malformed",
    "checkpoint-bad-signature",
    "checkpoint-wrong-origin",
    "log-proof-malformed",
    "log-proof-failed",
    "cosignature-bad",
    "cosignature-missing",
    "witness-request-malformed",
    "log-set-back",
    "log-shrank",
    "log-rewritten",
    "tile-malformed",
    "attachment-missing",
    "attachment-receipt-differs",
    "basis-not-named",
    "due-missing",
    "due-not-by-sop",
    "two-histories",
    "log-rolled-back",
    "look-differs",
    "message-differs",
    "message-missing",
    "not-proven-older",
    "not-the-same-relation",
    "place-taken-twice",
    "receipt-differs",
    "sops-differ",
    "statements-differ",
    "stream-gap",
    "log-consistency-failed",
    "record-malformed",
    "log-entry-missing",
    "log-record-mismatch",
    "look-missing",
    "evidence-malformed",
    "wrong-node",
    "not-of-this-referral",
    "sop-not-in-file",
    "sop-not-signed",
    "receipt-too-early",
    "order-broken",
    "id-reused",
)
"""Codes that people and programs meet, and that nobody is told over the wire."""
DOES = {
    "hop-skew": "signs the request anew; shows its administrator how far the clocks are apart (our `Date`)",
    "hop-expired": "signs the request anew",
    "rate-exceeded": "waits as `Retry-After` says",
    "busy": "waits as `Retry-After` says",
    "message-quota": "waits as `Retry-After` says, an hour at most; the day is over at midnight UTC",
    "storage-quota": "keeps the message and tries again; people speak by phone",
    "stopping": "waits as `Retry-After` says",
    "clock-behind": "waits as `Retry-After` says",
    "nonce-seen": "signs the request anew; the envelopes in it are the same",
    "body-too-large": "sends fewer envelopes at once",
    "batch-unfit": "sends 1 to 50 envelopes",
    "key-unknown": "keeps the message; makes the next attempt with the keys of that day",
    "recipient-key-unknown": "fetches our newest statement, seals anew",
    "key-out-of-period": "makes the next attempt with the keys of that day",
    "key-compromised": "makes the next attempt with the keys of that day",
    "peer-suspended": "keeps its messages; people speak by phone",
    "peer-revoked": "keeps its messages; people bring what must arrive in another way",
    "kind-unknown": "keeps the message until the receiver knows the kind",
    "step-unknown": "keeps the message until the receiver knows the step",
    "sop-unknown": "keeps the message until the receiver has agreed the procedure",
    "epoch-unknown": "keeps the message until the receiving administrator has confirmed the epoch",
    "predecessor-missing": "sends the message named in `after` first",
    "jti-reused": "tells its administrator: two messages have one identifier",
    "seq-reused": "tells its administrator: two messages have one place",
    "from-the-future": "compares its clock; the next attempt is signed later",
}


def of_request() -> str:
    """The first table."""
    return rows(("code on the wire", "own log", "meaning", "the sender"), (_row(code) for code in _there(REQUEST)))


def of_envelope() -> str:
    """The second table."""
    return rows(("code on the wire", "own log", "meaning", "the sender"), (_row(code) for code in _there(ENVELOPE)))


def of_receipt() -> str:
    """The third table: what is final."""
    body = ((f"`{code}`", _meaning(code), REFUSED.get(code, "A person looks at it.")) for code in _there(RECEIPT))
    return rows(("code", "meaning", "what the people at the sender are told"), body)


def elsewhere() -> str:
    """The rest."""
    _require_every_code_placed()
    return rows(("code", "meaning"), ((f"`{code}`", _meaning(code)) for code in _there(ELSEWHERE)))


def _there(codes: Iterable[str]) -> Iterator[str]:
    return (code for code in codes if code in tree())


def _row(code: str) -> Iterable[str]:
    error = tree()[code]
    told = error.public if issubclass(error, WireError) and error.public else code
    does = DOES.get(code, "keeps the message and tries again")
    return f"`{told}`", f"`{code}`" if told != code else "the same", _meaning(code), does


def _meaning(code: str) -> str:
    return (tree()[code].__doc__ or "").split("\n", 1)[0]


@cache
def tree() -> dict[str, type[RelevoError]]:
    """Every error of the shared package, by its code."""
    for module in pkgutil.walk_packages(relevo.__path__, f"{relevo.__name__}."):
        importlib.import_module(module.name)
    return {one.code: one for one in _below(RelevoError)}


def _require_every_code_placed() -> None:
    placed = {*REQUEST, *ENVELOPE, *RECEIPT, *ELSEWHERE}
    finals = {code for code, error in tree().items() if issubclass(error, WireError) and error.final}
    wire = {code for code, error in tree().items() if issubclass(error, WireError) and error is not WireError}
    unclear = (wire - placed) | (finals & {*REQUEST, *ENVELOPE})
    if unclear:
        raise LookupError(f"say in vectors/making/codes.py where these are told: {sorted(unclear)}")


def _below(kind: type[RelevoError]) -> Iterator[type[RelevoError]]:
    for one in kind.__subclasses__():
        if one.__module__.startswith("relevo."):
            yield one
        yield from _below(one)

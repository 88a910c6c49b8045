"""Whether each message of an evidence file is what its sender signed, and whether its receiver has said so.

For each message: manifest, the SOP it moves under, content, receipt. Then each stream as a whole. Nothing here needs a
disclosure: the content is a signed JWT of salted digests, and a manifest names it by digest.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from relevo.errors import WireError
from relevo.protocol import sd_jwt
from relevo.protocol.claims import SKEW, Claims
from relevo.protocol.envelope import OPEN_CLAIMS, ContentMismatch, content_digest
from relevo.protocol.evidence import Direction
from relevo.protocol.manifest import NONE, read_manifest
from relevo.protocol.receipt import read_receipt, require_answers
from relevo.protocol.sop_signature import sop_digest
from relevo.protocol.trust import read_signed
from relevo.protocol.verification_report import Check, could_not_check, day_and_hour, fails, holds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from relevo.protocol.evidence import Evidence, EvidenceMessage
    from relevo.protocol.manifest import Message, VerifiedManifest
    from relevo.protocol.receipt import Receipt
    from relevo.protocol.strict_json import JsonObject
    from relevo.protocol.verification_nodes import Identities
    from relevo.protocol.verification_report import Line

_EXCEPTION = "exception:"
_BETWEEN_NODES = "node"
_WITHOUT_CONSENT = (
    "it rests on an exception: the sender says that a life was in danger and nobody had consented. "
    "Why is not in this file; ask both nodes for the review."
)

NOT_READ = "what it says: its receiver could not read it, refused it, and kept no content."
FORGOTTEN = "what it says: its sender was restored from a backup, and has no more than the proof that it was sent."


class NotOfThisReferral(WireError):
    """A message belongs to another referral or another pair of nodes."""

    code = "not-of-this-referral"


class SopNotInFile(WireError):
    """A message moves under a SOP that the file does not show."""

    code = "sop-not-in-file"
    advice = "If the text of the SOP was changed, its digest is another one: look at the lines about the SOP first."


class ReceiptTooEarly(WireError):
    """A receipt says that a message came before it was sent."""

    code = "receipt-too-early"


class OrderBroken(WireError):
    """The messages of a stream do not stand in rising order."""

    code = "order-broken"


class IdReused(WireError):
    """Two different messages carry one id."""

    code = "id-reused"
    advice = "Keep the file and tell an auditor: an honest node never gives one id to two messages."


@dataclass(frozen=True, kw_only=True)
class Proven:
    """A message of the file whose manifest holds, and how lines call it."""

    direction: Direction
    verified: VerifiedManifest
    shown: EvidenceMessage
    subject: str

    @property
    def message(self) -> Message:
        """The claims that are the message."""
        return self.verified.manifest.message

    @property
    def place(self) -> tuple[int, int]:
        """Epoch and number in the stream."""
        attempt = self.verified.manifest.attempt
        return attempt.epoch, attempt.seq


@dataclass(frozen=True)
class _Content:
    payload: JsonObject
    iss: str
    iat: datetime


def check_manifests(evidence: Evidence, identities: Identities) -> tuple[list[Line], tuple[Proven, ...]]:
    """Lines about every manifest, and the messages whose manifests hold."""
    lines, proven = [], []
    for number, shown in enumerate(evidence.messages, start=1):
        try:
            found = _proven(evidence, shown, identities)
        except WireError as error:
            lines.append(fails(Check.MANIFEST, f"message {number}", error))
        else:
            proven.append(found)
            lines.append(_manifest_line(found))
    return lines, tuple(proven)


def check_messages(evidence: Evidence, proven: Sequence[Proven], identities: Identities) -> Iterator[Line]:
    """Lines about SOP, content and receipt of each message whose manifest holds."""
    sops = {sop_digest(sop.text.encode()) for sop in evidence.sops}
    for found in proven:
        yield _sop_line(found, sops)
        if found.message.basis.startswith(_EXCEPTION):
            yield holds(Check.BASIS, found.subject, _WITHOUT_CONSENT)
        yield _content_line(evidence, found, identities)
        yield _receipt_line(evidence, found, proven, identities)


def check_order(proven: Sequence[Proven]) -> Iterator[Line]:
    """Lines about the numbers of each stream, and about ids that stand twice."""
    for direction in Direction:
        yield from _stream_lines(direction, [found for found in proven if found.direction is direction])
    identities: dict[str, str] = {}
    for found in proven:
        if identities.setdefault(found.message.jti, found.message.identity()) != found.message.identity():
            yield fails(Check.ORDER, found.subject, IdReused())


def require_fits(receipt: Receipt, found: Proven, proven: Sequence[Proven]) -> None:
    """Raises `ReceiptMismatch` or `ReceiptTooEarly` unless a receipt is the receiver's word about an attempt shown."""
    same = [other for other in proven if other.message == found.message]
    require_answers(receipt, {other.verified.digest for other in same}, found.message)
    answered = next(other for other in same if other.verified.digest == receipt.of)
    if receipt.received_at < answered.verified.manifest.iat - SKEW:
        raise ReceiptTooEarly


def _proven(evidence: Evidence, shown: EvidenceMessage, identities: Identities) -> Proven:
    verified = read_manifest(shown.manifest, trust=identities.trust, at=evidence.made_at)
    message = verified.manifest.message
    pair = (evidence.node, evidence.peer) if shown.direction is Direction.SENT else (evidence.peer, evidence.node)
    if (message.iss, message.aud) != pair or message.thread != evidence.thread:
        raise NotOfThisReferral
    subject = f"{message.kind} {message.jti}"
    return Proven(direction=shown.direction, verified=verified, shown=shown, subject=subject)


def _manifest_line(found: Proven) -> Line:
    message, attempt = found.message, found.verified.manifest.attempt
    when = day_and_hour(attempt.iat)
    text = f"{message.iss} signed this message to {message.aud} on {when}, as number {attempt.seq} of its stream."
    return holds(Check.MANIFEST, found.subject, text)


def _sop_line(found: Proven, sops: set[str]) -> Line:
    named = found.message.sop
    if found.message.kind == _BETWEEN_NODES:
        return holds(Check.SOP, found.subject, "it is between the two nodes, about no referral.")
    if named == NONE:
        return could_not_check(Check.SOP, found.subject, "which procedure it follows; it names none.")
    if named not in sops:
        return fails(Check.SOP, found.subject, SopNotInFile())
    return holds(Check.SOP, found.subject, f"it moves under SOP {named[:12]}, which is in this file.")


def _content_line(evidence: Evidence, found: Proven, identities: Identities) -> Line:
    if not found.shown.content:
        text = FORGOTTEN if found.direction is Direction.SENT else NOT_READ
        return could_not_check(Check.CONTENT, found.subject, text)
    try:
        content = _content(evidence, found, identities)
    except WireError as error:
        return fails(Check.CONTENT, found.subject, error)
    text = f"{content.iss} stated exactly this content on {day_and_hour(content.iat)}; none of it is disclosed here."
    return holds(Check.CONTENT, found.subject, text)


def _content(evidence: Evidence, found: Proven, identities: Identities) -> _Content:
    message = found.message
    jwt = found.shown.content
    content = read_signed(jwt, sd_jwt.TYP, _parse_content, trust=identities.trust, at=evidence.made_at)
    if content_digest(jwt) != message.content:
        raise ContentMismatch("the manifest names another content")
    if any(content.payload[name] != getattr(message, name) for name in ("iss", "aud", "jti", "thread", "kind")):
        raise ContentMismatch("the content says otherwise than the manifest")
    bound = [{"jwk": statement.presentation.jwk} for statement in identities.chains[message.aud]]
    if content.payload["cnf"] not in bound:
        raise ContentMismatch("the content is bound to another key than the receiver's")
    return content


def _parse_content(payload: bytes) -> _Content:
    claims = Claims.parse(payload, OPEN_CLAIMS | {"_sd", "_sd_alg"}, "a content")
    sd_jwt.reveal(claims.members, ())
    return _Content(payload=claims.members, iss=claims.node_id("iss"), iat=claims.moment("iat"))


def _receipt_line(evidence: Evidence, found: Proven, proven: Sequence[Proven], identities: Identities) -> Line:
    if found.shown.receipt is None:
        text = f"whether {found.message.aud} has stored it; the file has no receipt for it."
        return could_not_check(Check.RECEIPT, found.subject, text)
    try:
        receipt = read_receipt(found.shown.receipt, trust=identities.trust, at=evidence.made_at)
        require_fits(receipt, found, proven)
    except WireError as error:
        return fails(Check.RECEIPT, found.subject, error)
    did = "stored it" if receipt.disposition == "stored" else f"refused it ({receipt.code})"
    return holds(Check.RECEIPT, found.subject, f"{receipt.iss} {did} on {day_and_hour(receipt.received_at)}.")


def _stream_lines(direction: Direction, found: Sequence[Proven]) -> Iterator[Line]:
    if not found:
        return
    subject = f"messages {direction}"
    twice = [earlier.place[1] for earlier, later in pairwise(found) if _was_forgotten(earlier, later)]
    if any(later.place <= earlier.place and not _was_forgotten(earlier, later) for earlier, later in pairwise(found)):
        yield fails(Check.ORDER, subject, OrderBroken())
        return
    if twice:
        text = f"which message has number {', '.join(map(str, twice))}: its sender was restored and used it once more."
        yield could_not_check(Check.ORDER, subject, text)
    first, last = found[0].place[1], found[-1].place[1]
    text = "none twice" if not twice else "none of the others twice"
    yield holds(Check.ORDER, subject, f"{len(found)}, in rising order from number {first} to {last}, {text}.")
    yield could_not_check(
        Check.BOTH_SIDES,
        subject,
        "whether these are all; other referrals take numbers of the same stream. Bring the other node's file as well.",
    )


def _was_forgotten(earlier: Proven, later: Proven) -> bool:
    """Whether two messages have one place because their sender no longer knew the one when it tried the other."""
    sent = earlier.direction is Direction.SENT and earlier.place == later.place
    return sent and not (earlier.shown.content and later.shown.content)

"""What one file has proven, kept small: what is compared with another file, and what clocks are counted from.

An `Account` holds no token and no disclosure but the words of a step, so that ten thousand referrals fit into memory.
Everything in it has passed its own check; what failed stands in the report and not here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from relevo.errors import WireError
from relevo.protocol import base64url, jws, sd_jwt
from relevo.protocol.claims import Claims
from relevo.protocol.cosignature import read_cosignature
from relevo.protocol.receipt import TYP as RECEIPT
from relevo.protocol.receipt import read_receipt
from relevo.protocol.strict_json import load as load_json
from relevo.protocol.verification_messages import require_fits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from relevo.protocol.checkpoint import Checkpoint
    from relevo.protocol.evidence import Evidence
    from relevo.protocol.manifest import Message
    from relevo.protocol.receipt import Receipt
    from relevo.protocol.record import Record
    from relevo.protocol.strict_json import JsonValue
    from relevo.protocol.verification_messages import Proven
    from relevo.protocol.verification_nodes import Identities

Said: TypeAlias = "Mapping[str, JsonValue]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One message: its claims, when its sender stated and sent it, and what its receiver says of it.

    `kid` and `receipt_kid` are the keys that signed manifest and receipt. `stated_at` is the moment in the signed
    content, `sent_at` the one in the manifest; `said` are the words of its step where the file discloses them.
    """

    message: Message
    place: tuple[int, int]
    stated_at: datetime
    sent_at: datetime
    manifest: str
    receipt: Receipt | None
    receipt_digest: str | None
    kid: str
    receipt_kid: str | None
    said: Said | None = None

    @property
    def subject(self) -> str:
        """How lines call it."""
        return f"{self.message.kind} {self.message.jti}"


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldFile:
    """A file that went over: of which referral, from whom, and the digest of its receipt if there is one."""

    thread: str
    sender: str
    digest: str
    receipt_digest: str | None


@dataclass(frozen=True, kw_only=True)
class Head:
    """The head of a node's log as a file shows it, and when a witness last saw it, by witness."""

    checkpoint: Checkpoint
    note: str
    seen: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Account:
    """What the file of `node` has proven about its relation with `peer`; `whole` if it leaves no referral out.

    `statements` are digests in order by node, `sops` texts by digest, `records` stand by their place in the log;
    `subtrees` is what the file shows of the tree of the log, its own entries among them; `bases` are records of
    consents and exceptions by the claim that messages make of them; `older` are heads that `head` continues.
    """

    node: str
    peer: str
    made_at: datetime
    whole: bool
    statements: Mapping[str, tuple[str, ...]]
    sops: Mapping[str, str]
    told: Sequence[Told]
    records: Mapping[int, Record]
    leaves: Mapping[int, bytes]
    subtrees: Mapping[tuple[int, int], bytes]
    head: Head | None
    files: Sequence[ToldFile] = ()
    bases: Mapping[str, bytes] = field(default_factory=dict)
    older: Sequence[Head] = ()

    def threads(self) -> frozenset[str]:
        """The referrals of which something is shown."""
        return frozenset(one.message.thread for one in self.told)


def tell(evidence: Evidence, found: Proven, same: Sequence[Proven], identities: Identities) -> Told | None:
    """A message of the file as it is kept, its receipt only if that holds; None if its content cannot be read.

    Args:
        evidence: the file, or the part of one.
        found: the message, whose manifest holds.
        same: messages among which other attempts at it are.
        identities: whose word counts.
    """
    try:
        content = Claims("a content", load_json(base64url.decode(found.shown.content.split(".")[1])))
        stated_at = content.moment("iat")
    except (WireError, IndexError, KeyError):
        return None
    receipt = _receipt(evidence, found, same, identities)
    digest = base64url.digest((found.shown.receipt or "").encode()) if receipt else None
    return Told(
        message=found.message,
        place=found.place,
        stated_at=stated_at,
        sent_at=found.verified.manifest.iat,
        manifest=found.verified.digest,
        receipt=receipt,
        receipt_digest=digest,
        kid=found.verified.kid,
        receipt_kid=jws.key_id(found.shown.receipt or "", RECEIPT) if receipt else None,
        said=_said(found.shown.content, found.shown.disclosures or ()),
    )


def once_each(told: Sequence[Told]) -> list[Told]:
    """Each message once, of its attempts the one with the receipt."""
    best = {(one.message.iss, one.message.jti): one for one in sorted(told, key=lambda one: one.receipt is not None)}
    return [one for one in told if best[one.message.iss, one.message.jti] is one]


def seen_by(note: str, peers: Sequence[str], identities: Identities) -> dict[str, datetime]:
    """When each of these witnesses saw a head; whoever did not is left out."""
    found = {peer: _seen_at(note, peer, identities) for peer in peers}
    return {peer: at for peer, at in found.items() if at is not None}


def _seen_at(note: str, peer: str, identities: Identities) -> datetime | None:
    """When a witness saw a head, under whichever of its keys; None if it did not."""
    for statement in reversed(identities.chains[peer]):
        try:
            return read_cosignature(note, peer, statement.witness).at
        except WireError:
            continue
    return None


def _receipt(evidence: Evidence, found: Proven, same: Sequence[Proven], identities: Identities) -> Receipt | None:
    if found.shown.receipt is None:
        return None
    try:
        receipt = read_receipt(found.shown.receipt, trust=identities.trust, at=evidence.made_at)
        require_fits(receipt, found, same)
    except WireError:
        return None
    return receipt


def _said(content: str, disclosures: Sequence[str]) -> Said | None:
    if not disclosures:
        return None
    try:
        said = sd_jwt.reveal(load_json(base64url.decode(content.split(".")[1])), disclosures).get("step")
    except WireError:
        return None
    return said if isinstance(said, dict) else None

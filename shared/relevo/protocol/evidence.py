"""The evidence file of one referral: what one node can show of it to anybody, without personal data.

    {"format": "relevo-evidence-v1", "node": "es:retorno", "peer": "ci:accueil", "thread": UUID, "made_at": NumericDate,
     "statements": {node id: [JWS, in order]},
     "sops": [{"text": …, "signatures": {node id: JWS}}],
     "messages": [{"direction": "sent" | "received", "manifest": JWS, "content": JWS | null, "receipt": JWS | null}],
     "files": [{"direction": "sent" | "received", "digest": of the sealed bytes, "receipt": JWS | null}],
     "log": {"checkpoint": signed note, "entries": […], …}}                            (`relevo.protocol.evidence_log`)

`content` is the issuer-signed JWT alone: salted digests, no disclosure; null where the node has none, because it could
not read what came, or was restored from a backup and has only the proof that it sent the message. `files` is left out
where none went over. Messages stand in the order of each stream, entries in the order of the log, so that the same
referral gives the same bytes. The file itself is signed by nobody; everything in it that matters is. Reading checks
the form alone; `verification` checks what the file says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from relevo.clock import seconds
from relevo.errors import WireError
from relevo.protocol import strict_json
from relevo.protocol.claims import Claims
from relevo.protocol.evidence_log import (
    MAX_ITEMS,
    EvidenceEntry,
    EvidenceHead,
    EvidenceLog,
    EvidenceMalformed,
    log_object,
    read_log,
    read_text,
)

if TYPE_CHECKING:
    from relevo.protocol.strict_json import JsonObject, JsonValue

FORMAT = "relevo-evidence-v1"
MAX_BYTES = 1 << 24


class Direction(StrEnum):
    """Which way a message went, seen from the node that made the file."""

    SENT = "sent"
    RECEIVED = "received"


@dataclass(frozen=True, kw_only=True)
class EvidenceSop:
    """A procedure, word for word, and the signature of each node by node id."""

    text: str
    signatures: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class EvidenceMessage:
    """A message: its manifest, its content without disclosures, and the other side's receipt if there is one.

    `disclosures` stand in a file with personal data alone (`relevo.protocol.evidence_book`).
    """

    direction: Direction
    manifest: str
    content: str
    receipt: str | None
    disclosures: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class EvidenceFile:
    """A file that one side brought the other whole: the digest of its sealed bytes, and the receiver's receipt."""

    direction: Direction
    digest: str
    receipt: str | None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that `node` shows of the referral `thread` with `peer`; `statements` begins with the registered version."""

    node: str
    peer: str
    thread: str
    made_at: datetime
    statements: Mapping[str, tuple[str, ...]]
    sops: tuple[EvidenceSop, ...]
    messages: tuple[EvidenceMessage, ...]
    checkpoint: str
    entries: tuple[EvidenceEntry, ...]
    files: tuple[EvidenceFile, ...] = ()
    older: tuple[EvidenceHead, ...] = ()


def write_evidence(evidence: Evidence) -> bytes:
    """The file, one line of JSON with a newline; the same evidence gives the same bytes."""
    return strict_json.dump(_to_object(evidence)) + b"\n"


def read_evidence(raw: bytes) -> Evidence:
    """The evidence in a file, its form checked and nothing else.

    Raises:
        EvidenceMalformed: if it is not of this form, down to the spelling of every number and digest.
    """
    try:
        return _evidence(strict_json.load(raw, limit=MAX_BYTES))
    except EvidenceMalformed:
        raise
    except WireError as error:
        raise EvidenceMalformed(f"not an evidence file: {error.detail}", field=error.field) from error


def _to_object(evidence: Evidence) -> JsonObject:
    return {
        "format": FORMAT,
        "node": evidence.node,
        "peer": evidence.peer,
        "thread": evidence.thread,
        "made_at": seconds(evidence.made_at),
        "statements": {node: list(chain) for node, chain in sorted(evidence.statements.items())},
        "sops": [{"text": sop.text, "signatures": dict(sorted(sop.signatures.items()))} for sop in evidence.sops],
        "messages": [message_object(message) for message in evidence.messages],
        **files_object(evidence.files),
        "log": log_object(EvidenceLog(checkpoint=evidence.checkpoint, entries=evidence.entries, older=evidence.older)),
    }


def message_object(message: EvidenceMessage, *, disclosed: bool = False) -> JsonObject:
    """The written form of a message, with its disclosures only if asked."""
    shown: JsonObject = {
        "direction": message.direction.value,
        "manifest": message.manifest,
        "content": message.content or None,
        "receipt": message.receipt,
    }
    return {**shown, "disclosures": list(message.disclosures or ())} if disclosed else shown


_MEMBERS = ("format", "node", "peer", "thread", "made_at", "statements", "sops", "messages", "log")


def files_object(files: Sequence[EvidenceFile]) -> JsonObject:
    """The member `files`, or nothing where there is none."""
    shown = [{"direction": one.direction.value, "digest": one.digest, "receipt": one.receipt} for one in files]
    return {"files": [*shown]} if shown else {}


def _evidence(value: JsonObject) -> Evidence:
    claims = Claims.of(value, (*_MEMBERS, "files") if "files" in value else _MEMBERS, "the file")
    if claims.members["format"] != FORMAT:
        raise EvidenceMalformed("the file is of another format", field="format")
    node, peer = claims.node_id("node"), claims.node_id("peer")
    log = read_log(claims.members["log"])
    return Evidence(
        node=node,
        peer=peer,
        thread=claims.uuid("thread"),
        made_at=claims.moment("made_at"),
        statements=_statements(claims.members["statements"], {node, peer}),
        sops=tuple(read_sop(item, {node, peer}) for item in claims.items("sops", most=MAX_ITEMS)),
        messages=tuple(read_message(item) for item in claims.items("messages", most=MAX_ITEMS)),
        checkpoint=log.checkpoint,
        entries=log.entries,
        older=log.older,
        files=read_files(claims),
    )


def _statements(value: JsonValue, nodes: set[str]) -> dict[str, tuple[str, ...]]:
    claims = Claims.of(value, nodes, "statements")
    chains = {node: claims.items(node, most=MAX_ITEMS) for node in sorted(nodes)}
    if len(nodes) == 1 or not all(chains.values()):
        raise EvidenceMalformed("a node has no statement, or both nodes are one", field="statements")
    return {node: tuple(read_text(item, "statements") for item in chain) for node, chain in chains.items()}


def read_sop(value: JsonValue, nodes: set[str]) -> EvidenceSop:
    """A SOP, signed by none but `nodes`; raises `EvidenceMalformed`."""
    claims = Claims.of(value, ("text", "signatures"), "a SOP")
    signatures = claims.members["signatures"]
    if not isinstance(signatures, dict) or not set(signatures) <= nodes:
        raise EvidenceMalformed("a SOP is signed by somebody else", field="signatures")
    signed = {node: read_text(token, "signatures") for node, token in sorted(signatures.items())}
    return EvidenceSop(text=read_text(claims.members["text"], "text"), signatures=signed)


def read_message(value: JsonValue, *, disclosed: bool = False) -> EvidenceMessage:
    """A message; `disclosed` says whether disclosures stand beside its content."""
    names = ("direction", "manifest", "content", "receipt")
    claims = Claims.of(value, (*names, "disclosures") if disclosed else names, "a message")
    receipt, content = claims.members["receipt"], claims.members["content"]
    texts = (
        [read_text(one, "disclosures") for one in claims.items("disclosures", most=MAX_ITEMS)] if disclosed else None
    )
    return EvidenceMessage(
        direction=_direction(claims.members["direction"]),
        manifest=read_text(claims.members["manifest"], "manifest"),
        content="" if content is None else read_text(content, "content"),
        receipt=None if receipt is None else read_text(receipt, "receipt"),
        disclosures=None if texts is None else tuple(texts),
    )


def read_files(claims: Claims) -> tuple[EvidenceFile, ...]:
    """The member `files` where there is one; raises `EvidenceMalformed`."""
    if "files" not in claims.members:
        return ()
    found = tuple(_file(item) for item in claims.items("files", most=MAX_ITEMS))
    if not found:
        raise EvidenceMalformed("a file without attached files has no member of that name", field="files")
    return found


def _file(value: JsonValue) -> EvidenceFile:
    claims = Claims.of(value, ("direction", "digest", "receipt"), "an attached file")
    receipt = claims.members["receipt"]
    return EvidenceFile(
        direction=_direction(claims.members["direction"]),
        digest=claims.digest("digest"),
        receipt=None if receipt is None else read_text(receipt, "receipt"),
    )


def _direction(value: JsonValue) -> Direction:
    try:
        return Direction(str(value))
    except ValueError as error:
        raise EvidenceMalformed("a message is neither sent nor received", field="direction") from error

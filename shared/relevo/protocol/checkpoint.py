"""The signed head of a node's log (c2sp.org/tlog-checkpoint): a signed note with exactly three lines of text.

    es:retorno/log                                   the origin, which is also the name of the key
    1042                                             leaves in the tree
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=     the root (base64)

    — es:retorno/log <base64(key id || signature)>

Whoever has signed one checkpoint must never sign another that is inconsistent with it; that is for the keeper of the
log to see to. Extension lines are refused, because nobody could say what they mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relevo.errors import WireError
from relevo.protocol import base64std
from relevo.protocol.base64std import NotBase64
from relevo.protocol.merkle import HASH_BYTES
from relevo.protocol.signed_note import NoteBadSignature, NoteMalformed, read_note, sign_note, verifier_key

if TYPE_CHECKING:
    from relevo.protocol.keys import Signer, VerifyKey

_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_LINES = 3


class CheckpointMalformed(WireError):
    """A checkpoint is not an origin, a size and a root, signed."""

    code = "checkpoint-malformed"


class CheckpointBadSignature(WireError):
    """A checkpoint is not signed by the key of its log."""

    code = "checkpoint-bad-signature"
    advice = "Compare the log key with the one in the node's statement; if they are equal, the checkpoint was changed."


class CheckpointOfAnotherLog(WireError):
    """A checkpoint is of another log than the one that was asked for."""

    code = "checkpoint-wrong-origin"


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """The head of a log: `size` leaves, and the `root` (32 bytes) over them."""

    origin: str
    size: int
    root: bytes


def log_origin(node_id: str) -> str:
    """The name of a node's log and of the key that signs its checkpoints, for example `es:retorno/log`."""
    return f"{node_id}/log"


def log_verifier_key(node_id: str, key: VerifyKey) -> str:
    """The log key of a node as other software takes it (see `signed_note`)."""
    return verifier_key(log_origin(node_id), key)


def sign_checkpoint(origin: str, size: int, root: bytes, key: Signer) -> str:
    """The checkpoint of a log of `size` leaves under `root`, as signed note.

    Raises:
        ValueError: if size or root cannot be those of a log.
        NoteMalformed: if the origin cannot be a key name.
    """
    if size < 0 or len(root) != HASH_BYTES:
        raise ValueError("a log has a size and a root of 32 bytes")
    return sign_note(f"{origin}\n{size}\n{base64std.encode(root)}\n", origin, key)


def read_checkpoint(note: str, origin: str, key: VerifyKey) -> Checkpoint:
    """The checkpoint in `note`, after its signature held.

    Raises:
        CheckpointBadSignature: if the log's key did not sign it, or its signature does not verify.
        CheckpointOfAnotherLog: if its first line is another origin.
        CheckpointMalformed: if it is not a note of exactly three lines.
    """
    try:
        text = read_note(note, origin, key)
    except NoteMalformed as error:
        raise CheckpointMalformed("a checkpoint is not a signed note") from error
    except NoteBadSignature as error:
        raise CheckpointBadSignature from error
    lines = text.removesuffix("\n").split("\n")
    if lines[0] != origin:
        raise CheckpointOfAnotherLog
    if len(lines) != _LINES or not _SIZE.fullmatch(lines[1]):
        raise CheckpointMalformed("a checkpoint is not an origin, a size and a root")
    return Checkpoint(origin=origin, size=int(lines[1]), root=_root(lines[2]))


def _root(line: str) -> bytes:
    try:
        raw = base64std.decode(line)
    except NotBase64 as error:
        raise CheckpointMalformed("the root of a checkpoint is not base64") from error
    if len(raw) != HASH_BYTES:
        raise CheckpointMalformed("the root of a checkpoint does not have 32 bytes")
    return raw

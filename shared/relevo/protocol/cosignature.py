"""What a witness says about another node's log: I saw this head of it, at this moment (c2sp.org/tlog-cosignature).

    — ci:accueil/witness <base64(key id (4 bytes) || seconds since 1970 (8 bytes, big endian) || signature (64 bytes))>

The signature is over

    cosignature/v1
    time 1795338000
    <the text of the checkpoint, which ends with a newline>

and stands below the checkpoint, beside the log's own. A witness cosigns nothing that is inconsistent with what it
cosigned before; that is for whoever calls to see to (`relevo.delivery.witness`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relevo.clock import moment, seconds
from relevo.errors import WireError
from relevo.protocol import base64std
from relevo.protocol.keys import BadSignature
from relevo.protocol.signed_note import NoteMalformed, key_id, signature_line, split_note

if TYPE_CHECKING:
    from datetime import datetime

    from relevo.protocol.keys import Signer, VerifyKey

WITNESS_ALGORITHM = b"\4"
"""What a key of `cosignature/v1` is marked with in a signed note."""
_TIME, _SIGNATURE = 8, 64
_LAST_SECOND = 253402300799


class CosignatureMissing(WireError):
    """A checkpoint is not cosigned by this witness."""

    code = "cosignature-missing"
    advice = "Ask the node for a checkpoint that its peer has cosigned; they exchange them once a minute."


class CosignatureBad(WireError):
    """A line claims to be a witness's and does not verify."""

    code = "cosignature-bad"
    advice = "Keep the checkpoint and tell an auditor: somebody wrote a witness's name under it."


@dataclass(frozen=True, kw_only=True)
class Cosignature:
    """Who saw a head of a log, and when."""

    witness: str
    at: datetime


def witness_name(node_id: str) -> str:
    """The name of a node's witness key, for example `ci:accueil/witness`."""
    return f"{node_id}/witness"


def witness_verifier_key(node_id: str, key: VerifyKey) -> str:
    """The witness key of a node as other software takes it."""
    name = witness_name(node_id)
    return f"{name}+{key_id(name, WITNESS_ALGORITHM, key).hex()}+{base64std.encode(WITNESS_ALGORITHM + key.raw)}"


def cosign_checkpoint(note: str, node_id: str, key: Signer, at: datetime) -> str:
    """The line by which the witness of `node_id` says that it saw the checkpoint `note` at `at`.

    Raises:
        NoteMalformed: if it is not a note.
    """
    text, _ = split_note(note)
    name, time = witness_name(node_id), seconds(at)
    signature = key.sign(_said(text, time))
    return signature_line(name, key_id(name, WITNESS_ALGORITHM, key.public) + time.to_bytes(_TIME) + signature)


def read_cosignature(note: str, node_id: str, key: VerifyKey) -> Cosignature:
    """What the witness of `node_id` said below the checkpoint `note`; the latest word if there are several.

    Raises:
        NoteMalformed: if it is not a note.
        CosignatureMissing: if it said nothing.
        CosignatureBad: if a line in its name does not verify.
    """
    text, lines = split_note(note)
    name = witness_name(node_id)
    wanted = (name, key_id(name, WITNESS_ALGORITHM, key))
    times = [_verified(text, raw, key) for signer, found, raw in lines if (signer, found) == wanted]
    if not times:
        raise CosignatureMissing
    return Cosignature(witness=name, at=moment(max(times)))


def with_cosignatures(note: str, lines: str) -> str:
    """The checkpoint with lines of witnesses below its own signature.

    Raises:
        NoteMalformed: if they are not signature lines.
    """
    both = note + lines
    if split_note(both)[0] != split_note(note)[0]:
        raise NoteMalformed("what a witness said is not lines of signatures")
    return both


def _verified(text: str, raw: bytes, key: VerifyKey) -> int:
    time, signature = int.from_bytes(raw[:_TIME]), raw[_TIME:]
    if len(raw) != _TIME + _SIGNATURE or time > _LAST_SECOND:
        raise CosignatureBad("a cosignature is not a moment and a signature")
    try:
        key.verify(signature, _said(text, time))
    except BadSignature as error:
        raise CosignatureBad from error
    return time


def _said(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()

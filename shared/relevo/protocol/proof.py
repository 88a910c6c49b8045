"""The proof that an auditor takes away: one entry is in the log under this checkpoint (c2sp.org/tlog-proof).

    c2sp.org/tlog-proof@v1
    index 73894
    gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=        the siblings, from the leaf upwards
    …

    es:retorno/log                                      the checkpoint, as it is
    109482
    …

The optional line `extra` of the format, which nothing authenticates, is never written and refused when read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relevo.errors import WireError
from relevo.protocol import base64std
from relevo.protocol.base64std import NotBase64
from relevo.protocol.checkpoint import Checkpoint, read_checkpoint
from relevo.protocol.merkle import HASH_BYTES, leaf_hash, verify_inclusion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relevo.protocol.keys import VerifyKey

HEADER = "c2sp.org/tlog-proof@v1"
MAX_SIBLINGS = 63

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,15})")


class ProofMalformed(WireError):
    """A text is not a proof of the form tlog-proof@v1."""

    code = "log-proof-malformed"


@dataclass(frozen=True, kw_only=True)
class LogProof:
    """A proof as read, not yet verified: the place of the entry, its siblings upwards, and the checkpoint as note."""

    index: int
    siblings: tuple[bytes, ...]
    checkpoint: str


def write_proof(index: int, siblings: Sequence[bytes], checkpoint: str) -> str:
    """The proof as text; `checkpoint` is the signed note that `sign_checkpoint` made."""
    lines = [HEADER, f"index {index}", *(base64std.encode(sibling) for sibling in siblings)]
    return "\n".join(lines) + "\n\n" + checkpoint


def read_proof(text: str) -> LogProof:
    """The parts of a proof.

    Raises:
        ProofMalformed: if it is not of this form.
    """
    head, separator, checkpoint = text.partition("\n\n")
    header, _, rest = head.partition("\n")
    index, *siblings = rest.split("\n")
    found = _INDEX.fullmatch(index)
    if not separator or header != HEADER or not found or len(siblings) > MAX_SIBLINGS:
        raise ProofMalformed("not a header, an index, hashes and a checkpoint")
    return LogProof(index=int(found[1]), siblings=tuple(read_sibling(line) for line in siblings), checkpoint=checkpoint)


def verify_proof(text: str, entry: bytes, *, origin: str, key: VerifyKey) -> Checkpoint:
    """The checkpoint under which `entry` (32 bytes) is in the log `origin`, whose key is `key`.

    Raises:
        ProofMalformed: see `read_proof`.
        CheckpointMalformed, CheckpointBadSignature, CheckpointOfAnotherLog: see `read_checkpoint`.
        InclusionFailed: if the entry is not at this place under this root.
    """
    proof = read_proof(text)
    checkpoint = read_checkpoint(proof.checkpoint, origin, key)
    verify_inclusion(leaf_hash(entry), proof.index, checkpoint.size, proof.siblings, checkpoint.root)
    return checkpoint


def read_sibling(line: str) -> bytes:
    """One hash of a proof, 32 bytes in base64.

    Raises:
        ProofMalformed: if it is something else.
    """
    try:
        raw = base64std.decode(line)
    except NotBase64 as error:
        raise ProofMalformed("a hash of a proof is not base64") from error
    if len(raw) != HASH_BYTES:
        raise ProofMalformed("a hash of a proof does not have 32 bytes")
    return raw

"""How the owner of a log asks a witness to cosign a newer checkpoint (c2sp.org/tlog-witness, `add-checkpoint`).

old 1042                                             the size that the witness cosigned last, as the owner believes
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=         the consistency proof from there, at most 63 hashes
…

es:retorno/log                                       the checkpoint, as it is
1100
…
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from relevo.errors import WireError
from relevo.protocol import base64std
from relevo.protocol.proof import MAX_SIBLINGS, ProofMalformed, read_sibling

MAX_BYTES = 1 << 16
_OLD = re.compile(r"old (0|[1-9][0-9]{0,15})")


class WitnessRequestMalformed(WireError):
    """A request to a witness is not an old size, a proof and a checkpoint."""

    code = "witness-request-malformed"
    advice = "Send `old <size>`, the hashes of the proof, an empty line, and the checkpoint."


@dataclass(frozen=True, kw_only=True)
class WitnessRequest:
    """A request as read; nothing in it is verified yet."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: str


def write_request(old: int, proof: Sequence[bytes], checkpoint: str) -> bytes:
    """The body of a request."""
    lines = [f"old {old}", *(base64std.encode(sibling) for sibling in proof)]
    return ("\n".join(lines) + "\n\n" + checkpoint).encode()


def read_request(body: bytes) -> WitnessRequest:
    """The parts of a request.

    Raises:
        WitnessRequestMalformed: if it is not of this form.
    """
    try:
        head, separator, checkpoint = body.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError as error:
        raise WitnessRequestMalformed from error
    first, *siblings = head.split("\n")
    found = _OLD.fullmatch(first)
    if not separator or not found or len(siblings) > MAX_SIBLINGS or len(body) > MAX_BYTES:
        raise WitnessRequestMalformed
    try:
        proof = tuple(read_sibling(line) for line in siblings)
    except ProofMalformed as error:
        raise WitnessRequestMalformed("a hash of the proof is not 32 bytes in base64") from error
    return WitnessRequest(old=int(found[1]), proof=proof, checkpoint=checkpoint)

"""The file by which a node shows that its log only grew between two sizes (RFC 6962, section 2.1.2).

    {"format": "relevo-log-growth-v1", "node": "es:retorno", "old": entries, "new": entries, "proof": [base64, …]}

It is brought beside two evidence files of the node, whose signed heads have these sizes; their roots stand there.
Nobody signs it: a proof either leads from the one root to the other, or it does not.
"""

from __future__ import annotations

from dataclasses import dataclass

from relevo.errors import WireError
from relevo.protocol import base64std, strict_json
from relevo.protocol.claims import Claims
from relevo.protocol.evidence_log import EvidenceMalformed, read_hashes

FORMAT = "relevo-log-growth-v1"
MAX_BYTES = 1 << 13


@dataclass(frozen=True, kw_only=True)
class LogGrowth:
    """That the log of `node` had `old` entries and then `new`, and the proof of it."""

    node: str
    old: int
    new: int
    proof: tuple[bytes, ...]


def write_growth(growth: LogGrowth) -> bytes:
    """The file, one line of JSON with a newline."""
    hashes = [base64std.encode(one) for one in growth.proof]
    shown = {"format": FORMAT, "node": growth.node, "old": growth.old, "new": growth.new, "proof": hashes}
    return strict_json.dump({**shown}) + b"\n"


def is_growth(raw: bytes) -> bool:
    """Whether a file is of this format."""
    try:
        return strict_json.load(raw, limit=MAX_BYTES).get("format") == FORMAT
    except WireError:
        return False


def read_growth(raw: bytes) -> LogGrowth:
    """What stands in a file, its form checked and nothing else.

    Raises:
        EvidenceMalformed: if it is not of this form.
    """
    try:
        said = strict_json.load(raw, limit=MAX_BYTES)
        claims = Claims.of(said, ("format", "node", "old", "new", "proof"), "a proof of growth")
        sizes = claims.whole("old"), claims.whole("new")
        return LogGrowth(node=claims.node_id("node"), old=sizes[0], new=sizes[1], proof=read_hashes(claims))
    except EvidenceMalformed:
        raise
    except WireError as error:
        raise EvidenceMalformed(f"not a proof of growth: {error.detail}", field=error.field) from error

"""Examines an evidence file without a node, a network, a clock or personal data.

In this order: the statements and fingerprints of both nodes; their signatures under each SOP; each manifest with its
SOP, content and receipt; the order of each stream; the checkpoint, every log entry, and that everything shown is
logged. A line fails for each thing that does not hold, under the code that the same fault has on the wire. What a file
cannot prove by itself is said in lines of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.errors import WireError
from relevo.protocol.verification_log import check_log
from relevo.protocol.verification_messages import check_manifests, check_messages, check_order
from relevo.protocol.verification_nodes import check_sops, check_statements, read_identities
from relevo.protocol.verification_report import (
    Check,
    Line,
    Outcome,
    Report,
    could_not_check,
    day_and_hour,
    fails,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from relevo.protocol.evidence import Evidence

__all__ = ["Check", "Line", "Outcome", "Report", "verify_evidence"]


def verify_evidence(evidence: Evidence, expect: Mapping[str, str] | None = None) -> Report:
    """What holds, what fails and what could not be checked.

    Args:
        evidence: as `read_evidence` gave it.
        expect: the fingerprints that the reader got in another way than with the file, as words or digits, by node id.
    """
    return Report(lines=tuple(_lines(evidence, expect or {})))


def _lines(evidence: Evidence, expect: Mapping[str, str]) -> Iterator[Line]:
    made = f"who made this file on {day_and_hour(evidence.made_at)}; nothing signs that."
    yield could_not_check(Check.FILE, "file", made)
    statements = [*check_statements(evidence, expect)]
    yield from statements
    try:
        identities = read_identities(evidence)
    except WireError as error:
        if all(line.ok for line in statements):
            yield fails(Check.STATEMENT, "statements", error)
        yield could_not_check(Check.FILE, "file", "anything else, because the statements do not hold.")
        return
    yield from check_sops(evidence, identities)
    lines, proven = check_manifests(evidence, identities)
    yield from lines
    yield from check_messages(evidence, proven, identities)
    yield from check_order(proven)
    yield from check_log(evidence, proven, identities)

"""Older heads of a log in an evidence file: signed, seen by a witness then, and continued by the newest head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.errors import WireError
from relevo.protocol.merkle import verify_consistency
from relevo.protocol.verification_account import Head, seen_by
from relevo.protocol.verification_nodes import read_head
from relevo.protocol.verification_report import Check, day_and_hour, fails, holds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from relevo.protocol.evidence_log import EvidenceHead
    from relevo.protocol.verification_nodes import Identities
    from relevo.protocol.verification_report import Line


def check_older(
    shown: Sequence[EvidenceHead], newest: Head, node: str, peers: Sequence[str], identities: Identities
) -> tuple[list[Line], list[Head]]:
    """Lines about the older heads of the log of `node`, and those that hold."""
    lines: list[Line] = []
    proven: list[Head] = []
    for one in shown:
        try:
            found = _head(one, newest, node, peers, identities)
        except WireError as error:
            lines.append(fails(Check.CHECKPOINT, f"{node}/log", error))
        else:
            proven.append(found)
            lines += _seen_lines(node, found)
    return lines, proven


def _head(shown: EvidenceHead, newest: Head, node: str, peers: Sequence[str], identities: Identities) -> Head:
    found = read_head(shown.checkpoint, identities.chains[node])
    now = newest.checkpoint
    verify_consistency(found.size, found.root, now.size, now.root, shown.proof)
    return Head(checkpoint=found, note=shown.checkpoint, seen=seen_by(shown.checkpoint, peers, identities))


def _seen_lines(node: str, head: Head) -> Iterator[Line]:
    for peer, at in head.seen.items():
        text = (
            f"{peer} saw an older head of {head.checkpoint.size} entries on {day_and_hour(at)}; the log continues it."
        )
        yield holds(Check.WITNESS, f"{node}/log", text)

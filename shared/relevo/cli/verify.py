"""Shows what an examination of an evidence file found: a line for each check, in words to read aloud, and a sum.

With `--json` the same for programs:

    {"ok": true, "summary": …, "lines": [{"check", "subject", "outcome", "text", "code"}, …]}
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from relevo.cli import show
from relevo.errors import BadInput
from relevo.protocol.evidence import MAX_BYTES, read_evidence
from relevo.protocol.verification import Line, Outcome, Report, verify_evidence

_MARKS = {
    Outcome.HOLDS: ("✓ holds   ", "green"),
    Outcome.FAILS: ("✗ FAILS   ", "bold red"),
    Outcome.NOT_CHECKED: ("· unproven", "dim"),
}


def examine(file: Path, expected: Iterable[str]) -> Report:
    """The report on an evidence file; `expected` are fingerprints, each as `NODE_ID=WORDS` or `NODE_ID=DIGITS`.

    Raises:
        BadInput: if the file cannot be read, or an expectation is not of that form or about a node that is not in it.
        EvidenceMalformed: if it is not an evidence file.
    """
    fingerprints = dict(_expectation(one) for one in expected)
    report = verify_evidence(read_evidence(_raw(file)), fingerprints)
    strangers = sorted(fingerprints.keys() - {one.subject for one in report.lines})
    if strangers:
        raise BadInput(
            f"this file holds no statement of {', '.join(strangers)}",
            field="expect",
            next_step="Check the node id; without --expect, the first lines name the nodes of the file.",
        )
    return report


def print_lines(report: Report) -> None:
    """Print the report for people."""
    for one in report.lines:
        _print_line(one)
    show.line("")
    show.line(f"Summary: {report.summary}", "bold green" if report.ok else "bold red")


def print_json(report: Report) -> None:
    """Print the report for programs."""
    lines = [asdict(one) for one in report.lines]
    show.bare(json.dumps({"ok": report.ok, "summary": report.summary, "lines": lines}, ensure_ascii=False, indent=1))


def _print_line(one: Line) -> None:
    mark, style = _MARKS[one.outcome]
    show.marked(mark, f"{one.subject}: {one.text}", style)


def _raw(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as fault:
        raise BadInput(f"the file cannot be read: {fault.strerror}", field="file") from None


def _expectation(given: str) -> tuple[str, str]:
    node_id, separator, fingerprint = given.partition("=")
    if not (node_id and separator and fingerprint):
        raise BadInput('an expected fingerprint is written NODE_ID="words or digits"', field="expect")
    return node_id, fingerprint

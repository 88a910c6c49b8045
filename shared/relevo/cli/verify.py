"""Shows what an examination of evidence files found: a line for each check, in words to read aloud, and a sum.

With `--json` the same for programs:

    {"ok": true, "kept": true, "summary": …,
     "lines": [{"part", "check", "subject", "outcome", "text", "code", "advice"}, …]}

Exit statuses: 0 everything holds and was kept; 1 something does not hold; 3 everything holds, and shows that something
was not done in time or as agreed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from relevo.audit.examination import Examination, examine
from relevo.cli import show
from relevo.errors import BadInput
from relevo.protocol.evidence import MAX_BYTES, read_evidence
from relevo.protocol.evidence_book import is_book, read_book
from relevo.protocol.log_growth import is_growth, read_growth
from relevo.protocol.look import is_look, read_look, verify_look
from relevo.protocol.verification import Check, Examined, Line, Outcome, examine_evidence
from relevo.protocol.verification_book import verify_book
from relevo.protocol.verification_report import COULD_NOT

FAILED, NOT_KEPT = 1, 3
FEW, MANY = 2, 5
_GATHERED = {
    Check.MANIFEST: ("messages", "{:,} are signed by their senders, at a time when that key was in use."),
    Check.SOP: ("messages", "{:,} move under a SOP that is in this file."),
    Check.CONTENT: ("messages", "in {:,} what was stated is exactly what the message names; none of it is shown here."),
    Check.RECEIPT: ("messages", "the receivers signed that they have stored {:,}."),
    Check.LOG_ENTRY: ("log", "{:,} entries are in it, and speak of what this file shows."),
}
"""What is said once of many; `--every-line` says each."""
_OF_REFERRALS = {
    Check.DEADLINE: "{:,} due times and acknowledgements hold.",
    Check.ERASURE: "{:,} times it is shown that something was erased.",
    Check.BASIS: "{:,} times it is shown what messages rest on.",
}
"""The same, where a file is about many referrals."""
_REFERRAL = "referral "
_SUM = {0: "bold green", FAILED: "bold red", NOT_KEPT: "bold yellow"}
_MARKS = {
    Outcome.HOLDS: ("✓ holds   ", "green"),
    Outcome.FAILS: ("✗ FAILS   ", "bold red"),
    Outcome.NOT_KEPT: ("! NOT KEPT", "bold yellow"),
    Outcome.NOT_CHECKED: ("· unproven", "dim"),
}


def examine_files(files: Sequence[Path], expected: Iterable[str]) -> Examination:
    """What evidence files show; `expected` are fingerprints, each as `NODE_ID=WORDS` or `NODE_ID=DIGITS`.

    Raises:
        BadInput: if a file cannot be read, or an expectation is not of that form or about a node that is in no file.
        EvidenceMalformed: if one is not an evidence file.
    """
    fingerprints = dict(_expectation(one) for one in expected)
    growths = {file: read_growth(raw) for file in files if is_growth(raw := _beginning(file))}
    shown = [(file.name, _examined(file, fingerprints)) for file in files if file not in growths]
    if not shown:
        raise BadInput("a proof that a log grew needs two evidence files beside it, which show its heads", field="file")
    found = examine(shown, tuple(growths.values()))
    strangers = sorted(fingerprints.keys() - {one.subject for one in found.whole.lines})
    if strangers:
        raise BadInput(
            f"this file holds no statement of {', '.join(strangers)}",
            field="expect",
            next_step="Check the node id; without --expect, the first lines name the nodes of the file.",
        )
    return found


def status(found: Examination) -> int:
    """The exit status."""
    whole = found.whole
    return FAILED if not whole.ok else NOT_KEPT if whole.not_kept else 0


def print_lines(found: Examination, *, every_line: bool = False) -> None:
    """Print the findings for people; what holds many times over is one line with its number, unless they want all."""
    doubts = set[Line]()
    for part in found.parts:
        show.line(part.title, "bold")
        for one in part.report.lines if every_line else _gathered(part.report.lines, doubts):
            _print_line(one)
        show.line("")
    whole = found.whole
    show.line(f"Summary: {whole.summary}", _SUM[status(found)])


def print_json(found: Examination) -> None:
    """Print the findings for programs."""
    whole = found.whole
    lines = [{"part": part.title, **asdict(one)} for part in found.parts for one in part.report.lines]
    told = {"ok": whole.ok, "kept": not whole.not_kept, "summary": whole.summary, "lines": lines}
    show.bare(json.dumps(told, ensure_ascii=False, indent=1))


def _gathered(lines: Sequence[Line], doubts: set[Line]) -> Iterator[Line]:
    """The lines, with all that say the same of many as one, in the place of the first; no doubt is said twice."""
    alike, told = Counter(map(_family, lines)), set[str]()
    referrals = len({one.subject for one in lines if one.subject.startswith(_REFERRAL)})
    for one in lines:
        family = _family(one)
        few = referrals <= MANY if one.subject.startswith(_REFERRAL) else alike[family] <= FEW
        if family is None or few:
            if one not in doubts:
                yield one
        elif family not in told:
            told.add(family)
            yield _as_one(one, alike[family], referrals)
        if one.outcome is Outcome.NOT_CHECKED:
            doubts.add(one)


def _family(one: Line) -> str | None:
    """By what lines are gathered: what holds by its check, a doubt about referrals by its words."""
    if one.subject.startswith(_REFERRAL):
        if one.outcome is Outcome.NOT_CHECKED:
            return one.text
        return one.check if one.outcome is Outcome.HOLDS and one.check in _OF_REFERRALS else None
    told_apart = "refused it" in one.text or one.subject.startswith("SOP ")
    return one.check if one.outcome is Outcome.HOLDS and one.check in _GATHERED and not told_apart else None


def _as_one(one: Line, count: int, referrals: int) -> Line:
    if one.outcome is Outcome.NOT_CHECKED:
        return replace(one, subject=f"{count:,} referrals")
    if one.subject.startswith(_REFERRAL):
        return replace(one, subject=f"{referrals:,} referrals", text=_OF_REFERRALS[one.check].format(count))
    subject, text = _GATHERED[one.check]
    return replace(one, subject=subject, text=text.format(count))


def _print_line(one: Line) -> None:
    mark, style = _MARKS[one.outcome]
    show.marked(mark, f"{one.subject}: {one.text.removeprefix(COULD_NOT)}", style)
    if one.advice:
        show.marked(" " * len(mark), f"→ {one.advice}", style)


def _examined(file: Path, fingerprints: Mapping[str, str]) -> Sequence[Examined]:
    """What is found in one file, whichever of the three forms it has."""
    try:
        with file.open("rb") as opened:
            first = opened.readline(MAX_BYTES + 1)
            if is_book(first):
                return verify_book(read_book(chain([first], _lines(opened))), fingerprints)
            raw = first + opened.read(MAX_BYTES + 1 - len(first))
    except OSError as fault:
        raise BadInput(f"the file cannot be read: {fault.strerror}", field="file") from None
    if is_look(raw):
        return [Examined(report=verify_look(read_look(raw), fingerprints), account=None)]
    return [examine_evidence(read_evidence(raw), fingerprints)]


def _beginning(file: Path) -> bytes:
    """The first line of a file, which is all there is of a proof of growth."""
    try:
        with file.open("rb") as opened:
            return opened.readline(MAX_BYTES + 1)
    except OSError as fault:
        raise BadInput(f"the file cannot be read: {fault.strerror}", field="file") from None


def _lines(opened: BinaryIO) -> Iterator[bytes]:
    """Line by line, none longer than a reader takes."""
    while line := opened.readline(MAX_BYTES + 1):
        yield line


def _expectation(given: str) -> tuple[str, str]:
    node_id, separator, fingerprint = given.partition("=")
    if not (node_id and separator and fingerprint):
        raise BadInput('an expected fingerprint is written NODE_ID="words or digits"', field="expect")
    return node_id, fingerprint

"""`relevo verify`: what two people read from the screen, and the exit status that a script reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from relevo.audit.examination import examine
from relevo.cli import app
from relevo.protocol.evidence import Evidence, write_evidence
from relevo.protocol.evidence_book import write_book
from relevo.protocol.evidence_items import (
    BookCheckpoint,
    BookEntry,
    BookItem,
    BookThread,
)
from relevo.protocol.fingerprint import fingerprint_of
from relevo.protocol.statement import read_statement
from relevo.protocol.verification import examine_evidence
from relevo.protocol.verification_report import Report
from support.evidence_sample import Sample, book_begins, sample
from support.wire_pair import AT, HOST_ID, ORIGIN_ID, payload_of

EVIDENCE = sample().evidence()
PLAIN = {"COLUMNS": "80", "NO_COLOR": "1"}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["verify", *map(str, arguments)], env=PLAIN)


def examined(evidence: Evidence) -> Report:
    return examine([("evidence.json", [examine_evidence(evidence)])]).whole


def write(folder: Path, evidence: Evidence) -> Path:
    file = folder / "evidence.json"
    file.write_bytes(write_evidence(evidence))
    return file


def fingerprint(node: str) -> str:
    return " ".join(fingerprint_of(read_statement(EVIDENCE.statements[node][0], at=None)).words)


def test_an_honest_file_holds_line_by_line_with_status_0(tmp_path: Path) -> None:
    shown = run(write(tmp_path, EVIDENCE))
    assert shown.exit_code == 0
    marks = {line.split("  ")[0] for line in shown.stdout.splitlines() if line[:1] in {"✓", "✗", "·"}}
    assert marks == {"✓ holds", "· unproven"}
    assert "Summary: all " in shown.stdout


def test_every_check_is_a_line_that_fits_the_terminal(tmp_path: Path) -> None:
    shown = run(write(tmp_path, EVIDENCE), "--every-line")
    marked = [line for line in shown.stdout.splitlines() if line[:1] in {"✓", "✗", "·"}]
    assert len(marked) == len(examined(EVIDENCE).lines)
    assert max(map(len, shown.stdout.splitlines())) <= 80


def test_a_doubt_is_told_once_however_many_files_share_it(tmp_path: Path) -> None:
    file = write(tmp_path, EVIDENCE)
    again = file.with_name("again.json")
    again.write_bytes(file.read_bytes())
    shown = " ".join(run(file, again).stdout.split())
    assert shown.count(f"whose root key this is. Compare it by phone with the administrator of {HOST_ID}") == 1
    assert shown.count("its statement, versions 1 to 5") == 4
    assert "could not check" not in shown


def test_many_referrals_are_gathered_and_each_is_shown_on_demand(tmp_path: Path) -> None:
    file = tmp_path / "all.evidence"
    file.write_bytes(b"".join(write_book(book(8))))
    shown = run(file)
    assert shown.exit_code == 0
    assert "8 referrals: 8 times it is shown what messages rest on." in shown.stdout
    assert sum(line.startswith("✓ holds     referral ") for line in shown.stdout.splitlines()) == 0
    every = run(file, "--every-line")
    assert sum(line.startswith("✓ holds     referral ") for line in every.stdout.splitlines()) == 8


def book(referrals: int) -> Iterator[BookItem]:
    """A relation in which each referral has one message, under a SOP that nobody can read."""
    made = Sample()
    for number in range(1, referrals + 1):
        made.message(HOST_ID, "reported", AT, number, thread=f"{number:08d}-6f3b-4c57-9c5a-0d9f1b7e2a34")
    shown = made.evidence()
    yield from book_begins(shown)
    for one in shown.messages:
        yield BookThread(peer=ORIGIN_ID, thread=str(payload_of(one.manifest)["thread"]), messages=(one,))
    yield from (BookEntry(record=record, salt=salt) for record, salt in made.log.records)
    yield BookCheckpoint(note=shown.checkpoint)


def test_a_file_that_was_changed_fails_with_status_1_and_names_the_code(tmp_path: Path) -> None:
    changed = replace(EVIDENCE, sops=(replace(EVIDENCE.sops[0], text=EVIDENCE.sops[0].text + "# changed\n"),))
    shown = run(write(tmp_path, changed))
    assert shown.exit_code == 1
    assert "✗ FAILS" in shown.stdout
    assert "→ If the text of the SOP was changed, its digest is another one" in " ".join(shown.stdout.split())
    assert "FAILED" in shown.stdout.splitlines()[-2] + shown.stdout.splitlines()[-1]


def test_the_json_says_the_same_as_the_lines(tmp_path: Path) -> None:
    report = examined(EVIDENCE)
    told = json.loads(run(write(tmp_path, EVIDENCE), "--json").stdout)
    assert (told["ok"], told["summary"]) == (True, report.summary)
    assert [line["text"] for line in told["lines"]] == [line.text for line in report.lines]


def test_a_fingerprint_that_the_reader_expects_is_checked(tmp_path: Path) -> None:
    file = write(tmp_path, EVIDENCE)
    assert run(file, "--expect", f"{HOST_ID}={fingerprint(HOST_ID)}").exit_code == 0
    assert run(file, "--expect", f"{HOST_ID}={fingerprint(ORIGIN_ID)}").exit_code == 1


def test_a_fingerprint_of_a_node_that_is_not_in_the_file_is_never_passed_over(tmp_path: Path) -> None:
    shown = run(write(tmp_path, EVIDENCE), "--expect", f"es:retrono={fingerprint(HOST_ID)}")
    assert shown.exit_code == 2
    assert "no statement of es:retrono" in shown.stderr


REFUSED = {
    "a file that does not exist": ("/nowhere/evidence.json", [], "bad-input"),
    "a file that is something else": (__file__, [], "evidence-malformed"),
    "an expectation without a fingerprint": (__file__, ["--expect", "es:retorno"], "bad-input"),
}


@pytest.mark.parametrize(("file", "options", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_with_status_2(file: str, options: list[str], code: str) -> None:
    shown = run(file, *options)
    assert shown.exit_code == 2
    assert f"Refused ({code})" in shown.stderr

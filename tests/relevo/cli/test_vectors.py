"""`relevo vectors`: what people read, what programs read, and the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from relevo.cli import app
from relevo.cli.vectors import SHIPPED
from relevo.vectors.check import SUBJECTS

HOLDS = {"name": "one byte", "input": {"text": "_w"}, "result": "ff"}
FAILS = {"name": "a byte that is another", "input": {"text": "_w"}, "result": "00"}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["vectors", *map(str, arguments)], env={"COLUMNS": "80", "NO_COLOR": "1"})


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Vectors of another team, one case of which does not hold here."""
    file = {"format": "relevo-vectors-v1", "subject": "base64url", "about": "", "given": {}, "cases": [HOLDS, FAILS]}
    (tmp_path / "theirs.json").write_text(json.dumps(file), encoding="ascii")
    return tmp_path


def test_those_of_relevo_hold_with_a_line_for_each_file() -> None:
    shown = run("check")
    files = sorted(file.name for file in SHIPPED.glob("*.json"))
    assert shown.exit_code == 0
    assert [line.split()[2].rstrip(":") for line in shown.stdout.splitlines()[:-1]] == files
    assert "Summary: all " in shown.stdout


def test_a_folder_of_somebody_else_is_checked_and_what_fails_is_named(own: Path) -> None:
    shown = run("check", own)
    assert shown.exit_code == 1
    assert "a byte that is another" in shown.stdout
    assert "Summary: 1 of 2 cases FAILED, in 1 files." in shown.stdout


def test_the_json_says_the_same(own: Path) -> None:
    shown = run("check", own / "theirs.json", "--json")
    failure = {"name": FAILS["name"], "expected": 'the result "00"', "found": 'the result "ff"'}
    file = {"file": "theirs.json", "subject": "base64url", "cases": 2, "failures": [failure]}
    assert (shown.exit_code, json.loads(shown.stdout)) == (1, {"ok": False, "cases": 2, "files": [file]})


def test_a_folder_without_vectors_is_refused_in_words(tmp_path: Path) -> None:
    shown = CliRunner().invoke(app, ["vectors", "check", str(tmp_path)])
    assert shown.exit_code != 0
    assert "no vectors are there" in shown.stderr


def test_every_subject_is_listed_with_its_input() -> None:
    listed = run("subjects").stdout
    assert all(subject in listed for subject in SUBJECTS)

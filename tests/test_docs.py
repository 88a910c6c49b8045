"""What the documents name is there: the files of the architecture, the commands of the READMEs, the targets of make."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from host_node.cli import app as host_app
from origin_node.cli import app as origin_app
from relevo.cli import app as relevo_app

ROOT = Path(__file__).parents[1]
SHELVES = (ROOT, ROOT / "shared" / "relevo", ROOT / "services")
PROGRAMS = {"host-node": host_app, "origin-node": origin_app, "relevo": relevo_app}
READMES = (ROOT / "README.md", ROOT / "deploy" / "README.md")
PATHS = re.findall(r"`([a-z_/]+(?:\.py|\.toml|/))`", (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))
CALLS = [
    line.partition(" #")[0].strip()
    for readme in READMES
    for line in readme.read_text(encoding="utf-8").splitlines()
    if line.startswith(tuple(f"{program} " for program in PROGRAMS))
]
TARGETS = re.findall(r"^(?:\| `)?make ([a-z]+)", READMES[0].read_text(encoding="utf-8"), re.MULTILINE)


def _called(words: list[str]) -> tuple[set[str], list[str]]:
    """The options of the command that words of a shell call, and what it is given; global options are skipped."""
    found, rest = typer.main.get_command(PROGRAMS[words[0]]), words[1:]
    while rest and rest[0] in {"--as", "--settings"}:
        rest = rest[2:]
    while isinstance(found, TyperGroup) and rest:
        found, rest = found.commands[rest[0]], rest[1:]
    assert not isinstance(found, TyperGroup), "a group of commands is no command"
    return {name for parameter in found.params for name in parameter.opts}, rest


@pytest.mark.parametrize("path", sorted(set(PATHS)))
def test_what_the_architecture_names_is_there(path: str) -> None:
    assert any((shelf / path).exists() for shelf in SHELVES)


@pytest.mark.parametrize("call", CALLS)
def test_a_command_of_a_readme_is_one_with_these_options(call: str) -> None:
    known, given = _called(shlex.split(call))
    assert {word for word in given if word.startswith("--")} <= known


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_of_the_readme_is_one_of_the_makefile(target: str) -> None:
    assert re.search(rf"^{target}:.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("document", [*READMES, *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda path: path.name)
def test_a_link_leads_somewhere(document: Path) -> None:
    words = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    links = re.findall(r"\]\(([^):]+)\)", words)
    assert all((document.parent / link.partition("#")[0]).exists() for link in links)


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_command_says_what_it_does(program: str) -> None:
    waiting = [typer.main.get_command(PROGRAMS[program])]
    while waiting:
        command = waiting.pop()
        assert command.help
        waiting += command.commands.values() if isinstance(command, TyperGroup) else ()

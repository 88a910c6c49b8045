"""Organisations from a terminal: the register, an offer and its answer, the part and its file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from origin_node.cli import app
from relevo.clock import FileClock
from relevo.domain.access import Role
from relevo.protocol.part import read_part
from relevo.storage import users
from relevo.storage.key_store import write_keys
from support.origin_desk import AT, Desk, open_desk
from support.partners import FUND, HOUSING, REGISTERS, SHELTER
from support.wire_pair import ORIGIN, ORIGIN_ID

SETTINGS = f"""
node_id = "{ORIGIN_ID}"
title = "Invented origin"
endpoint = "https://node.example"
listen_port = 8402
database = "sqlite:///origin.db"
keys = "keys.json"
clock = "file:clock"
"""
SAMPLE = REGISTERS / "ci-accueil.toml"


class Terminal:
    """Calls commands as intake, or as a worker of an organisation."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk, self.folder = desk, folder

    def __call__(self, *words: str, who: str = "inza", status: int = 0) -> str:
        """What a command prints, its exit status checked, in one line."""
        environment = {"COLUMNS": "200", "NO_COLOR": "1"}
        call = ["--settings", str(self.folder / "origin.toml"), "--as", who, *words]
        done: Result = CliRunner().invoke(app, call, env=environment)
        assert done.exit_code == status, done.output
        return " ".join((done.output if status else done.stdout).split())


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Terminal]:
    """A terminal at a node with one referral that was accepted."""
    (tmp_path / "origin.toml").write_text(SETTINGS)
    FileClock(tmp_path / "clock").move_to(AT)
    write_keys(tmp_path / "keys.json", ORIGIN)
    with open_desk(tmp_path, migrated=True) as desk:
        desk.request()
        desk.accept()
        with desk.node.write() as work:
            users.add(work.session, "inza", Role.INTAKE, work.at)
            for name, organisation in {"fatou": HOUSING, "salif": FUND}.items():
                users.add(work.session, name, Role.CASE_WORKER, work.at, organisation=organisation)
        yield Terminal(desk, tmp_path)


def test_the_register_is_kept_from_a_terminal(run: Terminal) -> None:
    run("organisation", "add", SHELTER, "--set", "title=Shelter (invented)", "--set", "services=housing, counselling")
    run("organisation", "change", SHELTER, "--set", "places=housing:4", "--set", "confidential=yes")
    assert "housing 4" in run("organisation", "list")
    told = run("organisation", "show", SHELTER)
    assert all(words in told for words in ("counselling, housing", "confidential yes", "checked_on 2026-11-23"))
    run("organisation", "import", str(SAMPLE))
    assert HOUSING in run("organisation", "list")


def test_an_offer_goes_its_whole_way_from_a_terminal(run: Terminal) -> None:
    thread, file = run.desk.thread, run.folder / "part.json"
    run("organisation", "import", str(SAMPLE))
    told = run("proposals", thread, "housing")
    assert told.index(HOUSING) < told.index(SHELTER)
    assert "Withhold psychosocial needs from family members." in told
    run("assign", thread, "housing", "--organisation", HOUSING)
    assert "offered" in run("offer", "list", who="fatou")
    assert "Awa" not in run("offer", "list", who="fatou")
    run("offer", "accept", thread, "housing", "--cost", "120.00", who="fatou")
    part = run("part", "show", thread, who="fatou")
    assert part.startswith("Contact the person")
    assert "Signed by es:retorno" in part
    run("part", "export", thread, "--out", str(file), who="fatou")
    assert read_part(file.read_bytes()).organisation == HOUSING
    assert "in use" in run("part", "list", thread)
    run("service", thread, "housing", "--status", "in-progress", who="fatou")
    assert "120.00" in run("organisation", "show", HOUSING)


def test_what_is_not_theirs_is_refused_in_words(run: Terminal) -> None:
    thread = run.desk.thread
    run("organisation", "import", str(SAMPLE))
    run("assign", thread, "housing", "--organisation", HOUSING)
    for who, words in {
        "salif": [("part", "show"), ("show",), ("profile",), ("services",), ("reports",), ("contacts",)],
        "fatou": [("part", "show"), ("show",), ("profile",), ("reports",), ("contacts",)],
    }.items():
        for command in words:
            told = run(*command, thread, who=who, status=2)
            assert "Refused" in told
            assert "Awa" not in told
    assert "There is no referral yet." in run("list", who="fatou")
    assert "Refused (bad-input)" in run("offer", "decline", thread, "housing", who="fatou", status=2)
    run("offer", "decline", thread, "housing", "--reason", "no flat", who="fatou")
    assert "no flat" in run("proposals", thread, "housing")


REFUSED = {
    "a field without a value": (("organisation", "add", SHELTER, "--set", "title"), "FIELD=VALUE"),
    "places that are no number": (
        ("organisation", "add", SHELTER, "--set", "title=x", "--set", "services=a", "--set", "places=a:b"),
        "places.a",
    ),
    "a file that is not there": (("organisation", "import", "none.toml"), "cannot be read"),
    "an organisation that is not here": (("organisation", "show", SHELTER), "organisation-unknown"),
}


@pytest.mark.parametrize(("words", "told"), REFUSED.values(), ids=REFUSED)
def test_refused_in_words_is(run: Terminal, words: tuple[str, ...], told: str) -> None:
    assert told in run(*words, status=2)

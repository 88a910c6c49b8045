"""The command line of an origin: a referral can be worked on with it, and every refusal is told in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from origin_node.cli import app
from relevo.clock import FileClock
from relevo.config import write_keys
from relevo.domain.access import Role
from relevo.storage import users
from support.origin_desk import AT, Desk, open_desk
from support.wire_pair import ORIGIN, ORIGIN_ID

SETTINGS = """
node_id = "{node}"
title = "Invented origin"
endpoint = "https://node.example"
listen_port = 8402
database = "sqlite:///origin.db"
keys = "keys.json"
clock = "file:clock"
"""
RESULTS = {"feedback": {"comments": "The workshop is open (invented).", "language": "fr"}}
NOW = "2026-11-23T08:00:00+00:00"


class Terminal:
    """Calls commands as somebody of a role."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk = desk
        self.settings = folder / "origin.toml"
        self.results = folder / "results.json"

    def __call__(self, command: str, *options: str, role: Role = Role.INTAKE) -> Result:
        """Run a command about the referral."""
        words = (*command.split(), self.desk.thread, *options)
        return CliRunner().invoke(app, ["--settings", str(self.settings), "--as", role, *words])


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Terminal]:
    """A terminal at a node with one referral that came in just now."""
    (tmp_path / "origin.toml").write_text(SETTINGS.format(node=ORIGIN_ID))
    (tmp_path / "results.json").write_text(json.dumps(RESULTS))
    FileClock(tmp_path / "clock").move_to(AT)
    write_keys(tmp_path / "keys.json", ORIGIN)
    with open_desk(tmp_path, migrated=True) as desk:
        desk.request()
        with desk.node.write() as work:
            for role in (Role.INTAKE, Role.AUDITOR):
                users.add(work.session, role, role, work.at)
        yield Terminal(desk, tmp_path)


def test_a_whole_referral_can_be_worked_on_from_a_terminal(run: Terminal) -> None:
    story = [
        (("acknowledge",), "acknowledged"),
        (("accept", "--note", "Welcome."), "accepted"),
        (("arrival", "--at", NOW), "journey arrived"),
        (("contact", "--channel", "phone", "--outcome", "reached", "--at", NOW), "accepted"),
        (("assign", "housing", "--organisation", "ci:accueil/housing-desk"), "accepted"),
        (("start",), "in-progress"),
        (("service", "housing", "--status", "declined"), "in-progress"),
        (("hold", "--reason", "Strike"), "on-hold"),
        (("resume",), "in-progress"),
        (("follow-up", "--month", "1", "--service", "business-start=declined"), "in-progress"),
        (("follow-up", "--month", "3", "--results", str(run.results)), "in-progress"),
        (("complete",), "completed"),
        (("close", "--reason", "completed", "--no-comments", "Could not be reached"), "closed"),
        (("reopen", "--reason", "She came back"), "in-progress"),
        (("not-complete", "--reason", "moved"), "not-completed"),
    ]
    for (command, *options), told in story:
        done = run(command, *options)
        assert (done.exit_code, told in done.output) == (0, True), (command, done.output)
    read = {name: run(name).output for name in ("profile", "reports", "services", "contacts", "show")}
    assert "Withhold psychosocial needs from family members." in read["profile"]
    assert "workshop" in read["reports"]
    assert "housing-desk" in read["services"].replace("\n", "")
    assert "reached" in read["contacts"]
    assert run("withdraw").exit_code == 0
    assert "erased" in run("profile").output


REFUSED = {
    "a step that is not allowed now": (("start",), Role.INTAKE, "acknowledged, withdrawn"),
    "a role that may not": (("profile",), Role.AUDITOR, "case-worker, clinician, coordinator"),
    "a time without its offset": (("arrival", "--at", "2026-11-23T08:00:00"), Role.INTAKE, "offset"),
    "a time that is none": (("arrival", "--at", "yesterday"), Role.INTAKE, "offset"),
    "services that moved nowhere": (
        ("follow-up", "--month", "1", "--service", "housing"),
        Role.INTAKE,
        "SERVICE=STATUS",
    ),
    "results that are not there": (("follow-up", "--month", "1", "--results", "none.json"), Role.INTAKE, "JSON file"),
}


@pytest.mark.parametrize(("call", "role", "told"), REFUSED.values(), ids=REFUSED)
def test_refused_in_words(run: Terminal, call: tuple[str, ...], role: Role, told: str) -> None:
    done = run(*call, role=role)
    assert done.exit_code == 2
    assert told in " ".join(done.output.split())
    assert "Traceback" not in done.output


def test_a_consent_is_changed_from_the_terminal(run: Terminal) -> None:
    said = ("--language", "fr", "--taken-on", "2026-11-22")
    for command in (
        ("narrow-consent", "--without", "needs"),
        ("renew-consent", "--until", "2028-12-31"),
        ("no-return",),
    ):
        done = run(*command, *said)
        assert (done.exit_code, "requested" in done.output) == (0, True), done.output
    refused = run("renew-consent", "--until", "2028-12-31", *said)
    assert (refused.exit_code, "later last day" in " ".join(refused.output.split())) == (2, True), refused.output
    assert "Nothing was sent" in run("disclosure").output

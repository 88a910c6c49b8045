"""The command line of an origin: a referral can be worked on with it, and every refusal is told in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from origin_node.cli import app
from relevo.clock import FileClock
from relevo.domain.access import Role
from relevo.storage import users
from relevo.storage.key_store import write_keys
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
DESK = "ci:accueil/housing-desk"
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

    def of_the_node(self, *words: str, role: Role = Role.INTAKE) -> Result:
        """Run a command that is about no one referral."""
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


def test_contact_plan_and_tasks_from_a_terminal(run: Terminal) -> None:
    plan = run.results.with_name("plan.json")
    plan.write_text(json.dumps({"agreed_on": "2026-11-23", "actions": [{"service": "housing"}]}))
    for command, *options in (("acknowledge",), ("accept",), ("arrival", "--at", NOW), ("plan agree", str(plan))):
        assert run(command, *options).exit_code == 0
    assert "Nothing in particular" in run("contact-hints").output
    assert run("contact", "--channel", "phone", "--outcome", "unsafe", "--at", NOW).exit_code == 0
    assert "contact-unsafe" in run("contact", "--channel", "phone", "--outcome", "reached", "--at", NOW).output
    told = " ".join(run.of_the_node("tasks").output.split())
    assert "clear-contact" in told
    assert "first-contact" in told
    assert run("clear-contact").exit_code == 0
    assert "clear-contact" not in run.of_the_node("tasks").output
    assert "no-medication" in run("medication-secured").output
    plan.write_text("no plan")
    assert "plan" in run("plan agree", str(plan)).output


def test_clinicians_write_in_files_or_are_asked(run: Terminal) -> None:
    for words in (("medical ask", "--from", str(run.results)), ("medical list",)):
        refused = run(*words)
        assert (refused.exit_code, "clinician" in refused.output) == (2, True)


def test_what_was_found_stands_beside_what_was_stated_and_can_be_struck(run: Terminal) -> None:
    run.results.write_text(json.dumps({"social": ["legal-advice"]}), encoding="utf-8")
    done = run("reassess", "--class", "needs", str(run.results))
    assert (done.exit_code, "Assessment 1 stands" in done.output) == (0, True), done.output
    shown = " ".join(run("profile", "--why", "decide").output.split())
    assert "needs, assessed here by intake" in shown
    assert "legal-advice" in shown
    assert run("strike", "assessment", "1", "--reason", "another person's file").exit_code == 0
    assert "STRUCK as entered in error by intake: another person's file" in " ".join(run("profile").output.split())
    assert "contacts" in run("record show").output


def test_closing_warns_of_what_the_record_lacks(run: Terminal) -> None:
    for command in ("acknowledge", "accept", f"arrival --at {NOW}", "start", "not-complete --reason moved"):
        verb, *options = command.split()
        assert run(verb, *options).exit_code == 0
    told = " ".join(run("close", "--reason", "moved", "--no-comments", "Could not be reached").output.split())
    assert "missing: communication since 2026-11-23 08:00 UTC" in told


REFUSED = {
    "a step that is not allowed now": (("start",), Role.INTAKE, "acknowledged, withdrawn"),
    "a role that may not": (("profile",), Role.AUDITOR, "these may: case-worker, clinician, intake"),
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


def test_what_an_organisation_was_given_is_asked_for_and_confirmed(run: Terminal) -> None:
    run.desk.give(DESK, "identity-min")
    run("withdraw")
    assert "housing-desk" in run("erasures").output.replace("\n", "")
    assert "the host is told" in run("confirm-erasure", "--organisation", DESK).output
    refused = run("confirm-erasure", "--organisation", "ci:accueil/school")
    assert (refused.exit_code, "given nothing" in refused.output) == (2, True)


def test_intake_sees_what_goes_by_itself_and_can_let_it_go_now(run: Terminal) -> None:
    called = ["--settings", str(run.settings), "--as", Role.INTAKE, "retention"]
    run("acknowledge")
    assert "No referral has ended" in CliRunner().invoke(app, [*called, "due"]).output
    run("decline", "--reason", "no-capacity")
    assert "2027-11-24" in CliRunner().invoke(app, [*called, "due"]).output
    assert "Looked at 1" in CliRunner().invoke(app, [*called, "run"]).output
    refused = CliRunner().invoke(app, [*called[:3], Role.AUDITOR, "retention", "due"])
    assert (refused.exit_code, "may not run-retention" in " ".join(refused.output.split())) == (2, True)


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
    assert "No data about the person was sent" in run("disclosure").output

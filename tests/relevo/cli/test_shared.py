"""Every command explains itself, and every refusal ends in words, at 80 columns and without colours."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from relevo.cli import app as relevo_app
from relevo.cli.refusals import Commands
from relevo.cli.shared import add_commands
from relevo.errors import Reason, Refusal
from relevo.runtime import Service
from support.command_line import CommandLine

COMMANDS = [
    "", "init", "migrate", "statement", "serve", "deliver",
    "peer", "peer add", "peer confirm", "peer list",
    "sop", "sop import", "sop propose", "sop accept", "sop show",
    "user", "user add", "user list",
]  # fmt: skip
PLAIN = {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command or "the node itself")
@pytest.mark.parametrize("side", [0, 1], ids=["host", "origin"])
def test_help_needs_no_settings_and_fits_the_terminal(
    services: tuple[Service, Service], side: int, command: str
) -> None:
    app = typer.Typer()
    add_commands(app, services[side])
    shown = CliRunner().invoke(app, [*command.split(), "--help"], env=PLAIN)
    assert shown.exit_code == 0
    assert "Usage:" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80


@pytest.mark.parametrize("command", ["", "demo", "verify"], ids=lambda command: command or "relevo itself")
def test_relevo_explains_itself(command: str) -> None:
    shown = CliRunner().invoke(relevo_app, [*command.split(), "--help"], env=PLAIN)
    assert shown.exit_code == 0
    assert "Usage:" in shown.stdout


def test_the_environment_can_name_the_settings_and_the_user(
    host: CommandLine, services: tuple[Service, Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    host.make()
    monkeypatch.setenv("HOST_NODE_SETTINGS", str(host.settings))
    monkeypatch.setenv("HOST_NODE_USER", "sample-admin")
    app = typer.Typer()
    add_commands(app, services[0])
    shown = CliRunner().invoke(app, ["user", "list"], env=PLAIN)
    assert "sample-admin" in shown.stdout


def test_a_refusal_shows_each_reason_with_what_to_do_about_it() -> None:
    app = typer.Typer()

    @app.callback(cls=Commands)
    def about() -> None:
        pass

    @app.command()
    def send() -> None:
        raise Refusal(
            Reason(code="no-consent", field="health-summary", detail="no consent covers it", advice="Ask the person."),
            Reason(code="required", field="contact.number", detail="is missing", advice="Add a number. [not markup]"),
        )

    shown = CliRunner().invoke(app, ["send"], env=PLAIN)
    assert shown.exit_code == 2
    assert shown.stdout == ""
    assert [line.rstrip() for line in shown.stderr.splitlines()] == [
        "Refused (refused)",
        "  - health-summary — no consent covers it (no-consent)",
        "    → Ask the person.",
        "  - contact.number — is missing (required)",
        "    → Add a number. [not markup]",
        "Next: Read the reasons; each says what to do next.",
    ]


def test_without_settings_the_refusal_names_every_key_that_is_missing(services: tuple[Service, Service]) -> None:
    app = typer.Typer()
    add_commands(app, services[0])
    shown = CliRunner().invoke(app, ["peer", "list"], env=PLAIN)
    assert shown.exit_code == 2
    assert all(key in shown.stderr for key in ("node_id", "endpoint", "database", "keys"))


def test_a_database_that_is_away_is_said_to_be_away(host: CommandLine) -> None:
    host.make()
    (host.folder / "data" / "node.db").write_bytes(b"")
    text = host.settings.read_text().replace("sqlite:///data/node.db", "postgresql://nobody:x@127.0.0.1:1/none")
    host.settings.write_text(text)
    refused = host.run("peer", "list", status=2)
    assert "database-unavailable" in refused.stderr
    assert "nobody:x" not in refused.stderr

"""Every command explains itself, and every refusal ends in words, at 80 columns and without colours."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
import typer
from typer.testing import CliRunner, Result

from relevo.cli import app as relevo_app
from relevo.cli import show
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


def raising(fault: Exception) -> Result:
    """What a command prints that raises `fault`."""
    app = typer.Typer()

    @app.callback(cls=Commands)
    def about() -> None:
        pass

    @app.command()
    def send() -> None:
        raise fault

    shown = CliRunner().invoke(app, ["send"], env=PLAIN)
    assert (shown.exit_code, shown.stdout) == (2, "")
    return shown


def test_a_refusal_shows_each_reason_with_what_to_do_about_it() -> None:
    shown = raising(
        Refusal(
            Reason(code="no-consent", field="health-summary", detail="no consent covers it", advice="Ask the person."),
            Reason(code="required", field="contact.number", detail="is missing", advice="Add a number. [not markup]"),
        )
    )
    assert shown.stderr.splitlines() == [
        "Refused (refused)",
        "  - health-summary — no consent covers it (no-consent)",
        "    → Ask the person.",
        "  - contact.number — is missing (required)",
        "    → Add a number. [not markup]",
        "Next: Read the reasons; each says what to do next.",
    ]


def test_what_all_reasons_have_in_common_is_said_once() -> None:
    advice = Refusal.advice
    reasons = [Reason(code="refused", field=field, detail="is missing", advice=advice) for field in ("name", "origin")]
    assert raising(Refusal(*reasons)).stderr.splitlines() == [
        "Refused (refused)",
        "  - name — is missing",
        "  - origin — is missing",
        f"Next: {advice}",
    ]


def test_a_file_that_cannot_be_used_is_told_in_words() -> None:
    shown = raising(PermissionError(13, "Permission denied", "data/keys.json"))
    assert shown.stderr.splitlines()[:2] == ["Refused (file-unusable)", "  data/keys.json: Permission denied"]


SHOWN: dict[str, tuple[object, str]] = {
    "nothing": (None, "-"),
    "a moment": (datetime(2026, 12, 14, 20, 35, 7, tzinfo=timezone(timedelta(hours=1))), "2026-12-14 19:35 UTC"),
    "yes": (True, "yes"),
    "a list": (["fr", "bci"], "fr, bci"),
    "an empty list": ([], "-"),
    "an object": ({"relation": "son", "travels": True}, "relation son, travels yes"),
    "objects in a list": ([{"relation": "son"}, {"relation": "mother"}], "relation son\nrelation mother"),
}


@pytest.mark.parametrize(("value", "told"), SHOWN.values(), ids=SHOWN.keys())
def test_a_value_is_shown_as_people_read_it(value: object, told: str) -> None:
    assert show.shown(value) == told


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

"""What somebody who writes a procedure asks of `relevo sop`, without a node."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from relevo.cli import app

SOPS = Path(__file__).parents[3] / "shared" / "sops"
ES_CI = SOPS / "es-ci.toml"
MARK = "# An invented sample: no such agreement exists"


def run(*arguments: str | Path, status: int = 0) -> Result:
    """Run `relevo sop` and demand its exit status."""
    given = ["sop", *map(str, arguments)]
    result = CliRunner().invoke(app, given, env={"COLUMNS": "80", "NO_COLOR": "1"})
    assert result.exit_code == status, result.output
    return result


@pytest.mark.parametrize("file", sorted(SOPS.glob("*.toml")), ids=lambda file: file.stem)
def test_every_sample_is_marked_as_invented_and_contradicts_itself_nowhere(file: Path) -> None:
    assert file.read_text(encoding="utf-8").startswith(MARK)
    assert "Nothing in it contradicts itself" in run("check", file).stdout


def test_a_check_tells_what_the_procedure_says() -> None:
    told = " ".join(run("check", SOPS / "de-iq.toml").stdout.split())
    for line in (
        "between de:rueckkehr (host) and iq:awda (origin)",
        "effective 2026-11-01 00:00 UTC",
        "required: identity-min, medication",
        "may return: feedback, outcome",
        "answers emergency 24 hours, urgent 72 hours, routine 10 working days",
        "first contact 2 working days after arrival; 24 hours if vulnerable",
        "follow-ups months 1, 3, 6, 12 after arrival",
        "host works in Europe/Berlin from 08:00 to 16:00; weekend: saturday, sunday; 18 holidays",
        "consent taken at the host by coordinator, counsellor taken at the origin by intake",
        "for 24 months at most; renewed from 45 days before it ends",
        "auditor at the origin sees no personal data",
        "even after a withdrawal: costs, 1825 days",
        "at most 3000.00 EUR for a vulnerable person, any return",
        "borne by person: documents",
        "origin works in Asia/Baghdad from 08:00 to 15:00; weekend: friday, saturday; 31 holidays",
    ):
        assert line in told


def test_a_check_names_every_contradiction_with_its_path(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    text = ES_CI.read_text(encoding="utf-8")
    for good, bad in (('"es:retorno"', '"ES"'), ("skills = 365", ""), ("[1, 3, 6, 12]", "[3, 1]")):
        text = text.replace(good, bad, 1)
    file.write_text(text, encoding="utf-8")
    told = run("check", file, status=2).stderr
    assert "Refused (sop-invalid)" in told
    for path in ("host —", "retention.skills —", "follow_up_months —"):
        assert f"- {path}" in told
    assert "Next: " in told


def test_two_files_are_compared_with_what_may_move_now_first() -> None:
    told = run("compare", SOPS / "de-ci.toml", SOPS / "de-iq.toml").stdout
    assert told.startswith(
        "May move now, and might not before:\n  •  mental-health-risk to the origin, for medical-continuity\n"
        "Now, and not before:\n  •  counsellor at the host may enter mental-health-risk\n"
    )
    assert "•  case-worker at the origin may consult identity-full" in told
    assert "\nEvery difference, by its path:\n" in told
    assert "•  sheets.de.body changed: … nach Côte d'Ivoire … → … in den Irak …" in told
    assert "•  origin changed: ci:accueil → iq:awda" in told
    assert "•  calendars.origin.weekend removed: sunday" in told
    assert "•  calendars.origin.weekend added: friday" in told


def test_a_file_does_not_differ_from_itself() -> None:
    told = run("compare", ES_CI, ES_CI).stdout
    assert told == "The same classes and fields may move as before.\nNothing that the two say differs.\n"


def test_the_schema_that_is_kept_is_the_one_that_the_command_prints() -> None:
    assert run("schema").stdout == (SOPS / "sop.schema.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "command", [("check", "nowhere.toml"), ("compare", ES_CI, "nowhere.toml")], ids=lambda one: one[0]
)
def test_a_file_that_is_not_there_is_refused_in_words(command: tuple[str | Path, ...]) -> None:
    assert "the file cannot be read" in run(*command, status=2).stderr

"""What an administrator does with contact lists on a command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.command_line import CommandLine

LISTS = Path(__file__).parents[3] / "shared" / "contacts"


def test_a_list_is_published_and_shown(origin: CommandLine) -> None:
    origin.make()
    assert "There is no contact list here" in origin.run("contact-list", "show").stdout
    told = origin.run("contact-list", "publish", str(LISTS / "ci-accueil.toml")).stdout
    assert "ci:accueil, as of 2026-11-22 09:00 UTC, is published" in told
    assert "nobody, because no SOP is agreed yet" in " ".join(told.split())
    assert "holds" in origin.run("contact-list", "show").stdout
    shown = " ".join(origin.run("contact-list", "show", "ci:accueil").stdout.split())
    assert "ci:accueil/family-centre" in shown
    assert "2026-11-22 09:00 UTC" in shown


def test_a_list_may_be_json(origin: CommandLine, tmp_path: Path) -> None:
    origin.make()
    file = tmp_path / "list.json"
    point = '{"name": "Sample Officer One", "role": "intake", "languages": ["fr"], "phone": "+225 000"}'
    file.write_text(f'{{"organisations": [{{"points": [{point}]}}], "as_of": "2026-05-01T00:00:00Z"}}')
    origin.run("contact-list", "publish", str(file))
    assert "stale: ask" in origin.run("contact-list", "show").stdout
    assert "more than 180 days old" in " ".join(origin.run("contact-list", "show", "ci:accueil").stdout.split())


OTHER_SIDE = """
[[organisations]]
[[organisations.points]]
name = "Sample Officer One"
role = "counsellor"
languages = ["fr"]
phone = "+225 000"
"""
BAD = {
    "a file that is no TOML": ("organisations", "bad-input", "file"),
    "a role of the other side": (
        OTHER_SIDE,
        "contacts-invalid",
        "organisations.0.points.0.role",
    ),
    "nobody": ("organisations = []", "step-invalid", "contact-list.organisations"),
}


@pytest.mark.parametrize(("text", "code", "field"), BAD.values(), ids=BAD)
def test_a_list_is_refused_in_words(origin: CommandLine, tmp_path: Path, text: str, code: str, field: str) -> None:
    origin.make()
    file = tmp_path / "list.toml"
    file.write_text(text)
    told = origin.run("contact-list", "publish", str(file), status=2).stderr
    assert f"Refused ({code})" in told
    assert field in told
    assert "Sample" not in told

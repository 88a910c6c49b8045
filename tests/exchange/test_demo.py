"""The demo itself: a year in the life of one invented referral, told on a terminal by two real nodes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from relevo.cli.demo import STEPS

AUDITS = 2


@pytest.fixture(scope="module")
def told() -> str:
    """What `relevo demo --once` prints where there is no terminal."""
    relevo = Path(sys.executable).with_name("relevo")
    done = subprocess.run([relevo, "demo", "--once"], capture_output=True, text=True, timeout=180, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_step_is_told_in_a_line_of_its_own(told: str) -> None:
    assert sum(line.startswith("✓") for line in told.splitlines()) == STEPS + AUDITS


def test_the_preview_names_what_stays_at_home(told: str) -> None:
    assert "· identity-full.passport" in told
    assert "· consent.withhold[0].why" in told


def test_both_evidence_files_verify_and_both_api_pages_are_named(told: str) -> None:
    assert told.count("checks hold") == AUDITS
    assert told.count("/api") == AUDITS


def test_it_is_readable_without_colours(told: str) -> None:
    assert "\x1b" not in told

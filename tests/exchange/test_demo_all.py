"""All cases of the demo on six real nodes: what is told on a terminal, and that it is true."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from relevo.cli.demo_cases import CASES
from relevo.cli.demo_cases.stage import Case

OPEN = {
    "02": {"task", "niece"},
    "03": {"rule", "renewal"},
    "07": {"centre"},
    "08": {"duty"},
}
"""Expectations that nothing shows yet; none may be added."""


@pytest.fixture(scope="module")
def told() -> subprocess.CompletedProcess[str]:
    """What `relevo demo --all --once` prints on a wide terminal without colours."""
    relevo = Path(sys.executable).with_name("relevo")
    wide = {**os.environ, "COLUMNS": "400"}
    return subprocess.run(  # noqa: S603 - our own console script
        [relevo, "demo", "--all", "--once"], env=wide, capture_output=True, text=True, timeout=480, check=False
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.number)
def test_each_expectation_is_told_with_what_happened_and_holds(
    told: subprocess.CompletedProcess[str], case: Case
) -> None:
    marks = _marks(told.stdout, case)
    assert [text for text, _ in marks] == list(case.expects.values())
    short = {text for text, mark in marks if mark != "✓"}
    assert short <= {case.expects[name] for name in OPEN.get(case.number, set())}, told.stdout


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.number)
def test_each_case_ends_with_its_result_on_a_line_of_its_own(
    told: subprocess.CompletedProcess[str], case: Case
) -> None:
    result = "ok" if {mark for _, mark in _marks(told.stdout, case)} == {"✓"} else "FALLS SHORT"
    assert _block(told.stdout, case)[-1] == f"case {case.number}: {result}"


def test_the_exit_status_says_whether_all_are_ok(told: subprocess.CompletedProcess[str]) -> None:
    assert told.returncode == (1 if "FALLS SHORT" in told.stdout else 0), told.stderr
    assert told.stderr == ""


def test_it_is_readable_without_colours_and_leaves_nothing_behind(told: subprocess.CompletedProcess[str]) -> None:
    assert "\x1b" not in told.stdout
    assert "Traceback" not in told.stdout


def _block(printed: str, case: Case) -> list[str]:
    """The lines of a case, from its title to its result."""
    lines = [line.rstrip() for line in printed.splitlines()]
    begin = next(place for place, line in enumerate(lines) if line.startswith(f"case {case.number}  "))
    end = next(place for place, line in enumerate(lines) if line.startswith(f"case {case.number}: "))
    return lines[begin : end + 1]


def _marks(printed: str, case: Case) -> list[tuple[str, str]]:
    """Each expectation with the mark beside what happened."""
    lines = _block(printed, case)[1:-1]
    expected = [re.sub(r"^  expected +", "", line) for line in lines[::2]]
    return [(text, line.split()[1]) for text, line in zip(expected, lines[1::2], strict=True)]

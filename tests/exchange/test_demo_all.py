"""All cases of the demo on six real nodes: what is told on a terminal, and that it is true."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from relevo.cli.demo_all import tell
from relevo.cli.demo_cases import CASES
from relevo.cli.demo_cases.stage import Case, Expectation, Stage
from relevo.cli.demo_nodes import nodes
from relevo.cli.demo_story import START

WIDE = "400"
"""So wide that nothing that is told is broken into lines."""


@pytest.fixture(scope="module")
def told() -> subprocess.CompletedProcess[str]:
    """What `relevo demo --all --once` prints on a wide terminal without colours."""
    relevo = Path(sys.executable).with_name("relevo")
    wide = {**os.environ, "COLUMNS": WIDE}
    return subprocess.run(  # noqa: S603 - our own console script
        [relevo, "demo", "--all", "--once"], env=wide, capture_output=True, text=True, timeout=480, check=False
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.number)
def test_each_expectation_is_told_with_what_happened_and_holds(
    told: subprocess.CompletedProcess[str], case: Case
) -> None:
    marks = _marks(told.stdout, case)
    assert [text for text, _ in marks] == list(case.expects.values())
    assert {mark for _, mark in marks} == {"✓"}, told.stdout


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.number)
def test_each_case_ends_with_its_result_on_a_line_of_its_own(
    told: subprocess.CompletedProcess[str], case: Case
) -> None:
    assert _block(told.stdout, case)[-1] == f"case {case.number}: ok"


def test_there_are_eight_and_the_exit_status_says_that_all_are_ok(told: subprocess.CompletedProcess[str]) -> None:
    assert [case.number for case in CASES] == [f"{number:02}" for number in range(1, 9)]
    assert told.stdout.splitlines()[-1] == "All 8 cases went as expected."
    assert (told.returncode, told.stderr) == (0, "")


def test_it_is_readable_without_colours_and_leaves_nothing_behind(told: subprocess.CompletedProcess[str]) -> None:
    assert "\x1b" not in told.stdout
    assert "Traceback" not in told.stdout


def test_a_case_of_which_one_expectation_was_not_found_falls_short() -> None:
    case = CASES[0]
    with nodes(START, (case.host, case.origin)) as two:
        stage = Stage(case, two.pair(case.host, case.origin))
        first, *others = case.expects
        stage.find(first, "as it should be", holds=True)
        printed = StringIO()
        assert not tell(Console(file=printed, width=int(WIDE)), case, stage.expectations)
    assert [mark for _, mark in _marks(printed.getvalue(), case)] == ["✓", *("✗" for _ in others)]
    assert _block(printed.getvalue(), case)[-1] == f"case {case.number}: FALLS SHORT"


def test_what_is_long_stands_under_itself_on_a_narrow_terminal() -> None:
    printed, told = StringIO(), [Expectation("that it " + "goes on " * 20, "it went", holds=True)]
    assert tell(Console(file=printed, width=80), CASES[0], told)
    lines = printed.getvalue().splitlines()
    assert lines[2].startswith("  ✓ expected  that it goes on")
    assert lines[3].startswith(" " * 14 + "goes on")
    assert all(len(line) <= 80 and line == line.rstrip() for line in lines)


def _block(printed: str, case: Case) -> list[str]:
    """The lines of a case, from its title to its result."""
    lines = printed.splitlines()
    begin = next(place for place, line in enumerate(lines) if line.startswith(f"case {case.number}  "))
    end = next(place for place, line in enumerate(lines) if line.startswith(f"case {case.number}: "))
    return lines[begin : end + 1]


def _marks(printed: str, case: Case) -> list[tuple[str, str]]:
    """Each expectation with the mark beside what happened."""
    lines = _block(printed, case)[1:-1]
    found = [re.fullmatch(r"  (.) expected  (.+)", line) for line in lines[::2]]
    assert all(line.startswith("    happened  ") for line in lines[1::2])
    return [(one[2], one[1]) for one in found if one]

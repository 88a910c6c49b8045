"""docs/threat-model.md cannot go stale: every test that it names exists and runs, and every threat names one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENT = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py::\w+)`", DOCUMENT)))
THREATS = re.findall(r"^\| (?!---)(?:.*) \|$", DOCUMENT.partition("## Strangers")[2], re.MULTILINE)


@pytest.mark.parametrize("named", NAMED)
def test_a_test_that_is_named_is_there_and_runs(named: str) -> None:
    file, _, name = named.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    (found,) = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == name]
    assert not [mark for mark in found.decorator_list if "skip" in ast.unparse(mark) or "xfail" in ast.unparse(mark)]


def test_every_threat_names_a_test() -> None:
    heads = [row for row in THREATS if row.endswith("shown by |")]
    silent = [row for row in THREATS if row not in heads and "::" not in row]
    assert len(heads) == 5
    assert silent == []

"""docs/rules.md cannot go stale: its functions and tests exist, and refusals name the rules that stand in it."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import host_node
import origin_node
import relevo
from relevo.errors import Refusal, RelevoError

ROOT = Path(__file__).parents[1]
PACKAGES = (relevo, host_node, origin_node)
WORD = re.compile(r"`([^`]+)`")
WITHOUT_RULE: frozenset[str] = frozenset()
"""Files whose reasons do not say their rule yet; none may be added."""
REFUSALS_WITHOUT_RULE: frozenset[str] = frozenset()
"""The same for refusals, by the names of their classes."""
DECIDE_NOTHING = frozenset(
    {
        "data_classes",  # words
        "duty",  # words
        "sides",  # words
        "exception_refusals",  # the refusals of `exception`
        "organisation_refusals",  # the refusals of `organisations`
        "sop_reading",  # the parts of `sop`
        "sop_rules_reading",  # more of them
        "sop_rules",  # what `sop` is made of
        "sop_rules_summary",  # shows a SOP
        "sop_summary",  # shows a SOP
        "toml_schema",  # the parts of `sop_schema`
    }
)


class Row(NamedTuple):
    """One line of the table."""

    rule: str
    function: str
    test: str
    codes: tuple[str, ...]


@cache
def rows() -> tuple[Row, ...]:
    """The table."""
    lines = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8").splitlines()
    cells = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `"))
    found = [[WORD.findall(cell) for cell in one] for one in cells]
    return tuple(Row(rule[0], function[0], test[0], tuple(codes)) for rule, _, _, function, test, codes in found)


@cache
def sources() -> dict[Path, ast.Module]:
    """Every file of the product."""
    folders = [Path(package.__path__[0]) for package in PACKAGES]
    return {file: ast.parse(file.read_text(encoding="utf-8")) for folder in folders for file in folder.rglob("*.py")}


@cache
def refusals() -> tuple[type[RelevoError], ...]:
    """Every error of the product."""
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    return tuple(_below(RelevoError))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.rule)
def test_the_function_of_a_rule_is_there_for_everybody(row: Row) -> None:
    module, _, name = row.function.rpartition(".")
    assert not name.startswith("_")
    assert hasattr(importlib.import_module(module), name)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.rule)
def test_the_test_of_a_rule_is_there_and_runs(row: Row) -> None:
    file, _, name = row.test.partition("::")
    found = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    (function,) = [one for one in found.body if isinstance(one, ast.FunctionDef) and one.name == name]
    assert not [mark for mark in function.decorator_list if "skip" in ast.unparse(mark) or "xfail" in ast.unparse(mark)]


def test_each_rule_has_one_word() -> None:
    words = [row.rule for row in rows()]
    assert len(set(words)) == len(words)


def test_every_rule_that_a_refusal_names_stands_in_the_table() -> None:
    assert named() == {row.rule for row in rows() if row.codes}


def test_every_code_in_the_table_is_one_that_the_product_uses() -> None:
    constants = {node.value for tree in sources().values() for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert {code for row in rows() for code in row.codes} <= constants


def test_a_code_stands_beside_the_rule_with_which_it_is_said() -> None:
    listed = {(row.rule, code) for row in rows() for code in row.codes}
    of_classes = {(one.rule, one.code) for one in refusals() if one.rule}
    of_reasons = {
        (rule.value, code.value)
        for tree in sources().values()
        for call in _reasons(tree)
        for rule, code in [(_rule(call), _keyword(call, "code"))]
        if isinstance(rule, ast.Constant) and isinstance(code, ast.Constant)
    }
    assert of_classes | of_reasons <= listed


def test_every_reason_says_its_rule() -> None:
    silent = {
        str(file.relative_to(ROOT)) for file, tree in sources().items() for call in _reasons(tree) if not _rule(call)
    }
    assert silent == WITHOUT_RULE


def test_every_refusal_says_its_rule() -> None:
    silent = {one.__name__ for one in refusals() if issubclass(one, Refusal) and one is not Refusal and not one.rule}
    assert silent == REFUSALS_WITHOUT_RULE


def test_every_module_that_decides_has_its_rule() -> None:
    modules = {module.name for module in pkgutil.iter_modules(importlib.import_module("relevo.domain").__path__)}
    covered = {row.function.split(".")[2] for row in rows() if row.function.startswith("relevo.domain.")}
    assert modules - covered == DECIDE_NOTHING


def named() -> set[str]:
    """The words by which refusals name rules: of classes, of calls, and of the tables that reasons take them from."""
    of_classes = {one.rule for one in refusals() if one.rule}
    words = {row.rule for row in rows()}
    of_calls = {
        node.value
        for tree in sources().values()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for node in ast.walk(_rule(call) or ast.Pass())
        if isinstance(node, ast.Constant)
    }
    of_tables = {
        value.value
        for tree in sources().values()
        for table in ast.walk(tree)
        if isinstance(table, ast.Dict)
        for value in table.values
        if isinstance(value, ast.Constant) and value.value in words
    }
    return {str(word) for word in of_classes | of_calls | of_tables}


def _reasons(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Reason":
            yield node


def _rule(call: ast.Call) -> ast.expr | None:
    return _keyword(call, "rule")


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((one.value for one in call.keywords if one.arg == name), None)


def _below(kind: type[RelevoError]) -> Iterator[type[RelevoError]]:
    for one in kind.__subclasses__():
        if one.__module__.split(".")[0] in {"relevo", "host_node", "origin_node"}:
            yield one
            yield from _below(one)

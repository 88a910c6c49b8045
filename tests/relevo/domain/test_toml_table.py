"""What a table answers to each question, and what it notes where it cannot."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time

import pytest

from relevo.domain.toml_table import ADVICE, EARLIEST, Kind, TomlTable
from relevo.errors import Reason

WORD = Kind(pattern=re.compile(r"[a-z]+"), named="a word of small letters")
COLOUR = Kind(among=("red", "green"), named="a colour")
NOON = time(12)


def read(text: str, path: str = "") -> tuple[TomlTable, list[Reason]]:
    faults: list[Reason] = []
    return TomlTable(tomllib.loads(text), path, faults), faults


def closed(table: TomlTable, answer: object) -> object:
    table.close()
    return answer


ANSWERS: Mapping[str, tuple[str, Callable[[TomlTable], object], object, list[str]]] = {
    "a text": ('a = "x"', lambda one: one.text("a"), "x", []),
    "an empty text": ('a = ""', lambda one: one.text("a"), "", ["a: must be a text that is not empty"]),
    "a text of lines": ('a = "x\\ny"', lambda one: one.text("a"), "x\ny", []),
    "a number for a text": ("a = 1", lambda one: one.text("a"), "", ["a: must be a text"]),
    "no text": ("", lambda one: one.text("a"), "", ["a: is missing"]),
    "a text of a kind": ('a = "red"', lambda one: one.text("a", COLOUR), "red", []),
    "a text of another kind": ('a = "Red"', lambda one: one.text("a", COLOUR), "Red", ["a: must be a colour"]),
    "a word and something else": (
        'a = "red1"',
        lambda one: one.text("a", WORD),
        "red1",
        ["a: must be a word of small letters"],
    ),
    "a number": ("a = 1", lambda one: one.number("a"), 1, []),
    "the largest number": ("a = 36500", lambda one: one.number("a"), 36500, []),
    "a number below the least": ("a = 0", lambda one: one.number("a"), 0, ["a: must be from 1 to 36500"]),
    "a number above the most": ("a = 4", lambda one: one.number("a", most=3), 4, ["a: must be from 1 to 3"]),
    "a text for a number": ('a = "1"', lambda one: one.number("a", least=7), 7, ["a: must be a whole number"]),
    "no number": ("", lambda one: one.number("a", least=7), 7, ["a: is missing"]),
    "the first of two keys": ("b = 2", lambda one: one.either("b", "c"), ("b", 2), []),
    "the second of two keys": ("c = 2", lambda one: one.either("b", "c"), ("c", 2), []),
    "both of two keys": (
        "b = 1\nc = 2",
        lambda one: closed(one, one.either("b", "c")),
        ("b", 1),
        ["c: is not known here"],
    ),
    "none of two keys": ("", lambda one: one.either("b", "c"), ("c", 1), ["c: is missing"]),
    "words": ('a = ["red", "green"]', lambda one: one.words("a", COLOUR, least=2), ("red", "green"), []),
    "words of which one does not fit": (
        'a = ["red", "blue"]',
        lambda one: one.words("a", COLOUR),
        ("red",),
        ["a: 'blue' is not a colour"],
    ),
    "a word twice": ('a = ["x", "x"]', lambda one: one.words("a"), ("x", "x"), ["a: names something twice"]),
    "words and a number": ('a = ["x", 1]', lambda one: one.words("a"), ("x",), ["a: must be a list of texts"]),
    "a text for words": ('a = "x"', lambda one: one.words("a", least=1), (), ["a: must be a list of texts"]),
    "no words": ("", lambda one: one.words("a"), (), []),
    "no words where they are needed": (
        "",
        lambda one: one.words("a", needed=True),
        (),
        ["a: is missing, even if the list is empty"],
    ),
    "no words where there must be some": (
        "",
        lambda one: one.words("a", least=1),
        (),
        ["a: is missing, even if the list is empty"],
    ),
    "an empty list": ("a = []", lambda one: one.words("a", needed=True), (), []),
    "an empty list where there must be some": (
        "a = []",
        lambda one: one.words("a", least=2),
        (),
        ["a: must list at least 2"],
    ),
    "numbers": ("a = [1, 3]", lambda one: one.numbers("a", least=1, most=3), (1, 3), []),
    "numbers below the least": (
        "a = [0, 3]",
        lambda one: one.numbers("a", least=1, most=3),
        (0, 3),
        ["a: must list numbers from 1 to 3, each greater than the one before"],
    ),
    "numbers above the most": (
        "a = [1, 4]",
        lambda one: one.numbers("a", least=1, most=3),
        (1, 4),
        ["a: must list numbers from 1 to 3, each greater than the one before"],
    ),
    "a truth among numbers": (
        "a = [1, true]",
        lambda one: one.numbers("a", least=1, most=3),
        (1,),
        ["a: must be a list of whole numbers"],
    ),
    "no numbers": (
        "a = []",
        lambda one: one.numbers("a", least=1, most=3),
        (),
        ["a: must list at least 1"],
    ),
    "no list of numbers": (
        "",
        lambda one: one.numbers("a", least=1, most=3),
        (),
        ["a: is missing, even if the list is empty"],
    ),
    "days": ("a = [2026-11-01]", lambda one: one.days("a"), (date(2026, 11, 1),), []),
    "no days": ("a = []", lambda one: one.days("a"), (), []),
    "a moment among days": (
        "a = [2026-11-01T00:00:00Z]",
        lambda one: one.days("a"),
        (),
        ["a: must be a list of dates"],
    ),
    "no list of days": ("", lambda one: one.days("a"), (), ["a: is missing, even if the list is empty"]),
    "a day": ("a = 2026-11-01", lambda one: one.day("a"), date(2026, 11, 1), []),
    "a text for a day": ('a = "2026-11-01"', lambda one: one.day("a"), date.max, ["a: must be a date"]),
    "a time": ("a = 08:30:00", lambda one: one.clock("a", NOON), time(8, 30), []),
    "a text for a time": ('a = "08:30"', lambda one: one.clock("a", NOON), NOON, ["a: must be a time of day"]),
    "a moment": (
        "a = 2026-11-01T02:00:00+02:00",
        lambda one: one.moment("a"),
        datetime(2026, 11, 1, tzinfo=UTC),
        [],
    ),
    "a moment without a zone": (
        "a = 2026-11-01T02:00:00",
        lambda one: one.moment("a"),
        EARLIEST,
        ["a: must be a moment with its zone, such as Z"],
    ),
    "a moment at the end of time": (
        "a = 9999-12-31T23:00:00Z",
        lambda one: one.moment("a"),
        EARLIEST,
        ["a: must be a moment with its zone, such as Z"],
    ),
    "a day for a moment": (
        "a = 2026-11-01",
        lambda one: one.moment("a"),
        EARLIEST,
        ["a: must be a moment with its zone"],
    ),
    "no moment": ("", lambda one: one.moment("a"), EARLIEST, ["a: is missing"]),
    "names": ("red = 1\ngreen = 2", lambda one: one.names(COLOUR, least=2), ("red", "green"), []),
    "a name of another kind": (
        "blue = 1",
        lambda one: one.names(COLOUR),
        ("blue",),
        ["blue: its name is not a colour"],
    ),
    "too few names": ("red = 1", lambda one: one.names(COLOUR, least=2), ("red",), ["*: must hold at least 2"]),
    "no names": ("", lambda one: one.names(), (), []),
    "a table in a table": ("[a.b]\nc = 1", lambda one: one.table("a").table("b").number("c"), 1, []),
    "a fault in a table in a table": (
        "[a.b]\nc = 0",
        lambda one: one.table("a").table("b").number("c"),
        0,
        ["a.b.c: must be from 1 to 36500"],
    ),
    "no table, in which nothing more is missed": (
        "",
        lambda one: one.table("a").number("c"),
        1,
        ["a: is missing"],
    ),
    "a number for a table": ("a = 1", lambda one: one.table("a").number("c"), 1, ["a: must be a table"]),
    "a table that need not be there": ("[a]\nc = 2", lambda one: one.optional_table("a").number("c"), 2, []),
    "one that is not": (
        "",
        lambda one: one.optional_table("a").number("c"),
        1,
        ["a.c: is missing"],
    ),
    "a list of tables": (
        "[[a]]\nc = 1\n[[a]]\nc = 2",
        lambda one: [each.number("c") for each in one.tables("a")],
        [1, 2],
        [],
    ),
    "a fault in the second": (
        "[[a]]\nc = 1\n[[a]]\nc = 0",
        lambda one: [each.number("c") for each in one.tables("a")],
        [1, 0],
        ["a.1.c: must be from 1 to 36500"],
    ),
    "no list of tables": ("", lambda one: one.tables("a"), (), []),
    "a number for a list of tables": ("a = 1", lambda one: one.tables("a"), (), ["a: must be a list of tables"]),
    "what is there": ("a = 1", lambda one: (one.has("a"), one.has("b")), (True, False), []),
    "what was not asked for": (
        "a = 1\nb = 2",
        lambda one: closed(one, one.number("b")),
        2,
        ["a: is not known here"],
    ),
}


@pytest.mark.parametrize(("text", "ask", "answer", "noted"), ANSWERS.values(), ids=ANSWERS)
def test_a_table_answers(text: str, ask: Callable[[TomlTable], object], answer: object, noted: list[str]) -> None:
    table, faults = read(text)
    assert ask(table) == answer
    assert [f"{one.field}: {one.detail}" for one in faults] == noted


def test_a_fault_is_a_reason_at_its_path() -> None:
    table, faults = read("", "purposes")
    table.fault("name", "cannot be so")
    assert faults == [
        Reason(
            code="sop-invalid",
            field="purposes.name",
            detail="cannot be so",
            advice=ADVICE,
            rule="sop.sound",
            clause="purposes.name",
        )
    ]

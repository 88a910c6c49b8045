"""What is drawn for each question that a reader asks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, time

import pytest

from relevo.domain.sop_schema import ABOUT, sop_schema
from relevo.domain.toml_schema import CLOCK, DrawnTable
from relevo.domain.toml_table import EARLIEST, Kind, TomlTable

WORD = Kind(pattern=re.compile(r"[a-z]+"), named="a word of small letters")
COLOUR = Kind(among=("red", "green"), named="a colour")
NOON = time(12)
TEXT = {"type": "string", "pattern": r"^([\s\S]+)$", "description": "a text that is not empty"}
NUMBER = {"type": "integer", "minimum": 1, "maximum": 36_500}
SMALL = {"type": "string", "pattern": "^([a-z]+)$", "description": "a word of small letters"}
COLOURS = {"enum": ["red", "green"], "description": "a colour"}

DRAWN: Mapping[str, tuple[Callable[[TomlTable], object], object, Mapping[str, object]]] = {
    "a text": (lambda one: one.text("a"), "", TEXT),
    "a text of a kind": (lambda one: one.text("a", WORD), "", SMALL),
    "one of some words": (lambda one: one.text("a", COLOUR), "", COLOURS),
    "a number": (lambda one: one.number("a"), 1, NUMBER),
    "a number within": (
        lambda one: one.number("a", least=0, most=9),
        0,
        {"type": "integer", "minimum": 0, "maximum": 9},
    ),
    "numbers": (
        lambda one: one.numbers("a", least=2, most=9),
        (),
        {
            "type": "array",
            "items": {"type": "integer", "minimum": 2, "maximum": 9},
            "minItems": 1,
            "uniqueItems": True,
        },
    ),
    "words, at least two": (
        lambda one: one.words("a", COLOUR, least=2),
        (),
        {"type": "array", "items": COLOURS, "minItems": 2, "uniqueItems": True},
    ),
    "words that are needed": (
        lambda one: one.words("a", needed=True),
        (),
        {"type": "array", "items": TEXT, "minItems": 0, "uniqueItems": True},
    ),
    "days": (lambda one: one.days("a"), (), {"type": "array", "items": {"type": "string", "format": "date"}}),
    "a day": (lambda one: one.day("a"), date.max, {"type": "string", "format": "date"}),
    "a moment": (lambda one: one.moment("a"), EARLIEST, {"type": "string", "format": "date-time"}),
    "a time": (
        lambda one: one.clock("a", NOON),
        NOON,
        {"type": "string", "pattern": CLOCK, "description": "a time of day, without a zone"},
    ),
    "a table": (
        lambda one: one.table("a").text("b"),
        "",
        {"type": "object", "additionalProperties": False, "properties": {"b": TEXT}, "required": ["b"]},
    ),
}


@pytest.mark.parametrize(("ask", "answer", "schema"), DRAWN.values(), ids=DRAWN)
def test_a_question_is_drawn_as_something_required(
    ask: Callable[[TomlTable], object], answer: object, schema: Mapping[str, object]
) -> None:
    drawn = DrawnTable()
    assert ask(drawn) == answer
    assert drawn.schema() == {
        "type": "object",
        "additionalProperties": False,
        "properties": {"a": schema},
        "required": ["a"],
    }


def test_what_need_not_be_there_is_not_required() -> None:
    drawn = DrawnTable()
    assert drawn.words("a") == ()
    assert drawn.has("b")
    drawn.number("b")
    drawn.tables("c")[0].number("d")
    several = {"type": "object", "additionalProperties": False, "properties": {"d": NUMBER}, "required": ["d"]}
    assert drawn.schema() == {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "a": {"type": "array", "items": TEXT, "minItems": 0, "uniqueItems": True},
            "b": NUMBER,
            "c": {"type": "array", "items": several},
        },
    }


def test_a_list_that_must_hold_something_is_required() -> None:
    drawn = DrawnTable()
    drawn.words("a", least=1)
    assert drawn.schema()["required"] == ["a"]


def test_a_table_of_names_may_be_empty_where_nothing_else_is_said() -> None:
    drawn = DrawnTable()
    assert drawn.names(WORD) == ("*",)
    drawn.number("*")
    assert "minProperties" not in drawn.schema()


def test_what_is_asked_for_twice_is_required_once() -> None:
    drawn = DrawnTable()
    drawn.text("a")
    drawn.number("a")
    assert (drawn.schema()["properties"], drawn.schema()["required"]) == ({"a": NUMBER}, ["a"])


def test_one_of_two_keys_is_drawn_as_either() -> None:
    drawn = DrawnTable()
    assert drawn.either("hours", "days") == ("days", 1)
    assert DrawnTable().either("hours", "days", "months") == ("months", 1)
    assert drawn.schema() == {
        "type": "object",
        "additionalProperties": False,
        "properties": {"hours": NUMBER, "days": NUMBER},
        "oneOf": [{"required": ["hours"]}, {"required": ["days"]}],
    }


NAMED: Mapping[str, tuple[Kind, int, Mapping[str, object]]] = {
    "by words of a kind": (WORD, 0, {"patternProperties": {"^([a-z]+)$": NUMBER}}),
    "by some words": (COLOUR, 0, {"properties": {"red": NUMBER, "green": NUMBER}}),
    "at least two": (WORD, 2, {"minProperties": 2, "patternProperties": {"^([a-z]+)$": NUMBER}}),
}


@pytest.mark.parametrize(("kind", "least", "schema"), NAMED.values(), ids=NAMED)
def test_a_table_is_drawn_by_its_names(kind: Kind, least: int, schema: Mapping[str, object]) -> None:
    drawn = DrawnTable()
    for name in drawn.names(kind, least=least):
        drawn.number(name)
    assert drawn.schema() == {"type": "object", "additionalProperties": False, **schema}


def test_the_schema_says_what_it_is() -> None:
    schema = sop_schema()
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert schema["title"] == "Standard operating procedure (SOP)"
    assert schema["description"] == ABOUT
    assert (schema["type"], schema["additionalProperties"]) == ("object", False)

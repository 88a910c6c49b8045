"""What stands in a JSON column comes back as it was, and is read whoever wrote it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from relevo.protocol.strict_json import JsonValue
from relevo.storage.json_text import read, write

VALUES: Mapping[str, JsonValue] = {
    "nothing": None,
    "numbers": [0, -1, 2**53, 10**30, 0.1, 1e-7, 1.7976931348623157e308, 5e-324],
    "names in another script": {"\u10d2\u10d0\u10db": {"\u00e9": ["\U0001f600", True]}},
    "quotes, line ends and a NUL": ['"said"\\ \t\r\n', "\0", "\\u0000"],
    "half of a surrogate pair": {"said": ["\ud83d", {"\ude00": 1}]},
    "very deep": json.loads("[" * 250 + "]" * 250),
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_value_comes_back_as_it_was(value: JsonValue) -> None:
    assert read(write(value)) == value
    assert json.loads(write(value)) == value


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_what_the_standard_library_wrote_is_read(value: JsonValue) -> None:
    assert read(json.dumps(value)) == value
    assert read(json.dumps(value).encode()) == value

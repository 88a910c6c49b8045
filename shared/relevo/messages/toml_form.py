"""A form that somebody wrote as TOML, as the JSON that forms are read from.

Days, times and moments become text as JSON has it (RFC 3339). What JSON between nodes cannot say is refused: numbers
that are none, whole numbers beyond 2^53, nesting without end.
"""

from __future__ import annotations

import json
import tomllib
from datetime import date, time

from relevo.errors import BadInput
from relevo.protocol import strict_json
from relevo.protocol.strict_json import JsonObject


def read_toml(text: str) -> JsonObject:
    """The fields in `text`.

    Raises:
        BadInput: if it is not TOML, or says what JSON between nodes cannot.
    """
    try:
        written = json.dumps(tomllib.loads(text), default=_as_text, allow_nan=False)
        return strict_json.load(written.encode())
    except (ValueError, RecursionError, strict_json.MalformedJson) as fault:
        raise BadInput(f"the file is not understood: {type(fault).__name__}", field="file") from None


def _as_text(value: date | time) -> str:
    """What TOML knows and JSON does not."""
    return value.isoformat()

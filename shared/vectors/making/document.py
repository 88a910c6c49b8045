"""The marked places of docs/protocol.md, each written from the code or from the vectors.

A place begins with `<!-- made: NAME -->` and ends with `<!-- end -->`; what stands between is written anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from vectors.making import codes, examples, tables
from vectors.making.cases import Vectors

_PLACE = re.compile(r"<!-- made: ([a-z-]+) -->\n.*?<!-- end -->", re.DOTALL)
_PLACES: Mapping[str, Callable[[list[Vectors]], str]] = {
    "subjects": tables.subjects,
    "steps": lambda _: tables.steps(),
    "duties": lambda _: tables.duties(),
    "lifecycle": lambda _: tables.lifecycle(),
    "classes": lambda _: tables.classes(),
    "objects": lambda _: tables.objects(),
    "words": lambda _: tables.words(),
    "values": lambda _: tables.values(),
    "records": lambda _: tables.records(),
    "codes-request": lambda _: codes.of_request(),
    "codes-envelope": lambda _: codes.of_envelope(),
    "codes-receipt": lambda _: codes.of_receipt(),
    "codes-elsewhere": lambda _: codes.elsewhere(),
    "example-manifest": examples.manifest,
    "example-content": examples.content,
    "example-sealing": examples.sealing,
    "example-receipt": examples.receipt,
    "example-hop": examples.hop,
    "example-log": examples.log,
}


def filled(text: str, files: list[Vectors]) -> str:
    """A document with its marked places written anew."""

    def place(match: re.Match[str]) -> str:
        return f"<!-- made: {match[1]} -->\n{_PLACES[match[1]](files)}\n<!-- end -->"

    return _PLACE.sub(place, text)


def places() -> frozenset[str]:
    """The names of all places that can be filled."""
    return frozenset(_PLACES)

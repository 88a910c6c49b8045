"""The vectors hold, cover everything, and are what the script makes; a case that comes out otherwise is named."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from relevo.errors import BadInput
from relevo.vectors.check import SUBJECTS, Failure, check
from relevo.vectors.vector_file import VectorsMalformed, read_vectors
from vectors import make
from vectors.making import codes, document, parties

Json: TypeAlias = Any
"""A piece of parsed JSON, taken apart freely."""

FILES = sorted(make.FOLDER.glob("*.json"))
WITHOUT_REFUSALS = {"padme", "merkle-tree", "log-entry"}
"""Subjects that take whatever is of the right form."""
PADME: Json = {
    "format": "relevo-vectors-v1",
    "subject": "padme",
    "about": "",
    "given": {},
    "cases": [{"name": "nine bytes", "input": {"length": 9}, "result": 10}],
}
WORD: Json = {**PADME, "subject": "form", "given": {"form": "word"}}
SIGNED: Json = {**PADME, "subject": "ed25519-verify", "given": {"message": "", "signature": "00" * 64}}


def written(file: Json, **case: Json) -> bytes:
    """A file of vectors with one case, changed."""
    (only,) = PADME["cases"]
    kept = {name: value for name, value in {**only, **case}.items() if value != "absent"}
    return json.dumps({**file, "cases": [kept]}).encode()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_case_comes_out_as_it_says(file: Path) -> None:
    assert check(read_vectors(file.read_bytes())).failures == ()


def test_every_subject_has_its_file() -> None:
    assert {file.stem for file in FILES} == set(SUBJECTS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_has_what_must_be_taken_and_what_must_be_refused(file: Path) -> None:
    cases = json.loads(file.read_bytes())["cases"]
    refused = [case for case in cases if "error" in case]
    assert len(refused) < len(cases)
    assert bool(refused) == (file.stem not in WITHOUT_REFUSALS)


def test_vectors_and_documents_are_what_the_script_makes() -> None:
    assert make.stale() == []


def test_every_marked_place_of_the_documents_is_filled_and_none_is_left_over() -> None:
    marked = [
        name for path in make.DOCUMENTS for name in re.findall(r"<!-- made: (.*) -->", path.read_text(encoding="utf-8"))
    ]
    assert sorted(marked) == sorted(document.places())


def test_every_final_refusal_of_the_wire_is_explained_where_receipts_are() -> None:
    listed = set(re.findall(r"^\| `([a-z0-9-]+)`", codes.of_receipt(), re.MULTILINE))
    assert {"excess-data", "malformed-plaintext", "content-mismatch", "basis-mismatch"} <= listed


CAME_OTHERWISE: dict[str, tuple[bytes, str, str]] = {
    "another result": (written(PADME, result=9), "the result 9", "the result 10"),
    "a result of another type": (written(PADME, result="10"), 'the result "10"', "the result 10"),
    "a refusal that does not come": (
        written(PADME, result="absent", error="bad-padding"),
        "the refusal bad-padding",
        "the result 10",
    ),
    "any refusal that does not come": (written(PADME, result="absent", error=True), "a refusal", "the result 10"),
    "a result that does not come": (
        written(WORD, input={"value": "No"}, result=True),
        "the result true",
        "the refusal malformed-claims",
    ),
    "another refusal": (
        written(WORD, input={"value": "No"}, result="absent", error="wrong-type"),
        "the refusal wrong-type",
        "the refusal malformed-claims",
    ),
    "too much told": (
        written(SIGNED, input={"public": parties.HOST.log.public.raw.hex()}, result="absent", error="bad-signature"),
        "the refusal bad-signature",
        "the refusal bad-signature, of which a peer is told unreadable",
    ),
    "an input that is missing": (
        written(PADME, input={}),
        "the result 10",
        "no answer, because length is missing",
    ),
    "an input of another form, though any refusal would do": (
        written(PADME, input={"length": "9"}, result="absent", error=True),
        "a refusal",
        "no answer, because length is not an integer",
    ),
}


@pytest.mark.parametrize(("raw", "expected", "found"), CAME_OTHERWISE.values(), ids=CAME_OTHERWISE.keys())
def test_it_is_named_what_came_in_place_of(raw: bytes, expected: str, found: str) -> None:
    assert check(read_vectors(raw)).failures == (Failure(name="nine bytes", expected=expected, found=found),)


def test_any_refusal_will_do_where_a_file_says_so() -> None:
    raw = written(WORD, input={"value": "No"}, result="absent", error=True)
    assert check(read_vectors(raw)).failures == ()


MALFORMED: dict[str, bytes] = {
    "no JSON": b"{",
    "another format": json.dumps({**PADME, "format": "relevo-vectors-v2"}).encode(),
    "a member too many": json.dumps({**PADME, "note": ""}).encode(),
    "cases that are no list": json.dumps({**PADME, "cases": {}}).encode(),
    "one name twice": json.dumps({**PADME, "cases": PADME["cases"] * 2}).encode(),
    "a case without input": written(PADME, input="absent"),
    "a case without end": written(PADME, result="absent"),
    "a case with two ends": written(PADME, error="bad-padding"),
    "something told without a refusal": written(PADME, told="unreadable"),
    "an error that is a number": written(PADME, result="absent", error=7),
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED.keys())
def test_no_file_of_vectors_is(raw: bytes) -> None:
    with pytest.raises(VectorsMalformed):
        read_vectors(raw)


def test_an_unknown_subject_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(BadInput, match="padme"):
        check(read_vectors(json.dumps({**PADME, "subject": "telepathy"}).encode()))

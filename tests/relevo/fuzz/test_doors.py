"""Whatever comes in is read or refused by an error of ours, and what was signed says nothing else once it is changed.

`HYPOTHESIS_PROFILE=long` looks for longer; `make fuzz` looks where coverage leads.
"""

from __future__ import annotations

import os
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relevo.errors import RelevoError
from relevo.protocol import base64std, base64url, strict_json
from relevo.protocol.envelope import Envelope
from relevo.protocol.evidence import read_evidence, write_evidence
from relevo.protocol.part import read_part, write_part
from relevo.protocol.proof import read_proof, write_proof
from support.doors import DOORS, EVIDENCE, PART, SENT
from support.mutations import anything, changed

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
SLOW = frozenset({"evidence"})
SIGNED = {name: door for name, door in DOORS.items() if door.signed}
CHECKS = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)


def tries(name: str) -> int:
    """How many inputs one property gets."""
    return 20_000 if LONG else 25 if name in SLOW else 250


@pytest.mark.parametrize("name", DOORS)
def test_the_samples_are_taken_by(name: str) -> None:
    for sample in DOORS[name].samples:
        DOORS[name].take(sample)


@pytest.mark.parametrize("name", DOORS)
def test_nothing_but_an_error_of_ours_leaves(name: str) -> None:
    door = DOORS[name]

    @settings(max_examples=tries(name), deadline=None, suppress_health_check=CHECKS, database=None)
    @given(st.one_of(anything(), st.sampled_from(door.samples).flatmap(changed)))
    def knock(raw: bytes) -> None:
        with suppress(RelevoError):
            door.take(raw)

    knock()


@pytest.mark.parametrize("name", SIGNED)
def test_nothing_changed_is_taken_for_something_else_by(name: str) -> None:
    door = SIGNED[name]
    meanings = [door.take(sample) for sample in door.samples]

    @settings(max_examples=tries(name), deadline=None, suppress_health_check=CHECKS, database=None)
    @given(st.sampled_from(door.samples).flatmap(changed))
    def knock(raw: bytes) -> None:
        try:
            said = door.take(raw)
        except RelevoError:
            return
        assert said in meanings

    knock()


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-strict_json.MAX_INTEGER, strict_json.MAX_INTEGER),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(st.characters(codec="utf-8")),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=4)),
    max_leaves=12,
)


@given(JSON)
def test_json_comes_back_as_it_was_written(value: strict_json.JsonValue) -> None:
    assert strict_json.load_value(strict_json.dump(value)) == value


@given(st.binary(max_size=100))
def test_bytes_come_back_as_they_were_written(raw: bytes) -> None:
    assert base64url.decode(base64url.encode(raw)) == base64std.decode(base64std.encode(raw)) == raw


@given(st.binary(max_size=100))
def test_bytes_have_one_spelling(raw: bytes) -> None:
    for alphabet in (base64url, base64std):
        try:
            read = alphabet.decode(raw.decode("latin-1"))
        except RelevoError:
            continue
        assert alphabet.encode(read).encode() == raw


@given(
    index=st.integers(0, 1 << 40),
    siblings=st.lists(st.binary(min_size=32, max_size=32), max_size=40),
)
def test_a_proof_comes_back_as_it_was_written(index: int, siblings: list[bytes]) -> None:
    read = read_proof(write_proof(index, siblings, EVIDENCE.checkpoint))
    assert (read.index, list(read.siblings)) == (index, siblings)


def test_files_come_back_as_they_were_written() -> None:
    assert read_evidence(write_evidence(EVIDENCE)) == EVIDENCE
    assert write_part(read_part(PART)) == PART
    assert Envelope.from_object(strict_json.load(strict_json.dump(SENT.envelope.to_object()))) == SENT.envelope

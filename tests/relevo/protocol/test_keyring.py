"""A key ring is written and read whole, and never shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from relevo.errors import Misconfigured
from relevo.protocol import base64url
from relevo.protocol.keyring import KeyRing
from support.wire_pair import HOST

WRITTEN = HOST.to_object()

UNREADABLE: dict[str, Callable[[], object]] = {
    "a key is missing": lambda: {name: seed for name, seed in WRITTEN.items() if name != "log"},
    "a key is not known": lambda: {**WRITTEN, "spare": WRITTEN["log"]},
    "a seed is too short": lambda: {**WRITTEN, "log": "AAAA"},
    "the encryption seed is too short": lambda: {**WRITTEN, "encryption": WRITTEN["log"][:-2]},
    "a seed is not base64url": lambda: {**WRITTEN, "log": "?"},
    "a seed is no text": lambda: {**WRITTEN, "log": 1},
    "it is no object": lambda: "ring",
}


def test_what_is_written_reads_back() -> None:
    assert KeyRing.from_object(WRITTEN) == HOST


def test_a_ring_may_have_an_x25519_key_to_be_sealed_for() -> None:
    ring = KeyRing.generate("X25519")
    assert ring.encryption.suite == "X25519"
    assert KeyRing.from_object(ring.to_object()) == ring


def test_a_fresh_ring_has_six_keys_of_its_own() -> None:
    written = KeyRing.generate().to_object()
    assert set(written) == {"root", "signing", "presentation", "log", "witness", "encryption"}
    assert len(set(written.values())) == 6


@pytest.mark.parametrize("make", UNREADABLE.values(), ids=UNREADABLE)
def test_a_ring_is_not_read_if(make: Callable[[], object]) -> None:
    with pytest.raises(Misconfigured):
        KeyRing.from_object(make())


def test_a_ring_shows_no_seed() -> None:
    shown = repr(HOST) + str(HOST)
    seeds: Mapping[str, str] = WRITTEN
    assert not [name for name, seed in seeds.items() if seed in shown or repr(base64url.decode(seed)) in shown]

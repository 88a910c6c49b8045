"""A key file opens with what locked it and with nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from relevo.errors import Misconfigured
from relevo.protocol import strict_json
from relevo.protocol.key_file import Passphrase, Unlock, UnlockKey, is_locked, lock_ring, lock_root, unlock_ring
from relevo.protocol.key_file import unlock_root as open_root
from relevo.protocol.keys import SigningKey
from relevo.protocol.strict_json import JsonValue
from support.wire_pair import HOST

CHEAP = 1 << 4
WORDS, KEY = Passphrase(b"correct horse", CHEAP), UnlockKey(bytes(range(32)))
WAYS: dict[str, Unlock] = {"a passphrase": WORDS, "a key file": KEY, "nothing": None}
BY_WORDS, BY_KEY = lock_ring(HOST, WORDS), lock_ring(HOST, KEY)


@pytest.mark.parametrize("unlock", WAYS.values(), ids=WAYS)
def test_a_ring_opens_with_what_locked_it(unlock: Unlock) -> None:
    raw = lock_ring(HOST, unlock)
    assert unlock_ring(raw, unlock) == HOST
    assert is_locked(raw) == (unlock is not None)


def test_an_encrypted_file_shows_no_seed_and_is_another_one_each_time() -> None:
    seeds = [str(seed).encode() for seed in HOST.to_object().values()]
    assert not [seed for seed in seeds if seed in BY_WORDS or seed in BY_KEY]
    assert lock_ring(HOST, KEY) != BY_KEY


def changed(raw: bytes, **members: JsonValue) -> bytes:
    found = strict_json.load(raw)
    lock = found["lock"]
    assert isinstance(lock, dict)
    return strict_json.dump({**found, "lock": {**lock, **members}})


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "with another passphrase": (lambda: unlock_ring(BY_WORDS, Passphrase(b"horse", CHEAP)), "keys-locked"),
    "with another key": (lambda: unlock_ring(BY_KEY, UnlockKey(bytes(32))), "keys-locked"),
    "with a key instead of a passphrase": (lambda: unlock_ring(BY_WORDS, KEY), "keys-locked"),
    "with nothing": (lambda: unlock_ring(BY_KEY, None), "keys-locked"),
    "with a key of 31 bytes": (lambda: UnlockKey(bytes(31)), "keys-locked"),
    "after its cost was changed": (lambda: unlock_ring(changed(BY_WORDS, n=32), WORDS), "keys-locked"),
    "with a cost that no machine has": (lambda: unlock_ring(changed(BY_WORDS, n=1 << 30), WORDS), "key-file-damaged"),
    "with a cost that is no power of two": (lambda: unlock_ring(changed(BY_WORDS, n=17), WORDS), "key-file-damaged"),
    "of another derivation": (lambda: unlock_ring(changed(BY_WORDS, kdf="md5"), WORDS), "key-file-damaged"),
    "that is cut off": (lambda: unlock_ring(BY_KEY[:-9], KEY), "key-file-damaged"),
    "of a later version": (lambda: unlock_ring(BY_KEY.replace(b"keys-v1", b"keys-v9"), KEY), "key-file-damaged"),
    "of a root in place of a ring": (
        lambda: unlock_ring(lock_root(SigningKey(bytes(32)), KEY), KEY),
        "misconfigured",
    ),
}


@pytest.mark.parametrize(("open_it", "code"), REFUSED.values(), ids=REFUSED)
def test_a_file_does_not_open(open_it: Callable[[], object], code: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        open_it()
    assert refused.value.code == code


def test_a_root_is_kept_alone() -> None:
    root = SigningKey(bytes(range(32)))
    assert open_root(lock_root(root, WORDS), WORDS) == root


def test_what_unlocks_is_never_shown() -> None:
    assert "horse" not in repr(WORDS)
    assert str(KEY.raw) not in repr(KEY)

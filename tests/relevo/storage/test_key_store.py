"""The file of a node's keys: protected, replaced as a whole, and read again when it is another one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from relevo.errors import Misconfigured
from relevo.protocol.key_file import is_locked
from relevo.protocol.keyring import KeyRing, Role
from relevo.storage.key_store import FileKeys, KeysElsewhere, held, make_unlock, read_keys, relock, write_keys
from support.nodes import AT
from support.wire_pair import HOST


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An encrypted key file with its unlocking key beside it."""
    path = tmp_path / "keys.json"
    make_unlock("key-file", path)
    write_keys(path, HOST, "key-file")
    return path


def test_a_fresh_key_file_is_encrypted_and_nobody_else_may_read_it_or_what_opens_it(file: Path) -> None:
    assert is_locked(file.read_bytes())
    assert {one.stat().st_mode & 0o777 for one in file.parent.iterdir()} == {0o600}
    assert read_keys(file, "key-file") == HOST


def test_a_running_node_takes_new_keys_without_a_restart(file: Path) -> None:
    running, other = FileKeys(file, "key-file"), FileKeys(file, "key-file")
    other.change(lambda ring: ring.rotated(Role.SIGNING, at=AT))
    assert running.signing.kid == other.signing.kid != HOST.signing.kid
    assert is_locked(file.read_bytes())


def test_a_file_that_cannot_be_read_leaves_a_running_node_its_keys(file: Path) -> None:
    running = FileKeys(file, "key-file")
    file.write_text("{", encoding="ascii")
    assert running.ring == HOST


def test_a_passphrase_takes_the_place_of_a_key_file(file: Path) -> None:
    words = file.with_name("words")
    words.write_text("correct horse battery staple\n", encoding="ascii")
    words.chmod(0o600)
    relock(file, "key-file", f"passphrase-file:{words}")
    assert read_keys(file, f"passphrase-file:{words}") == HOST
    with pytest.raises(Misconfigured) as refused:
        read_keys(file, "key-file")
    assert refused.value.code == "keys-locked"


@pytest.mark.parametrize("unlock", ["passphrase-file:{}/none", "passphrase-file:{}/empty", "passphrase-file:{}/open"])
def test_keys_stay_as_they_are_if_the_passphrase_is_not_there_or_not_protected(file: Path, unlock: str) -> None:
    before = file.read_bytes()
    for name, mode in (("empty", 0o600), ("open", 0o644)):
        file.with_name(name).write_text("\n", encoding="ascii")
        file.with_name(name).chmod(mode)
    with pytest.raises(Misconfigured):
        relock(file, "key-file", unlock.format(file.parent))
    assert file.read_bytes() == before


def test_a_ring_reads_back_with_all_that_is_still_needed(file: Path) -> None:
    ring: KeyRing = HOST.rotated(Role.ENCRYPTION, at=AT).rotated(Role.SIGNING, at=AT, compromised_since=AT)
    ring = ring.rotated(Role.ROOT, at=AT)
    file.unlink()
    write_keys(file, ring, "key-file")
    assert read_keys(file, "key-file") == ring
    assert set(ring.decryption) == {HOST.encryption.kid, ring.encryption.kid}


def test_keys_in_a_security_module_are_not_ours_to_replace() -> None:
    with pytest.raises(KeysElsewhere):
        held(replace(HOST))

"""What an administrator does with the keys of a node on the command line."""

from __future__ import annotations

import pytest

from relevo.storage.key_store import read_keys
from support.command_line import CommandLine
from support.nodes import ORIGIN_ADDRESS, ORIGIN_ID


@pytest.fixture
def made(host: CommandLine) -> CommandLine:
    host.make()
    return host


def test_a_fresh_node_has_encrypted_keys_and_a_file_that_opens_them(made: CommandLine) -> None:
    assert b'"relevo-keys-v1"' in (made.folder / "data" / "keys.json").read_bytes()
    assert (made.folder / "data" / "keys.json.unlock").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("role", ["signing", "encryption", "log", "witness", "root"])
def test_a_key_is_rotated_and_the_statement_says_so(made: CommandLine, role: str) -> None:
    before = made.run("key", "list").stdout
    assert "version 2" in made.run("key", "rotate", role).stdout
    assert made.run("key", "list").stdout != before


def test_a_stolen_key_is_listed_with_the_moment_from_which_it_is_invalid(made: CommandLine) -> None:
    told = made.run("key", "rotate", "signing", "--compromised-since", "2026-11-22T10:00:00+0100").stdout
    assert "peer quarantine" in told
    assert "invalid from" in made.run("key", "list").stdout
    refused = made.run("key", "rotate", "log", "--compromised-since", "2026-11-22T10:00:00+0100", status=2).stderr
    assert "bad-input" in refused


def test_the_root_is_taken_away_and_brought_back_for_each_statement(made: CommandLine) -> None:
    root = made.folder / "root.json"
    made.run("key", "export-root", str(root))
    assert "key-offline" in made.run("key", "rotate", "signing", status=2).stderr
    assert "version 2" in made.run("key", "rotate", "signing", "--root", str(root)).stdout.lower()
    assert "Version 3" in made.run("key", "extend", "--root", str(root)).stdout


def test_the_lock_of_the_key_file_is_changed_and_the_settings_must_follow(made: CommandLine) -> None:
    words = made.folder / "words"
    words.write_text("correct horse battery staple\n", encoding="ascii")
    words.chmod(0o600)
    assert "keys_unlock" in made.run("key", "passphrase", f"passphrase-file:{words}").stdout
    assert "keys-locked" in made.run("key", "list", status=2).stderr
    assert read_keys(made.folder / "data" / "keys.json", f"passphrase-file:{words}").root


def test_a_peer_is_confirmed_by_a_second_administrator_where_there_is_one(
    made: CommandLine, origin: CommandLine
) -> None:
    origin.make()
    made.run("user", "add", "second", "--role", "administrator")
    made.run("peer", "add", ORIGIN_ADDRESS)
    shown = made.run("peer", "show", ORIGIN_ID).stdout.splitlines()
    spoken = " ".join(shown[1:3])
    assert shown[1:3] == origin.run("peer", "show", ORIGIN_ID).stdout.splitlines()[1:3]
    alone = made.run("peer", "confirm", ORIGIN_ID, "--fingerprint", spoken, status=2)
    assert "second-administrator-needed" in alone.stderr
    assert "active" in made.run("peer", "confirm", ORIGIN_ID, "--fingerprint", spoken, user="second").stdout
    assert "suspended" in made.run("peer", "suspend", ORIGIN_ID).stdout
    assert "active" in made.run("peer", "resume", ORIGIN_ID).stdout
    assert "Nothing is in quarantine" in made.run("peer", "quarantine").stdout
    assert "Nothing waits to be confirmed" in made.run("peer", "pending").stdout
    assert "revoked" in made.run("peer", "revoke", ORIGIN_ID).stdout

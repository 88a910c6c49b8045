"""Making a node: once, with everything for nobody else to read, and going on where it was broken off."""

from __future__ import annotations

from pathlib import Path

import pytest

from relevo.protocol.fingerprint import fingerprint_of
from relevo.protocol.keyring import KeyRing
from relevo.protocol.statement import read_statement
from relevo.storage.key_store import write_keys
from support.command_line import CommandLine
from support.nodes import AT


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in {".json", ".db"}}


def test_init_prints_the_name_and_the_fingerprint_of_the_statement_that_peers_will_get(host: CommandLine) -> None:
    printed = host.run("init", user=None).stdout
    statement = read_statement(host.run("statement").stdout.strip(), at=AT)
    found = fingerprint_of(statement)
    assert statement.node_id == "es:retorno"
    assert all(word in printed for word in (statement.node_id, *found.words))
    assert " ".join(found.digits) in printed


@pytest.mark.parametrize(("asked", "suite"), [((), "X-Wing"), (("--sealing", "X25519"), "X25519")])
def test_peers_seal_for_a_node_by(host: CommandLine, asked: tuple[str, ...], suite: str) -> None:
    host.run("init", *asked, user=None)
    statement = read_statement(host.run("statement").stdout.strip(), at=AT)
    assert [period.key.suite for period in statement.encryption] == [suite]


def test_keys_and_database_are_for_nobody_else_to_read(host: CommandLine) -> None:
    host.run("init", user=None)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (host.folder / "data").iterdir()}
    assert {modes["keys.json"], modes["node.db"]} == {0o600}


def test_a_second_init_is_refused_and_changes_nothing(host: CommandLine) -> None:
    host.run("init", user=None)
    before = contents(host.folder / "data")
    refused = host.run("init", user=None, status=2)
    assert "Refused (conflict)" in refused.stderr
    assert "made already" in refused.stderr
    assert contents(host.folder / "data") == before


def test_an_init_that_was_broken_off_after_the_keys_goes_on_with_them(host: CommandLine) -> None:
    keys = KeyRing.generate()
    write_keys(host.folder / "data" / "keys.json", keys)
    host.run("init", user=None)
    assert read_statement(host.run("statement").stdout.strip(), at=AT).root == keys.root.public


def test_a_node_whose_keys_are_lost_does_not_get_new_ones(host: CommandLine) -> None:
    host.run("init", user=None)
    (host.folder / "data" / "keys.json").unlink()
    refused = host.run("init", user=None, status=2)
    assert "safe copy" in refused.stderr
    assert not (host.folder / "data" / "keys.json").exists()


@pytest.mark.parametrize("command", [["serve"], ["deliver"], ["statement"], ["peer", "list"]], ids=" ".join)
def test_nothing_runs_on_a_database_without_the_tables_and_the_refusal_says_what_to_do(
    host: CommandLine, command: list[str]
) -> None:
    write_keys(host.folder / "data" / "keys.json", KeyRing.generate())
    refused = host.run(*command, status=2)
    assert "host-node init" in " ".join(refused.stderr.split())


def test_migrate_leaves_a_current_database_as_it_is(host: CommandLine) -> None:
    host.make()
    assert "newest form" in host.run("migrate", user=None).stdout


def test_migrate_does_not_make_a_node(host: CommandLine) -> None:
    refused = host.run("migrate", user=None, status=2)
    assert "host-node init" in refused.stderr
    assert not (host.folder / "data").exists()


@pytest.mark.parametrize("command", ["init", "migrate", "serve"])
def test_the_settings_of_a_node_of_the_other_kind_are_refused(
    host: CommandLine, origin: CommandLine, command: str
) -> None:
    host.make()
    origin.settings.write_text(host.settings.read_text().replace("data/", str(host.folder / "data") + "/"))
    refused = origin.run(command, user=None, status=2)
    assert "another kind of node" in refused.stderr

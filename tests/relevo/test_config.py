"""Settings: a file and the environment, nothing unknown, and keys that nobody else may read."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from relevo.clock import FileClock, SystemClock
from relevo.config import NodeSettings, load, make_clock
from relevo.errors import Misconfigured
from relevo.protocol.keyring import KeyRing
from relevo.storage.key_store import read_keys, write_keys

PREFIX = "SAMPLE_NODE_"
DEPLOY = Path(__file__).parents[2] / "deploy"
FIT = {
    "node_id": "es:retorno",
    "title": "Sample node",
    "endpoint": "https://retorno.example",
    "listen_port": 8101,
    "database": "sqlite:///data/node.db",
    "keys": "keys.json",
}


def write(folder: Path, **changes: object) -> Path:
    file = folder / "settings.toml"
    given = {name: value for name, value in (FIT | changes).items() if value is not None}
    file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in given.items()))
    return file


def test_paths_are_relative_to_the_settings_file(tmp_path: Path) -> None:
    settings = load(PREFIX, write(tmp_path, clock="file:now"), {})
    assert settings.keys == tmp_path / "keys.json"
    assert settings.database == f"sqlite:///{tmp_path}/data/node.db"
    assert settings.clock == f"file:{tmp_path}/now"


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + "TITLE", "From the environment")
    assert load(PREFIX, write(tmp_path)).title == "From the environment"


def test_the_environment_can_name_the_file(tmp_path: Path) -> None:
    named = {PREFIX + "SETTINGS": str(write(tmp_path)), PREFIX + "USER": "sample-admin", "OTHER": "x"}
    assert load(PREFIX, None, named).node_id == "es:retorno"


REFUSED = {
    "an unknown key": ({"colour": "blue"}, "colour"),
    "a key that is missing": ({"node_id": None}, "node_id"),
    "a node id without a country": ({"node_id": "retorno"}, "node_id"),
    "a database that is neither": ({"database": "mysql://host/db"}, "database"),
    "a clock that is unknown": ({"clock": "sundial"}, "clock"),
    "a port that does not exist": ({"listen_port": 70000}, "listen_port"),
    "a worker that never waits": ({"delivery_interval_seconds": 0}, "delivery_interval_seconds"),
    "a log level that is none": ({"log_level": "loud"}, "log_level must be one of"),
    "an address that is not safe": ({"endpoint": "http://retorno.example"}, "endpoint is not https"),
    "an address that is none": ({"endpoint": "retorno"}, "endpoint"),
    "a database whose port is no number": ({"database": "postgresql://user:word@host:x/db"}, "database must be"),
    "contacts that are no list": ({"contacts": "sample desk"}, "contacts must be a list"),
    "a title that is empty": ({"title": ""}, "title is empty"),
}


@pytest.mark.parametrize(("changes", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_a_file_is_refused_by_the_name_of_the_key(tmp_path: Path, changes: dict[str, object], named: str) -> None:
    with pytest.raises(Misconfigured, match=named):
        load(PREFIX, write(tmp_path, **changes), {})


def test_without_a_file_the_refusal_says_how_one_is_named() -> None:
    with pytest.raises(Misconfigured, match="database is missing") as refused:
        load(PREFIX, None, {})
    assert f"--settings FILE, or set {PREFIX}SETTINGS" in refused.value.next_step


def test_contacts_in_the_environment_that_are_no_list_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + "CONTACTS", "sample desk")
    with pytest.raises(Misconfigured, match=f"{PREFIX}CONTACTS must be a JSON list"):
        load(PREFIX, write(tmp_path))


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(Misconfigured, match="not UTF-8"):
        load(PREFIX, file, {})


@pytest.mark.parametrize("given", [None, "", "tomorrow"], ids=["no file", "an empty file", "a file with no moment"])
def test_a_clock_that_cannot_be_read_is_refused(tmp_path: Path, given: str | None) -> None:
    settings = load(PREFIX, write(tmp_path, clock="file:now"), {})
    if given is not None:
        (tmp_path / "now").write_text(given)
    with pytest.raises(Misconfigured, match="clock"):
        make_clock(settings)


def test_a_refusal_does_not_repeat_what_was_given(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as refused:
        load(PREFIX, write(tmp_path, database="mysql://user:secret-password@host/db"), {})
    assert "secret-password" not in str(refused.value)


def test_an_unknown_variable_behind_the_prefix_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=f"{PREFIX}COLOUR"):
        load(PREFIX, write(tmp_path), {PREFIX + "COLOUR": "blue"})


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no settings file"):
        load(PREFIX, tmp_path / "nothing.toml", {})


def test_a_file_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("this is no TOML")
    with pytest.raises(Misconfigured, match="not TOML"):
        load(PREFIX, file, {})


@pytest.mark.parametrize("name", ["host-node", "origin-node"])
def test_the_commented_file_in_deploy_loads_and_names_every_setting(name: str) -> None:
    file = DEPLOY / f"{name}.toml"
    prefix = name.upper().replace("-", "_") + "_"
    assert load(prefix, file, {}).title
    assert set(tomllib.loads(file.read_text(encoding="utf-8"))) == set(NodeSettings.model_fields)


@pytest.mark.parametrize("name", ["host-node", "origin-node"])
def test_each_setting_in_deploy_has_a_comment_above_it(name: str) -> None:
    lines = (DEPLOY / f"{name}.toml").read_text(encoding="utf-8").splitlines()
    blocks = [block.splitlines() for block in "\n".join(lines).split("\n\n")]
    settings = [block for block in blocks if any(not line.startswith("#") for line in block)]
    assert all(block[0].startswith("# ") for block in settings)


def test_keys_are_written_for_nobody_else_and_read_back(tmp_path: Path) -> None:
    keys, file = KeyRing.generate(), tmp_path / "new" / "keys.json"
    write_keys(file, keys)
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_keys(file).to_object() == keys.to_object()


def test_keys_are_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    write_keys(file, KeyRing.generate())
    before = file.read_bytes()
    with pytest.raises(Misconfigured, match="never overwritten"):
        write_keys(file, KeyRing.generate())
    assert file.read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620], ids=oct)
def test_keys_that_others_may_read_or_write_are_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "keys.json"
    write_keys(file, KeyRing.generate())
    file.chmod(mode)
    with pytest.raises(Misconfigured, match="mode to 600"):
        read_keys(file)


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"root": "AAAA"}', "ä"], ids=repr)
def test_damaged_keys_are_refused_in_our_own_words(tmp_path: Path, damaged: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(damaged, encoding="utf-8")
    file.chmod(0o600)
    with pytest.raises(Misconfigured):
        read_keys(file)


def test_the_clock_is_the_machines_unless_a_file_is_named(tmp_path: Path) -> None:
    assert isinstance(make_clock(load(PREFIX, write(tmp_path), {})), SystemClock)


def test_nodes_that_share_a_clock_file_move_together(tmp_path: Path) -> None:
    settings = load(PREFIX, write(tmp_path, clock="file:now"), {})
    at = datetime(2026, 11, 22, 9, tzinfo=UTC)
    shared = FileClock(tmp_path / "now")
    shared.move_to(at)
    clock = make_clock(settings)
    assert clock.now() == at
    shared.move_to(at + timedelta(days=365))
    assert clock.now() == at + timedelta(days=365)

"""Files from the terminal: the host's counsellor attaches, the origin's worker lists and saves."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from host_node.cli import app as host_app
from origin_node.cli import app as origin_app
from relevo.clock import FileClock
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.runtime import Service
from relevo.storage import users
from relevo.storage.key_store import write_keys
from support.databases import SqliteDatabases
from support.file_story import SHEET, SMALL, FileStory, file_story, returning_pair
from support.nodes import AT, JoinedNodes, MemoryKeys

SETTINGS = """
node_id = "{node.node_id}"
title = "{node.title}"
endpoint = "{node.endpoint}"
listen_port = 8101
database = "{database}"
keys = "keys.json"
clock = "file:clock"
keys_unlock = "none"
file_scanner = ["true"]
"""


class Terminal:
    """Calls commands of a node as somebody of one role."""

    def __init__(self, app: typer.Typer, node: Node, role: Role, folder: Path) -> None:
        self.app, self.role, self.settings = app, role, folder / "settings.toml"
        folder.mkdir()
        FileClock(folder / "clock").move_to(AT)
        assert isinstance(node.identity.keys, MemoryKeys)
        write_keys(folder / "keys.json", node.identity.keys.ring)
        settings = SETTINGS.format(node=node.identity, database=node.database.engine.url)
        self.settings.write_text(settings, encoding="utf-8")
        with node.write() as work:
            users.add(work.session, role, role, work.at)

    def __call__(self, *words: str, status: int = 0) -> Result:
        """Run a command; the exit status has to be `status`."""
        given = ["--settings", str(self.settings), "--as", self.role, *words]
        done = CliRunner().invoke(self.app, given, env={"COLUMNS": "80", "NO_COLOR": "1"})
        assert done.exit_code == status, done.output
        return done


@pytest.fixture
def story(nodes: JoinedNodes) -> FileStory:
    """Nothing attached, nothing sent."""
    return file_story(nodes)


def test_a_certificate_is_attached_listed_and_saved(story: FileStory, tmp_path: Path) -> None:
    host = Terminal(host_app, story.nodes.host, Role.COUNSELLOR, tmp_path / "host")
    origin = Terminal(origin_app, story.nodes.origin, Role.INTAKE, tmp_path / "origin")
    file = tmp_path / "Awa Sample, diploma.pdf"
    file.write_bytes(SHEET)
    digest = host("file", "attach", story.case, str(file), "--kind", "certificate").output.split()[1].rstrip(".")
    story.send()
    assert "kept" in origin("file", "list", story.thread).output
    assert origin("file", "read", story.thread, digest).stdout_bytes == SHEET
    assert host("file", "read", story.thread, digest).stdout_bytes == SHEET


def test_a_proof_goes_back_from_the_origin(
    services: tuple[Service, Service], sqlite_databases: SqliteDatabases, tmp_path: Path
) -> None:
    story = file_story(returning_pair(services, sqlite_databases))
    story.attach(SMALL)
    story.send()
    story.accept()
    host = Terminal(host_app, story.nodes.host, Role.COUNSELLOR, tmp_path / "host")
    origin = Terminal(origin_app, story.nodes.origin, Role.INTAKE, tmp_path / "origin")
    file = tmp_path / "Awa Sample, invoice.pdf"
    file.write_bytes(SMALL)
    attached = origin("file", "attach", story.thread, str(file), "--kind", "proof-of-costs", "--title", "Invoice")
    digest = attached.output.split()[1].rstrip(".")
    story.nodes.deliver()
    for listed in (host("file", "list", story.thread).output, origin("file", "list", story.thread).output):
        assert ("Invoice" in listed, "Consent" in listed) == (True, True)
    assert host("file", "read", story.thread, digest).stdout_bytes == SMALL
    assert "documents-returned" in host("show", story.thread).output
    story.nodes.close()


def test_what_may_not_go_back_is_refused_in_words(story: FileStory, tmp_path: Path) -> None:
    story.send()
    story.accept()
    origin = Terminal(origin_app, story.nodes.origin, Role.INTAKE, tmp_path / "origin")
    file = tmp_path / "certificate.pdf"
    file.write_bytes(SMALL)
    told = origin("file", "attach", story.thread, str(file), "--kind", "certificate", status=2)
    assert "purposes.reintegration-assistance.returns" in "".join(told.output.split())


def test_what_is_not_carried_is_refused_in_words(story: FileStory, tmp_path: Path) -> None:
    host = Terminal(host_app, story.nodes.host, Role.COUNSELLOR, tmp_path / "host")
    file = tmp_path / "certificate.pdf"
    file.write_bytes(b"<html></html>")
    told = host("file", "attach", story.case, str(file), "--kind", "certificate", status=2)
    assert "Make a PDF of it" in " ".join(told.output.split())

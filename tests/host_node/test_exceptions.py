"""Referral without consent over the API and the command line of a host: nothing of the reason stands in the open."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from typer.testing import CliRunner

from host_node.cli import app
from host_node.service import SERVICE
from relevo.clock import FileClock
from relevo.domain.access import Role
from relevo.storage import users
from relevo.storage.key_store import held, write_keys
from relevo.web.app import make_app
from support.nodes import AT, JoinedNodes
from support.story import Story, sample

CASE = "ES-2026-009110"
SECRET = ("suicide-risk", "Elena Ruiz", "removal-centre", "Koffi")
SETTINGS = """
node_id = "{node.node_id}"
title = "{node.title}"
endpoint = "{node.endpoint}"
listen_port = 8101
database = "{database}"
keys = "keys.json"
clock = "file:clock"
"""


class Office:
    """The staff of a host, over the API."""

    def __init__(self, nodes: JoinedNodes) -> None:
        self.client = TestClient(make_app(SERVICE, nodes.host))
        with nodes.host.write() as work:
            self.tokens = {role: users.add(work.session, role, role, work.at) for role in SERVICE.roles}

    def post(self, path: str, body: object = None, role: Role = Role.COUNSELLOR) -> Response:
        return self.client.post(f"/api/{path}", json=body, headers=self._as(role))

    def get(self, path: str, role: Role = Role.COUNSELLOR) -> Response:
        return self.client.get(f"/api/{path}", headers=self._as(role))

    def _as(self, role: Role) -> dict[str, str]:
        return {"authorization": f"Bearer {self.tokens[role]}"}


@pytest.fixture
def story(nodes: JoinedNodes) -> Story:
    """Case 04 imported."""
    begun = Story(nodes=nodes)
    begun.take_in(sample("04"), consented=False)
    return begun


@pytest.fixture
def office(story: Story) -> Office:
    return Office(story.nodes)


def test_it_is_raised_reviewed_sent_and_told_over_the_api(office: Office) -> None:
    raised = office.post(f"cases/{CASE}/exceptions/from-file", {})
    assert raised.status_code == 201
    path = f"exceptions/{raised.json()['id']}"
    refused = office.post(f"{path}/send")
    assert refused.status_code == 422
    assert [reason["code"] for reason in refused.json()["reasons"]] == ["exception-unreviewed"]
    assert office.post(f"{path}/review", {"decision": "approved"}).status_code == 403
    assert office.post(f"{path}/review", {"decision": "approved"}, Role.COORDINATOR).status_code == 200
    assert office.get(f"{path}/preview").json()["sendable"]
    sent = office.post(f"{path}/send")
    assert (sent.status_code, sent.json()["without_consent"]) == (201, True)
    assert sent.json()["next_due"]["duty"] == "tell-person"
    assert office.post(f"{path}/told", {}).status_code == 200
    assert office.post(f"{path}/told", {}).json()["code"] == "nothing-to-tell"


def test_auditors_have_a_list_without_why_and_who(office: Office) -> None:
    office.post(f"cases/{CASE}/exceptions/from-file", {})
    listed = office.get("exceptions", Role.AUDITOR)
    assert listed.status_code == 200
    (entry,) = listed.json()
    assert (entry["decision"], entry["thread"]) == (None, None)
    assert not [word for word in (*SECRET, CASE) if word in listed.text]
    assert office.get("exceptions", Role.COUNSELLOR).status_code == 403
    assert office.get(f"exceptions/{entry['id']}/preview", Role.AUDITOR).status_code == 403


def test_a_ground_can_be_typed_and_a_review_cannot_be_typed_with_it(office: Office) -> None:
    ground = {"reason": "life-at-risk", "raised_by": "a sample relative", "on_duty": False}
    assert office.post(f"cases/{CASE}/exceptions", ground).status_code == 201
    assert office.post(f"cases/{CASE}/exceptions", {**ground, "reviewed_by": "me"}).status_code == 400


class Terminal:
    """Calls commands of a host."""

    def __init__(self, folder: Path, nodes: JoinedNodes) -> None:
        self.settings, host = folder / "host.toml", nodes.host
        self.settings.write_text(SETTINGS.format(node=host.identity, database=host.database.engine.url), "utf-8")
        FileClock(folder / "clock").move_to(AT)
        write_keys(folder / "keys.json", held(host.identity.keys).ring)
        with host.write() as work:
            for role in (Role.COUNSELLOR, Role.COORDINATOR, Role.AUDITOR):
                users.add(work.session, role, role, work.at)

    def __call__(self, *words: str, role: Role = Role.COUNSELLOR, status: int = 0, typed: str = "") -> str:
        given = ["--settings", str(self.settings), "--as", role, "exception", *words]
        done = CliRunner().invoke(app, given, env={"COLUMNS": "80", "NO_COLOR": "1"}, input=typed)
        assert done.exit_code == status, done.output
        return " ".join(done.output.split())


def test_it_is_raised_reviewed_sent_and_told_on_the_command_line(story: Story, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, story.nodes)
    name = terminal("raise", CASE).split()[1]
    assert "(exception-unreviewed)" in terminal("send", name, status=2)
    terminal("review", name, "--approve", role=Role.COORDINATOR)
    assert "→ leaves mental-health-risk: level, note" in terminal("preview", name)
    assert "requested" in terminal("send", name)
    listed = terminal("list", role=Role.AUDITOR)
    assert "review approved" in listed
    assert not [word for word in (*SECRET, CASE) if word in listed]
    assert "erases" in terminal("told", name, "--objects")


def test_what_the_case_file_does_not_say_is_asked_for_and_never_stands_on_the_command_line(
    nodes: JoinedNodes, tmp_path: Path
) -> None:
    story, document = Story(nodes=nodes), sample("04")
    del document["exception"]
    story.take_in(document, consented=False)
    terminal = Terminal(tmp_path, nodes)
    typed = "suicide-risk\na sample clinic\ny\nA sample\nA sample body\n0\n2026-11-21\n"
    name = terminal("raise", CASE, typed=typed).rpartition("Exception ")[2].split()[0]
    terminal("review", name, "--approve", role=Role.COORDINATOR)
    assert "requested" in terminal("send", name)

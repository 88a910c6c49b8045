"""Files over the routes and commands that people and peers use: uploaded raw, brought signed, saved and not shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from host_node.service import SERVICE as HOST
from origin_node.service import SERVICE as ORIGIN
from relevo.delivery.files_federation import FILES
from relevo.delivery.transport import Answer
from relevo.domain.access import Role
from relevo.protocol.file_seal import MAX_FILE
from relevo.runtime import Service
from relevo.storage import users
from relevo.storage.files import PART
from relevo.web.app import make_app
from support.databases import SqliteDatabases
from support.file_story import SHEET, file_story, returning_pair
from support.nodes import JoinedNodes, MemoryTransport

LARGE = b"%PDF-1.7\n" + bytes(9 << 20) + b"%%EOF"
"""More than any other body may have."""


class OverRoutes(MemoryTransport):
    """Brings files to each node through its web application."""

    apps: Mapping[str, TestClient]

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """See `Transport`."""
        if FILES not in url:
            return super().send(method, url, headers, body)
        app = next(app for endpoint, app in self.apps.items() if url.startswith(endpoint))
        got = app.request(method, url, headers=dict(headers), content=body)
        return Answer(status=got.status_code, headers=dict(got.headers), body=got.content)


class Apis:
    """Asks both applications; the story is not sent yet."""

    def __init__(self, nodes: JoinedNodes) -> None:
        network = OverRoutes(nodes=nodes.transport.nodes)
        self.story = file_story(replace(nodes, transport=network))
        self.host, self.origin = (
            TestClient(make_app(service, node), raise_server_exceptions=False)
            for service, node in zip((HOST, ORIGIN), nodes.both, strict=True)
        )
        network.apps = {
            node.identity.endpoint: app for node, app in zip(nodes.both, (self.host, self.origin), strict=True)
        }
        self.tokens = {}
        for node, role in zip(nodes.both, (Role.COUNSELLOR, Role.INTAKE), strict=True):
            with node.write() as work:
                self.tokens[role] = {"authorization": f"Bearer {users.add(work.session, role, role, work.at)}"}

    def upload(self, content: bytes, **named: str) -> tuple[int, str]:
        """Attach a file; status, and its digest or the code of the problem."""
        query = {"kind": "certificate", **named}
        path = f"/api/cases/{self.story.case}/files"
        got = self.host.post(path, params=query, content=content, headers=self.tokens[Role.COUNSELLOR])
        return got.status_code, got.json().get("digest") or got.json()["code"]


@pytest.fixture
def apis(nodes: JoinedNodes) -> Apis:
    """Both applications."""
    return Apis(nodes)


@pytest.mark.parametrize("plain", [SHEET, LARGE], ids=["three parts", "more than any other body"])
def test_a_file_goes_from_upload_to_download(apis: Apis, plain: bytes) -> None:
    status, digest = apis.upload(plain, title="Diploma")
    assert status == 201
    apis.story.send()
    path, mine = f"/api/referrals/{apis.story.thread}/files", apis.tokens[Role.INTAKE]
    (shown,) = apis.origin.get(path, headers=mine).json()
    assert (shown["digest"], shown["title"], shown["state"]) == (digest, "Diploma", "kept")
    assert "key" not in shown
    got = apis.origin.get(f"{path}/{digest}", headers=mine)
    assert got.content == plain
    assert got.headers["content-type"] == "application/pdf"
    assert got.headers["content-disposition"] == f'attachment; filename="certificate-{digest[:8]}.pdf"'
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-security-policy"].startswith("sandbox")


def test_a_file_goes_back_over_the_api(services: tuple[Service, Service], sqlite_databases: SqliteDatabases) -> None:
    apis = Apis(returning_pair(services, sqlite_databases))
    apis.story.send()
    apis.story.accept()
    path, intake = f"/api/referrals/{apis.story.thread}/files", apis.tokens[Role.INTAKE]
    asked = {"kind": "certificate", "title": "Diploma"}
    got = apis.origin.post(path, params=asked, content=LARGE, headers=intake)
    assert got.status_code == 201
    apis.story.nodes.deliver()
    counsellor = apis.tokens[Role.COUNSELLOR]
    (shown,) = apis.host.get(path, headers=counsellor).json()
    assert (shown["digest"], shown["title"], shown["state"]) == (got.json()["digest"], "Diploma", "kept")
    assert apis.host.get(f"{path}/{shown['digest']}", headers=counsellor).content == LARGE
    told = apis.origin.post(path, params={"kind": "certificate"}, content=LARGE, headers=counsellor)
    assert told.status_code == 401
    apis.story.nodes.close()


REFUSED = {
    "a web page": (b"<html></html>", "certificate", (400, "file-type-refused")),
    "nothing": (b"", "certificate", (400, "bad-input")),
    "more than 50 MB": (bytes(MAX_FILE + 1), "certificate", (400, "file-size-unfit")),
    "no known kind": (SHEET, "holiday", (400, "bad-input")),
}


@pytest.mark.parametrize(("plain", "kind", "told"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_carried_is_refused_with_its_code(
    apis: Apis, plain: bytes, kind: str, told: tuple[int, str]
) -> None:
    assert apis.upload(plain, kind=kind) == told


UNSIGNED = {
    "nobody asks": ("GET", "A" * 43, b"", "hop-unsigned"),
    "nobody brings": ("PUT", "A" * 43 + "/0", b"bytes", "hop-unsigned"),
    "too much of a part": ("PUT", "A" * 43 + "/0", bytes(PART + 1), "file-part-unfit"),
    "no digest": ("GET", "..%2f..%2fetc", b"", "not-found"),
    "no number": ("PUT", "A" * 43 + "/-1", b"bytes", "bad-input"),
}


@pytest.mark.parametrize(("method", "path", "body", "code"), UNSIGNED.values(), ids=UNSIGNED)
def test_strangers_learn_nothing_and_leave_nothing(apis: Apis, method: str, path: str, body: bytes, code: str) -> None:
    assert apis.origin.request(method, FILES + path, content=body).json()["code"] == code
